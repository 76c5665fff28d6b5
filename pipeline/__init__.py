"""remit835: from a night's X12 835 remittances to a worklist of denied lines.

Reading order; a module imports earlier ones only (tests/unit/test_imports.py holds it to that):

  1. errors         what stops a run, one exit code each
  2. tables         THE CONTRACT: every column and table once
  3. settings       what a site can set, and where sql/ and mappings/ are
  4. pseudonyms     stand-ins for what identifies people, by the site's secret
  5. log            one formatter, no protected health information
  6. mappings       codes, rules, labels and weights as data
  7. x12_index      bytes -> structural index of the segments
  8. x12_segments   the segments of a file one by one, for people and for pyx12
  9. findings       what can be wrong with a file, as data
 10. x12_elements   named positions, citing loop and segment
 11. parse_835      index -> remittances, claim payments, service lines, adjustments, remarks
 12. parse_837      index -> submitted claims, lines, diagnoses
 13. code_use       codes that are in no list, or used outside of their days
 14. parse          one file: recognise it, read it, account for every segment
 15. conformance    what pyx12 says of a file by its implementation guide
 16. acknowledge    the 999 that answers a functional group
 17. extract        claims and paid history from CSV or Parquet of a practice-management system
 18. land           inbox -> files worth reading, each by its bytes and once
 19. warehouse      batches of facts, generations of marts, the commit
 20. models         sql/ ordered, checked and run
 21. work_log       what billers did, from CSV or XLSX
 22. export         the worklist as CSV, Parquet and spreadsheet
 23. summary        what a run says of itself
 24. query          SQL over a warehouse
 25. deidentify     tables without protected health information
 26. report         the page for people: worklist, trend, payers, findings
 27. purge          what is old enough to go, and what still rests on it
 28. run            STAGES: the table of contents of the nightly job
 29. check          files without a warehouse: what is wrong with them
 30. scramble       835 and 837 files without protected health information, as good as before to a reader
 31. codes          the site's licensed code texts
 32. rules          the rules of mappings/ tried on codes that no file has, and linted
 33. explain        what a code means and what to do about it
 34. segments       from facts back to segments
 35. why            why an item stands on the worklist as it does
 36. status         what a warehouse holds
 37. dictionary     the tables contract, for readers
 38. workflow       the states of a denied line as a picture, made from the mappings
 39. packet_facts   what a packet may say of an item, each fact with its source
 40. packet_text    templates filled with facts, and nothing else
 41. packet_files   documents as text, DOCX, HTML and PDF
 42. packet         letter, call script, checklist and evidence of an item
 43. cli            the commands
"""

__version__ = "0.1.0"
