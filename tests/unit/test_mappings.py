"""The loader of mappings: right rows become tables, wrong rows are named with file, line and fix, all at once."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from pipeline import mappings, settings, tables
from pipeline.errors import MappingError, SettingsError

SHIPPED = Path(__file__).parents[2] / "mappings"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the shipped mappings, free to spoil."""
    return Path(shutil.copytree(SHIPPED, tmp_path / "mappings"))


@pytest.fixture
def spoil(folder: Path) -> Callable[[str, str, str], str]:
    """Replaces text in one file and returns what the loader says."""

    def call(name: str, old: str, new: str) -> str:
        path = folder / f"{name}.csv"
        text = path.read_text()
        assert old in text
        path.write_text(text.replace(old, new, 1))
        with pytest.raises(MappingError) as error:
            mappings.load(folder)
        return str(error.value)

    return call


def test_shipped_mappings_load_into_their_tables():
    loaded = mappings.load(SHIPPED)
    for name, table in loaded.tables.items():
        assert table.schema == tables.schema_of(name)
    made_elsewhere = {"run_parameter", "item_history_before"}
    assert {table.name for table in tables.tables_of("mapping")} <= set(loaded.tables) | made_elsewhere


def test_every_file_in_the_folder_is_declared():
    declared = {f"{file.name}.csv" for file in mappings.FILES}
    assert {path.name for path in SHIPPED.glob("*.csv")} <= declared


def test_keys_are_unique_in_every_table():
    for name, table in mappings.load(SHIPPED).tables.items():
        key = list(tables.TABLES[name].key)
        assert table.group_by(key).aggregate([]).num_rows == table.num_rows, name


def test_each_reason_code_is_a_rule_by_itself_except_unmapped_ones():
    loaded = mappings.load(SHIPPED)
    rules = {rule["rule_id"]: rule for rule in loaded.tables["denial_rule"].to_pylist()}
    assert rules["CARC-50"]["family"] == "medical_necessity"
    assert rules["CARC-50"]["condition_count"] == 1
    assert "CARC-A1" not in rules
    assert rules["UNMAPPED"]["condition_count"] == 0


@pytest.mark.parametrize(
    ("name", "old", "new", "says"),
    [
        ("carc", "1,1995-01-01", "1,1995-13-01", "carc.csv:2: start_date"),
        ("carc", "code,start_date", "code,begin_date", "carc.csv:1: column 'begin_date' is not known"),
        ("carc", "\n2,", "\n1,", "carc.csv:3: 1 stands in line 2 already"),
        ("carc", "not_a_denial", "no_denial", "carc.csv:2: family 'no_denial' is not in denial_family.csv"),
        ("rarc", "code,start_date", "code,code", "a column stands twice"),
        ("denial_rule", "50 96 204", "50 96 20444", "reason_codes '20444' is not in carc.csv"),
        ("denial_rule", "GUARD-NO-APPEAL,510", "GUARD-NO-APPEAL,500", "priority 500 is that of GUARD-NEW-CLAIM too"),
        ("denial_rule", "GUARD-NO-APPEAL,510", "GUARD-NO-APPEAL,910", "belong to the reason codes' own rules"),
        ("denial_rule", "UNMAPPED,999", "UNKNOWN,899", "the rule UNMAPPED, which catches what no other does, is missing"),
        ("denial_rule", ",PAYER_UPHELD,", ",,", "the rule decides nothing"),
        ("client_label", "RARC,M1,", "RARC,M0,", "client_label.csv:2: code 'M0' is not in rarc.csv"),
        ("client_label", "RARC,M1,", "RARC,M1,,", "client_label.csv:2: 11 cells, the header has 10"),
        ("service_kind", "70010,79999", "69000,79999", "lies in the range 10004 to 69990"),
        ("service_kind", "70010,79999", "79999,70010", "must be equally long and in order"),
        ("payer", "NGB02", "MMH01", "identifier 'MMH01' names meridian too"),
        ("modifier", "live video,Y", "live video,yes", "write Y, or leave the cell empty"),
    ],
)
def test_a_bad_row_is_named(spoil: Callable[[str, str, str], str], name: str, old: str, new: str, says: str):
    assert says in spoil(name, old, new)


def test_a_family_may_not_rest_on_an_alert(spoil: Callable[[str, str, str], str]):
    said = spoil("denial_rule", "\nUNMAPPED", "\nBAD,400,,16,,N211,,,,,,,,,non_covered,,,,test,\nUNMAPPED")
    assert "remark_codes 'N211' is an alert and explains no adjustment" in said


def test_all_bad_rows_are_reported_together(folder: Path, spoil: Callable[[str, str, str], str]):
    (folder / "payer.csv").unlink()
    said = spoil("carc", "1,1995-01-01", "1,someday")
    assert "payer.csv: the file is missing" in said
    assert "carc.csv:2: start_date" in said


def test_a_site_replaces_and_adds_rows(tmp_path: Path):
    site = tmp_path / "site"
    site.mkdir()
    (site / "payer.csv").write_text(
        "payer_key,payer_name,payer_family,match_ids,match_names\n"
        "meridian,Meridian of the Site,commercial,MMH01,\nacme,Acme Health,commercial,ACM1 ACM2,Acme Plan|ACME of Ohio\n"
    )
    loaded = mappings.load(SHIPPED, site)
    names = {row["payer_key"]: row["payer_name"] for row in loaded.tables["payer"].to_pylist()}
    assert names["meridian"] == "Meridian of the Site"
    assert names["northgate"] == "Northgate Medicare Part B"
    keys = {row["name_key"] for row in loaded.tables["payer_name_key"].to_pylist() if row["payer_key"] == "acme"}
    assert keys == {"ACMEHEALTH", "ACMEPLAN", "ACMEOFOHIO"}
    identifiers = {row["identifier"] for row in loaded.tables["payer_identifier"].to_pylist() if row["payer_key"] == "acme"}
    assert identifiers == {"ACM1", "ACM2"}


def test_a_site_file_with_an_unknown_name_is_an_error(tmp_path: Path):
    (tmp_path / "payers.csv").write_text("payer_key\n")
    with pytest.raises(MappingError, match="no mapping has this name"):
        mappings.load(SHIPPED, tmp_path)


@pytest.mark.parametrize("kind", ["nothing", "a file"])
def test_a_site_folder_that_is_not_there_is_an_error(tmp_path: Path, kind: str):
    site = tmp_path / "site"
    if kind == "a file":
        site.write_text("")
    chosen = settings.load(mappings=site)
    memory = tmp_path / "memory"
    mappings.tables_of_site(settings.load(), memory)  # what is remembered of the shipped ones may not stand in for it
    for read in (
        lambda: mappings.load(SHIPPED, site),
        lambda: mappings.of_site(chosen),
        lambda: mappings.tables_of_site(chosen, memory),
    ):
        with pytest.raises(SettingsError, match=r"setting mappings: .*/site is no folder that can be read .*correct the path"):
            read()


def test_a_site_rule_says_that_it_is_the_sites(tmp_path: Path):
    (tmp_path / "payer_rule.csv").write_text(
        "rule_id,payer_key,payer_family,deadline_action,appeal_level,window_value,window_unit,deadline_anchor,"
        "presumed_receipt_days,effective_from,effective_to,verified,rule_source,note\n"
        "CIGNA-COMMERCIAL,cigna,commercial,appeal,1,90,days,denial_date,0,,,yes,our contract,\n"
    )
    rules = {row["rule_id"]: row for row in mappings.load(SHIPPED, tmp_path).tables["payer_rule"].to_pylist()}
    assert (rules["CIGNA-COMMERCIAL"]["is_site"], rules["CIGNA-COMMERCIAL"]["window_value"]) == (True, 90)
    assert not rules["CIGNA-MEDICARE"]["is_site"]


def test_a_holiday_knows_the_working_day_before_it(tmp_path: Path):
    # Thanksgiving, the day after it, and a Monday: the working day before may be days away
    (tmp_path / "holiday.csv").write_text("holiday_date,holiday_name\n2026-11-26,a\n2026-11-27,b\n2026-11-30,c\n")
    days = mappings.load(SHIPPED, tmp_path).tables["holiday"].to_pylist()
    before = {str(row["holiday_date"]): str(row["working_date"]) for row in days}
    assert before == {"2026-11-26": "2026-11-25", "2026-11-27": "2026-11-25", "2026-11-30": "2026-11-25"}


@pytest.mark.parametrize(
    ("name", "old", "new", "says"),
    [
        ("next_step", ",new_claim,,,,,,,,,,new_claim,open", ",new_clam,,,,,,,,,,new_claim,open", "guards 'new_clam'"),
        ("denial_rule", ",,,,liability_provider,", ",,,,liability_payer,", "remark_signals 'liability_payer'"),
        ("payer_rule", "HUMANA-COMMERCIAL,humana,commercial", "HUMANA-COMMERCIAL,humana,trade", "payer_family 'trade'"),
    ],
)
def test_a_condition_that_nothing_meets_is_named(
    spoil: Callable[[str, str, str], str], name: str, old: str, new: str, says: str
):
    assert says in spoil(name, old, new)


def test_guidance_is_checked_and_a_site_adds_to_it(folder: Path, tmp_path: Path):
    site = tmp_path / "site"
    site.mkdir()
    (site / "code_guidance.yaml").write_text(
        "CARC 29:\n  quick_explanation: Ours\n  use: [ours]\nshared:\n  ours:\n    causes: [The mail room]\n"
    )
    guidance = mappings.load(SHIPPED, site).guidance
    assert (guidance["CARC 29"].quick_explanation, guidance["CARC 29"].causes) == ("Ours", ("The mail room",))
    assert guidance["CARC 50"].causes
    (folder / "code_guidance.yaml").write_text("CARC 50:\n  quick_explanation: x\n  use: [nowhere]\n")
    with pytest.raises(MappingError, match="the theme 'nowhere' is not in `shared`"):
        mappings.load(folder)
    (folder / "code_guidance.yaml").write_text("CARC 50:\n  meaning: x\n")
    with pytest.raises(MappingError, match="CARC 50: meaning"):
        mappings.load(folder)


def test_no_licensed_text_comes_along():
    assert mappings.load(SHIPPED).rows["code_text"] == []


def test_files_that_were_good_before_are_not_tried_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    site, memory = tmp_path / "site", tmp_path / "memory"
    site.mkdir()
    chosen = settings.load(mappings=site)
    made = mappings.tables_of_site(chosen, memory)
    with monkeypatch.context() as patched:
        patched.setattr(mappings, "load", None)  # nobody asks it again
        again = mappings.tables_of_site(chosen, memory)
        assert list(again) == list(made)
        assert all(again[name].equals(made[name], check_metadata=True) for name in made)
        with pytest.raises(TypeError):
            mappings.tables_of_site(settings.load(mappings=site, client_labels=("M1",)), memory)
    (site / "holiday.csv").write_text("holiday_date,holiday_name\n2026-11-26,a\n")
    assert mappings.tables_of_site(chosen, memory)["holiday"].num_rows == 1
    (site / "code_guidance.yaml").write_text("CARC 50: {cause: a}\n")
    with pytest.raises(MappingError, match=r"code_guidance\.yaml: CARC 50"):
        mappings.tables_of_site(chosen, memory)
    (site / "code_guidance.yaml").unlink()
    (site / ".#payer.csv").symlink_to(tmp_path / "nowhere")  # an editor's lock
    with pytest.raises(MappingError, match=r"\.#payer\.csv"):
        mappings.tables_of_site(chosen, memory)
