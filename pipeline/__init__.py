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
 12. code_use       codes that are in no list, or used outside of their days
 13. parse          one file: recognise it, read it, account for every segment
 14. conformance    what pyx12 says of a file by its implementation guide
 15. acknowledge    the 999 that answers a functional group
 16. extract        claims and paid history from CSV or Parquet of a practice-management system
 17. land           inbox -> files worth reading, each by its bytes and once
 18. warehouse      batches of facts, generations of marts, the commit
 19. models         sql/ ordered, checked and run
 20. work_log       what billers did, from CSV or XLSX
 21. export         the worklist as CSV, Parquet and spreadsheet
 22. summary        what a run says of itself
 23. query          SQL over a warehouse
 24. report         the page for people: worklist, trend, payers, findings
 25. purge          what is old enough to go, and what still rests on it
 26. run            STAGES: the table of contents of the nightly job
 27. check          files without a warehouse: what is wrong with them
 28. codes          the site's licensed code texts
 29. rules          the rules of mappings/ tried on codes that no file has, and linted
 30. explain        what a code means and what to do about it
 31. segments       from facts back to segments
 32. why            why an item stands on the worklist as it does
 33. status         what a warehouse holds
 34. dictionary     the tables contract, for readers
 35. workflow       the states of a denied line as a picture, made from the mappings
 36. packet_facts   what a packet may say of an item, each fact with its source
 37. packet_text    templates filled with facts, and nothing else
 38. packet_files   documents as text, DOCX, HTML and PDF
 39. packet         letter, call script, checklist and evidence of an item
 40. cli            the commands
"""

__version__ = "0.1.0"
