"""remit835: from a night's X12 835 remittances to a worklist of denied lines.

Reading order; a module imports earlier ones only (tests/unit/test_imports.py holds it to that):

  1. errors          what stops a run, one exit code each
  2. remembered      what was found good before, of the same things
  3. tables          THE CONTRACT: every column and table once
  4. schemas         tables of an older version read as ours
  5. remote          inboxes and copies that are elsewhere: object stores, SFTP
  6. settings        what a site can set, and where sql/ and mappings/ are
  7. pseudonyms      stand-ins for what identifies people, by the site's secret
  8. log             one formatter, no protected health information
  9. ahead           work that other threads do ahead, in order
 10. memory          what reading frees is kept for the next block
 11. mappings        codes, rules, labels and weights as data
 12. x12_index       bytes -> structural index of the segments
 13. x12_kernels     the same by compiled loops, where enough is to be read
 14. x12_segments    the segments of a file one by one, for people and for pyx12
 15. findings        what can be wrong with a file, as data
 16. x12_elements    named positions, citing loop and segment
 17. parse_835       index -> remittances, claim payments, service lines, adjustments, remarks
 18. parse_837       index -> submitted claims, lines, diagnoses
 19. code_use        codes that are in no list, or used outside of their days
 20. parse           one file: recognise it, read it, account for every segment
 21. parse_together  many small files in one block
 22. conformance     what pyx12 says of a file by its implementation guide
 23. acknowledge     the 999 that answers a functional group
 24. extract         claims and paid history from CSV or Parquet of a practice-management system
 25. land            inbox -> files worth reading, each by its bytes and once
 26. intake          landed files -> tables of facts or a refusal, several at a time
 27. warehouse       batches of facts, generations of marts, the commit
 28. lint            what a SELECT of sql/ may not say, and what it reads
 29. models          sql/ ordered, checked and run
 30. engine_spark    the same reader and models on Spark
 31. evidence        whose evidence a night can have changed, and what is looked at for that
 32. increment       the marts of what a night touches, and the rest carried over
 33. work_log        what billers did, from CSV or XLSX
 34. spreadsheet     the worklist as XLSX, to be filled in
 35. export          the worklist as CSV, Parquet and spreadsheet
 36. summary         what a run says of itself
 37. query           SQL over a warehouse
 38. deidentify      tables without protected health information
 39. report          the page for people: worklist, trend, payers, findings
 40. purge           what is old enough to go, and what still rests on it
 41. run             STAGES: the table of contents of the nightly job
 42. check           files without a warehouse: what is wrong with them
 43. scramble        835 and 837 files without protected health information, as good as before to a reader
 44. codes           the site's licensed code texts
 45. rules           the rules of mappings/ tried on codes that no file has, and linted
 46. explain         what a code means and what to do about it
 47. segments        from facts back to segments
 48. why             why an item stands on the worklist as it does
 49. status          what a warehouse holds
 50. dictionary      the tables contract, for readers
 51. workflow        the states of a denied line as a picture, made from the mappings
 52. packet_facts    what a packet may say of an item, each fact with its source
 53. packet_text     templates filled with facts, and nothing else
 54. packet_files    documents as text, DOCX, HTML and PDF
 55. packet          letter, call script, checklist and evidence of an item
 56. cli             the commands
"""

__version__ = "0.1.0"
