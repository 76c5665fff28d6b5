"""remit835: from a night's X12 835 remittances to a worklist of denied lines.

Reading order; a module imports earlier ones only (tests/unit/test_imports.py holds it to that):

  1. errors         what stops a run, one exit code each
  2. tables         THE CONTRACT: every column and table once
  3. settings       what a site can set, and where sql/ and mappings/ are
  4. log            one formatter, no protected health information
  5. mappings       codes, rules, labels and weights as data
  6. x12_index      bytes -> structural index of the segments
  7. x12_segments   the segments of a file one by one, for people and for pyx12
  8. findings       what can be wrong with a file, as data
  9. x12_elements   named positions, citing loop and segment
 10. parse_835      index -> remittances, claim payments, service lines, adjustments, remarks
 11. parse_837      index -> submitted claims, lines, diagnoses
 12. parse          one file: recognise it, read it, account for every segment
 13. conformance    what pyx12 says of a file by its implementation guide
 14. acknowledge    the 999 that answers a functional group
 15. extract        claims and paid history from CSV or Parquet of a practice-management system
 16. land           inbox -> files worth reading, each by its bytes and once
 17. warehouse      batches of facts, generations of marts, the commit
 18. models         sql/ ordered, checked and run
 19. work_log       what billers did, from CSV or XLSX
 20. export         the worklist as CSV, Parquet and spreadsheet
 21. summary        what a run says of itself
 22. query          SQL over a warehouse
 23. report         the page for people: worklist, trend, payers, findings
 24. purge          what is old enough to go, and what still rests on it
 25. run            STAGES: the table of contents of the nightly job
 26. check          files without a warehouse: what is wrong with them
 27. codes          the site's licensed code texts
 28. rules          the rules of mappings/ tried on codes that no file has, and linted
 29. explain        what a code means and what to do about it
 30. segments       from facts back to segments
 31. why            why an item stands on the worklist as it does
 32. status         what a warehouse holds
 33. dictionary     the tables contract, for readers
 34. workflow       the states of a denied line as a picture, made from the mappings
 35. packet_facts   what a packet may say of an item, each fact with its source
 36. packet_text    templates filled with facts, and nothing else
 37. packet_files   documents as text, DOCX, HTML and PDF
 38. packet         letter, call script, checklist and evidence of an item
 39. cli            the commands
"""

__version__ = "0.1.0"
