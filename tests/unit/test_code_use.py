"""Codes in no list, or out of date: findings by the remittance's own payment date, whatever the size of the blocks."""

from __future__ import annotations

from datetime import date
from functools import cache
from pathlib import Path

import pyarrow as pa
import pytest

from pipeline import mappings
from pipeline.check import MOST_OF_A_KIND, Checked, check_file
from pipeline.code_use import CodeList, CodeLists
from pipeline.parse import read_file

ROOT = Path(__file__).parents[2]
HEADER = "ISA*00*          *00*          *ZZ*A              *ZZ*B              *261119*2200*^*00501*000000001*0*T*:~"
GROUP = "GS*HP*A*B*20120105*2200*1*X*005010X221A1~"
LINE = "SVC*HC:99213*100*0~CAS*CO*{reason}*100~LQ*{list}*{remark}~"


@cache
def code_lists() -> CodeLists:
    return CodeLists.of(mappings.load(ROOT / "mappings").tables)


def remittance(number: int, header: str, claims: str) -> str:
    return f"ST*835*{number:04d}~{header}N1*PR*P~N1*PE*Q~LX*1~{claims}SE*9*{number:04d}~"


def claim(status: str = "1", reason: str = "45", remark: str = "M68", code_list: str = "HE") -> str:
    return f"CLP*C*{status}*100*0**12*N*11*1~NM1*QC*1*A~{LINE.format(reason=reason, remark=remark, list=code_list)}"


def code_findings(tmp_path: Path, *remittances: str, block_bytes: int = 1 << 20, lists: CodeLists | None = None) -> list[tuple]:
    path = tmp_path / "file.835"
    path.write_text(HEADER + GROUP + "".join(remittances) + f"GE*{len(remittances)}*1~IEA*1*000000001~")
    tables: list[pa.Table] = []
    read_file(path, "f", lambda name, rows: name == "finding" and tables.append(rows), block_bytes, lists or code_lists())
    rows = [row for table in tables for row in table.to_pylist() if row["category"] == "code"]
    return sorted((row["segment_index"], row["element_position"], row["finding_code"], row["expected"]) for row in rows)


BPR = "BPR*H*0*C*NON************{day}~"
OLD, NEW = BPR.format(day="20050601"), BPR.format(day="20050602")


@pytest.mark.parametrize("block_bytes", [64, 300, 1 << 20])
def test_each_remittance_is_judged_by_its_own_date(tmp_path, block_bytes):
    found = code_findings(tmp_path, remittance(1, OLD, claim() * 3), remittance(2, NEW, claim() * 2), block_bytes=block_bytes)
    retired = [one for one in found if one[2] == "remark_code_retired"]
    assert found == retired, "RARC M68 was good on its last day but one, and is retired from 2005-06-02 on"
    assert [(segment, element, expected) for segment, element, _, expected in retired] == [
        (segment, 2, "RARC M68 before 2005-06-02") for segment in (32, 37)
    ]


@pytest.mark.parametrize(
    ("header", "is_retired"),
    [
        (BPR.format(day=""), True),  # the group's date, 2012
        (BPR.format(day="") + "DTM*405*20040101~", False),
        (BPR.format(day="20261119") + "DTM*405*20040101~", True),
        ("", True),
    ],
)
def test_without_a_payment_date_the_next_best_one_counts(tmp_path, header, is_retired):
    codes = [code for _, _, code, _ in code_findings(tmp_path, remittance(1, header, claim()))]
    assert codes == (["remark_code_retired"] if is_retired else [])


def test_a_claim_that_is_taken_back_may_repeat_its_codes(tmp_path):
    assert code_findings(tmp_path, remittance(1, NEW, claim(status="22", reason="42"))) == []


def test_codes_of_other_lists_are_left_alone(tmp_path):
    assert code_findings(tmp_path, remittance(1, NEW, claim(remark="70", code_list="RX"))) == []
    assert [row[2] for row in code_findings(tmp_path, remittance(1, NEW, claim(remark="70")))] == ["remark_code_unknown"]


def test_a_site_s_own_list_is_the_one_that_counts(tmp_path):
    day = pa.array([date(2005, 6, 1)], pa.date32())
    table = pa.table({"code": ["45"], "start_date": pa.nulls(1, pa.date32()), "stop_date": day})
    own = CodeLists({"carc": CodeList.of(table)})
    found = code_findings(tmp_path, remittance(1, NEW, claim()), lists=own)
    assert [(code, expected) for _, _, code, expected in found] == [("reason_code_retired", "CARC 45 before 2005-06-01")]


def test_a_finding_says_where_it_belongs(tmp_path):
    path = tmp_path / "file.835"
    path.write_text(HEADER + GROUP + remittance(1, NEW, claim(reason="999")) + "GE*1*1~IEA*1*000000001~")
    (first, second) = check_file(path, None, code_lists()).findings[:2]
    assert (first["segment_id"], first["segment_number"], first["element_position"]) == ("CAS", 11, 2)
    assert first["severity"] == second["severity"] == "warning"
    tables: list[pa.Table] = []
    read_file(path, "f", lambda name, rows: name == "finding" and tables.append(rows), code_lists=code_lists())
    (row,) = (row for table in tables for row in table.to_pylist() if row["finding_code"] == "reason_code_unknown")
    owners = ("file_id", "transaction_segment_index", "claim_segment_index", "line_segment_index")
    assert [row[name] for name in owners] == ["f", 2, 7, 9]


def test_people_are_not_shown_thousands_of_lines():
    finding = {"finding_code": "remark_code_unknown", "severity": "warning", "category": "code", "message": "It is in no list."}
    place = {"segment_number": 9, "segment_id": "LQ", "element_position": 2, "difference_amount": None}
    text = Checked("night.835", "835", findings=[finding | place] * (MOST_OF_A_KIND + 1_500)).as_text()
    assert text.count("It is in no list.") == MOST_OF_A_KIND
    assert text.endswith("and 1,500 more remark_code_unknown: --json prints all")
