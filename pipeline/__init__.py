"""remit835: from a night's X12 835 remittances to a worklist of denied lines.

Reading order; a module imports earlier ones only (tests/unit/test_imports.py holds it to that):

 1. errors         what stops a run, one exit code each
 2. tables         THE CONTRACT: every column and table once
 3. settings       what a site can set, and where sql/ and mappings/ are
 4. log            one formatter, no protected health information
 5. mappings       codes, rules, labels and weights as data
 6. x12_index      bytes -> structural index of the segments
 7. findings       what can be wrong with a file, as data
 8. x12_elements   named positions, citing loop and segment
 9. parse_835      index -> remittances, claim payments, service lines, adjustments, remarks
10. parse_837      index -> submitted claims, lines, diagnoses
11. parse          one file: recognise it, read it, account for every segment
12. land           inbox -> files worth reading, each by its bytes and once
13. warehouse      batches of facts, generations of marts, the commit
14. models         sql/ ordered, checked and run
15. export         the worklist as CSV, Parquet and spreadsheet
16. summary        what a run says of itself
17. run            STAGES: the table of contents of the nightly job
18. check          files without a warehouse: what is wrong with them
19. query          SQL over a warehouse
20. status         what a warehouse holds
21. dictionary     the tables contract, for readers
22. cli            the commands
"""

__version__ = "0.1.0"
