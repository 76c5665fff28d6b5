"""A payer's telephone and fax of the site's own payer.csv: used where the remittance names none, and named as their source."""

from __future__ import annotations

import json
import shutil
from datetime import date
from pathlib import Path

import pyarrow.parquet as pq

from pipeline import mappings, packet, query, settings, why
from pipeline.run import run

INBOX = Path(__file__).parents[2] / "data_samples" / "inbox"
AS_OF = date(2026, 11, 20)
HEADER = "payer_key,payer_name,payer_family,match_ids,match_names,payer_phone,payer_fax,contact_source"


def test_the_remittance_wins_and_payer_csv_fills_the_gap(tmp_path):
    inbox, own, warehouse = tmp_path / "inbox", tmp_path / "own", tmp_path / "warehouse"
    inbox.mkdir()
    own.mkdir()
    shutil.copy(INBOX / "ssm04_20261119.835", inbox)  # names a telephone and no fax
    row = "sample_state_medicaid,Sample State Medicaid,medicaid,SSM04 1001000004,,8005550999,8005550888,provider manual 2026"
    (own / "payer.csv").write_text(f"{HEADER}\n{row}\n")
    chosen = settings.load(mappings=own)
    run([inbox], warehouse, chosen, AS_OF)

    listed = pq.read_table(warehouse / "worklist" / "worklist.parquet").to_pylist()
    assert {(item["payer_phone"], item["payer_fax"]) for item in listed} == {("8005550104", "8005550888")}
    assert "telephone 8005550104 (remittance)" in why.why(warehouse, listed[0]["item_id"], chosen).as_text()

    asked = "SELECT payer_fax FROM payer WHERE payer_key = 'sample_state_medicaid'"
    with query.open_tables(warehouse, mappings.of_site(chosen)) as connection:
        assert query.dicts(connection, asked) == [{"payer_fax": "8005550888"}]

    packet.write_packets(warehouse, tmp_path / "out", chosen, AS_OF, [listed[0]["item_id"]], 0, None, False, lambda *_: None)
    record = json.loads(next((tmp_path / "out").glob("*/packet.json")).read_text(encoding="utf-8"))
    sources = {fact["name"]: fact["source"] for fact in record["facts"] if fact["name"] in ("payer_phone", "payer_fax")}
    assert sources["payer_fax"] == {"kind": "mapping", "file": "payer.csv", "row": "sample_state_medicaid (provider manual 2026)"}
    assert sources["payer_phone"]["kind"] == "segment"
