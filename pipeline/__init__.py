"""remit835: from a night's X12 835 remittances to a worklist of denied lines.

Reading order; a module imports earlier ones only (tests/unit/test_imports.py holds it to that):

  1. errors          what stops a run, one exit code each
  2. tables          THE CONTRACT: every column and table once
  3. schemas         tables of an older version read as ours
  4. settings        what a site can set, and where sql/ and mappings/ are
  5. pseudonyms      stand-ins for what identifies people, by the site's secret
  6. log             one formatter, no protected health information
  7. remote          inboxes and copies that are elsewhere: object stores, SFTP
  8. ahead           work that other threads do ahead, in order
  9. memory          what reading frees is kept for the next block
 10. mappings        codes, rules, labels and weights as data
 11. x12_index       bytes -> structural index of the segments
 12. x12_kernels     the same by compiled loops, where enough is to be read
 13. x12_segments    the segments of a file one by one, for people and for pyx12
 14. findings        what can be wrong with a file, as data
 15. x12_elements    named positions, citing loop and segment
 16. parse_835       index -> remittances, claim payments, service lines, adjustments, remarks
 17. parse_837       index -> submitted claims, lines, diagnoses
 18. code_use        codes that are in no list, or used outside of their days
 19. parse           one file: recognise it, read it, account for every segment
 20. parse_together  many small files in one block
 21. conformance     what pyx12 says of a file by its implementation guide
 22. acknowledge     the 999 that answers a functional group
 23. extract         claims and paid history from CSV or Parquet of a practice-management system
 24. land            inbox -> files worth reading, each by its bytes and once
 25. intake          landed files -> tables of facts or a refusal, several at a time
 26. warehouse       batches of facts, generations of marts, the commit
 27. lint            what a SELECT of sql/ may not say, and what it reads
 28. models          sql/ ordered, checked and run
 29. engine_spark    the same reader and models on Spark
 30. evidence        whose evidence a night can have changed, and what is looked at for that
 31. increment       the marts of what a night touches, and the rest carried over
 32. work_log        what billers did, from CSV or XLSX
 33. spreadsheet     the worklist as XLSX, to be filled in
 34. export          the worklist as CSV, Parquet and spreadsheet
 35. summary         what a run says of itself
 36. query           SQL over a warehouse
 37. deidentify      tables without protected health information
 38. report          the page for people: worklist, trend, payers, findings
 39. purge           what is old enough to go, and what still rests on it
 40. run             STAGES: the table of contents of the nightly job
 41. check           files without a warehouse: what is wrong with them
 42. scramble        835 and 837 files without protected health information, as good as before to a reader
 43. codes           the site's licensed code texts
 44. rules           the rules of mappings/ tried on codes that no file has, and linted
 45. explain         what a code means and what to do about it
 46. segments        from facts back to segments
 47. why             why an item stands on the worklist as it does
 48. status          what a warehouse holds
 49. dictionary      the tables contract, for readers
 50. workflow        the states of a denied line as a picture, made from the mappings
 51. packet_facts    what a packet may say of an item, each fact with its source
 52. packet_text     templates filled with facts, and nothing else
 53. packet_files    documents as text, DOCX, HTML and PDF
 54. packet          letter, call script, checklist and evidence of an item
 55. cli             the commands
"""

__version__ = "0.1.0"
