"""remit835: from a night's X12 835 remittances to a worklist of denied lines.

Reading order; a module imports earlier ones only (tests/unit/test_imports.py holds it to that):

 1. errors         what stops a run, one exit code each
 2. tables         THE CONTRACT: every column and table once
 3. settings       what a site can set, and where sql/ and mappings/ are
 4. log            one formatter, no protected health information
 5. mappings       codes, rules, labels and weights as data
 6. x12_elements   named positions, citing loop and segment
 7. x12_index      bytes -> structural index of the segments
 8. balance        line, claim and transaction balances
 9. parse_835      index -> remittances, claim payments, service lines, adjustments, remarks
10. parse_837      index -> submitted claims, lines, diagnoses
11. parse          one file: recognise it, read it, account for every segment
12. conformance    the implementation guide's verdict (pyx12)
13. land           inbox -> files worth reading, each by its bytes and once
14. extract        claims from CSV or Parquet
15. warehouse      batches of facts, generations of marts, the commit
16. models         sql/ ordered, checked and run
17. export         the worklist as CSV, Parquet and spreadsheet
18. packet         letter, call script, checklist
19. report         the page of the night
20. summary        what a run says of itself, and the dollars check
21. run            STAGES: the table of contents
22. cli            the commands
"""

__version__ = "0.1.0"
