"""Codes explained: every spelling, what is official and what is the client's, and what is not known is said."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from pipeline import codes, explain, mappings, settings
from pipeline.errors import MappingError, SettingsError, UsageError

KNOWN = mappings.of_site(settings.load())
DEFAULTS = settings.load()


@pytest.fixture
def site(tmp_path: Path) -> settings.Settings:
    """Settings of a site with its own mappings."""
    return settings.load(mappings=tmp_path / "site")


def one(spelling: str, chosen: settings.Settings = DEFAULTS) -> explain.Explanation:
    (found,) = explain.explain(spelling, chosen)
    return found


@pytest.mark.parametrize(
    ("spelling", "means"),
    [
        ("M1", ["RARC M1"]),
        ("m1", ["RARC M1"]),
        ("RARC MA130", ["RARC MA130"]),
        ("N115", ["RARC N115"]),
        ("50", ["CARC 50", "PLB 50"]),
        ("CARC 50", ["CARC 50"]),
        ("carc:50", ["CARC 50"]),
        ("CO-50", ["CO-50"]),
        ("CO 50", ["CO-50"]),
        ("CO50", ["CO-50"]),
        ("CO*50", ["CO-50"]),
        ("CARC CO-50", ["CO-50"]),
        ("CO-16 M127", ["CO-16 with M127"]),
        ("16 N56 MA130", ["CARC 16 with N56, MA130"]),
        ("CO", ["GROUP CO"]),
        ("CR", ["GROUP CR", "PLB CR"]),
        ("PLB WO", ["PLB WO"]),
        ("WO", ["PLB WO"]),
        ("22", ["CARC 22", "CLP02 22"]),
        ("CLP02 4", ["CLP02 4"]),
        ("PI", ["GROUP PI", "PLB PI"]),
    ],
)
def test_spellings(spelling, means):
    assert [str(found) for found in explain.references(spelling, KNOWN)] == means


@pytest.mark.parametrize(
    ("spelling", "says"),
    [
        ("N1155", "is in no list of codes; near it are .*RARC N115"),
        ("CO-ZZ9", "ZZ9 is no claim adjustment reason code"),
        ("RARC 50", "50 is no remittance advice remark code"),
        ("CO-50 GA", "only remark codes can follow, and GA is none"),
        ("-", "name a code"),
    ],
)
def test_an_unknown_code_says_what_is_near(spelling, says):
    with pytest.raises(UsageError, match=says):
        explain.references(spelling, KNOWN)


def test_a_reason_code_in_full():
    found = one("CO-50")
    assert found.our_meaning == "Payer says the service was not medically necessary"
    assert (found.status, str(found.start_date), found.stop_date) == ("current", "1995-01-01", None)
    assert (found.medical_necessity, found.fixable_by, found.stops_appeal) == ("core", "coder", False)
    assert found.next_step == "coding_review"
    assert [judgement["family"] for judgement in found.judgements] == ["medical_necessity"]
    assert all(found.advice[name] for name in explain.ADVICE)
    assert "not bill the patient" in found.notes[0]


def test_every_code_of_medical_necessity_is_explained_in_full():
    """Quick explanation, causes, prevention, what to gather and what to ask: for each of them, without a word of the family's."""
    for kind in ("CARC", "RARC"):
        for row in KNOWN.rows[kind.lower()]:
            if row.medical_necessity:
                advice = KNOWN.guidance[f"{kind} {row.code}"]
                assert advice.quick_explanation, row.code
                assert all(getattr(advice, name) for name in explain.ADVICE), row.code


def test_m1_keeps_official_meaning_and_label_apart():
    found = one("M1")
    assert "X-ray" in found.our_meaning
    assert found.client_label["label"] == "Medical necessity not established"
    assert found.client_label["is_on"]
    (judgement,) = found.judgements
    assert (judgement["family"], judgement["family_basis"]) == ("medical_necessity", "client_label")
    assert judgement["official_rule_id"] == "REMARK-DOCUMENTS"


@pytest.mark.parametrize(("labels", "family"), [(False, "documentation"), (("M1",), "medical_necessity")])
def test_a_label_is_switched_in_one_line(labels, family):
    found = one("M1", settings.load(client_labels=labels))
    assert found.judgements[0]["family"] == family
    assert found.client_label["is_on"] == (labels is not False)


def test_labels_by_code(tmp_path):
    site = tmp_path / "site"
    site.mkdir()
    (site / "client_label.csv").write_text(
        "code_type,code,label,family,medical_necessity,flag,flag_service_kinds,set_by,date,note\n"
        "CARC,16,Records are missing,documentation,,,,client,2026-01-05,\n"
    )
    both, only_16 = (settings.load(mappings=site, client_labels=labels) for labels in (True, ("CARC 16",)))
    assert mappings.of_site(both).tables["client_label"].num_rows == 2
    assert mappings.of_site(only_16).tables["client_label"].column("code").to_pylist() == ["16"]
    assert one("CARC 16", only_16).judgements[0]["family"] == "documentation"
    assert one("M1", only_16).client_label["is_on"] is False
    with pytest.raises(SettingsError, match=r"'N56' has no row in client_label\.csv"):
        mappings.of_site(settings.load(client_labels=("N56",)))


def test_labels_are_listed_in_a_file_or_the_environment(tmp_path, monkeypatch):
    config = tmp_path / "site.yaml"
    for written, read in (("[M1, CARC 50]", ("M1", "CARC 50")), ("false", False), ("[]", ())):
        config.write_text(f"client_labels: {written}\n")
        assert settings.load(config).client_labels == read
    monkeypatch.setenv("REMIT835_CLIENT_LABELS", "M1, CARC 50")
    assert settings.load().client_labels == ("M1", "CARC 50")
    monkeypatch.setenv("REMIT835_CLIENT_LABELS", "false")
    assert settings.load().client_labels is False


def test_a_retired_code_names_its_successors():
    found = one("CARC 15")
    assert (found.status, str(found.stop_date), found.replaced_by) == ("retired", "2018-05-01", ("197", "284", "296"))


def test_a_group_that_the_standard_does_not_allow():
    assert "The standard allows 18 with OA only: ask the payer about CO." in one("CO-18").notes


def test_a_code_without_wording_says_so():
    bare = next(row.code for row in KNOWN.rows["rarc"] if row.wording is None)
    found = one(f"RARC {bare}")
    assert (found.our_meaning, found.advice) == (None, {})
    assert "no wording yet" in explain.as_text(bare, [found])


def test_a_code_without_advice_of_its_own_gets_that_of_its_family():
    bare = next(
        row.code for row in KNOWN.rows["rarc"] if row.family == "documentation" and f"RARC {row.code}" not in KNOWN.guidance
    )
    found = one(f"RARC {bare}")
    assert found.advice_of == "the family documentation"
    assert "no advice on this code itself yet" in explain.as_text(bare, [found])


def test_an_alert_and_what_stops_an_appeal():
    found = one("N211")
    assert (found.is_alert, found.stops_appeal) == (True, True)
    assert "An alert: it informs, and never explains an adjustment." in found.notes
    assert found.judgements[0]["guard"] == "no_appeal"


def test_remarks_beside_a_reason_code_decide():
    assert one("CO-16 M127").next_step == "send_records"
    assert one("CO-16").next_step == "corrected_claim"


def test_signs_of_provider_adjustments():
    assert "A positive amount: Overpayment is taken out of this payment" in one("PLB WO").notes[0]


def test_several_meanings_are_all_told_and_json_holds_them():
    found = explain.explain("50", DEFAULTS)
    assert explain.as_text("50", found).startswith("50 can mean CARC 50 and PLB 50.")
    assert [row["code_type"] for row in json.loads(json.dumps(explain.as_dicts(found), default=str))] == ["CARC", "PLB"]


# ------------------------------------------------------------------ licensed texts


def test_licensed_texts_are_taken_shown_and_laid_over_earlier_ones(site, tmp_path):
    listed = tmp_path / "licensed.csv"
    listed.write_text('code_type,code,text\nCARC,50,"Text of the licence, one"\nRARC,N99999,Newer than our list\n')
    first = codes.import_texts(listed, site)
    assert (first.new, first.changed, first.unknown_codes) == (2, 0, ["RARC N99999"])
    listed.write_text("code_type,code,text\nCARC,50,Second edition\n")
    second = codes.import_texts(listed, site)
    assert (second.new, second.changed, second.unchanged) == (0, 1, 0)
    found = one("CARC 50", site)
    assert found.official_text == "Second edition"
    assert found.our_meaning == "Payer says the service was not medically necessary"
    assert "Second edition (from the list that this site has loaded)" in explain.as_text("50", [found])
    assert "N99999" in (site.mappings / "code_text.csv").read_text(), "texts that the new list does not hold stay"


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("code_type,code,text\nCARC,,x\n", "code: the cell is empty"),
        ("code_type,code,text\nCPT,99213,x\n", "code_type: Input should be"),
        ("code_type,code,text\nCARC,50,x\nCARC,50,y\n", "CARC 50 stands in line 2 already"),
        ("code,text\n50,x\n", "column 'code_type' is missing"),
        ("code_type,code,text\nCARC,50,a,b\n", "4 cells, the header has 3"),
    ],
)
def test_a_wrong_list_is_refused_whole(site, tmp_path, content, says):
    listed = tmp_path / "licensed.csv"
    listed.write_text(content)
    with pytest.raises(MappingError, match=says):
        codes.import_texts(listed, site)
    assert not (site.mappings / "code_text.csv").exists()


def test_a_file_in_place_of_the_folder_of_its_own_is_a_wrong_setting(site, tmp_path):
    listed = tmp_path / "licensed.csv"
    listed.write_text("code_type,code,text\nCARC,50,x\n")
    site.mappings.write_text("")
    with pytest.raises(SettingsError, match="setting mappings: "):
        codes.import_texts(listed, site)


def test_without_a_folder_of_its_own_a_site_is_told_to_name_one(tmp_path):
    with pytest.raises(SettingsError, match="mappings: FOLDER"):
        codes.import_texts(tmp_path / "licensed.csv", settings.load())


def test_a_list_that_cannot_be_read(site, tmp_path):
    with pytest.raises(MappingError, match="cannot be read"):
        codes.import_texts(tmp_path / "nowhere.csv", site)
