"""The code lists in mappings/: complete, well formed, in our own words, and safe to decide on.

The counts are those of the published lists of 2026-08-17. A new edition changes them on purpose.
"""

import csv
import re
from datetime import date
from pathlib import Path

import pytest
import yaml

MAPPINGS = Path(__file__).resolve().parents[2] / "mappings"

CARC_COLUMNS = [
    "code", "start_date", "last_modified_date", "stop_date", "wording", "family", "medical_necessity", "fixable_by",
    "stops_appeal", "requires_remark", "group_codes_allowed", "refers_to_policy", "property_casualty_only",
    "replaced_by", "next_step",
]  # fmt: skip
RARC_COLUMNS = [
    "code", "start_date", "last_modified_date", "stop_date", "is_alert", "wording", "family", "medical_necessity",
    "fixable_by", "stops_appeal", "signal", "replaced_by", "next_step",
]  # fmt: skip
FAMILIES = {
    "eligibility", "missing_or_invalid_data", "authorization", "medical_necessity", "coding_and_bundling",
    "documentation", "non_covered", "timely_filing", "duplicate", "frequency", "coordination_of_benefits",
    "provider_credentialing", "contract", "liability_shifted", "not_a_denial", "unmapped",
}  # fmt: skip
NEXT_STEPS = {
    "reprocess_request", "coding_review", "corrected_claim", "new_claim", "reopening", "appeal", "send_records",
    "authorization_appeal", "frequency_check", "eligibility_fix", "cob_fix", "bill_patient", "follow_up",
    "write_off_candidate", "review", "none",
}  # fmt: skip
FIXABLE_BY = {"biller", "coder", "provider", "patient", "payer", "contracting", "nobody"}
MEDICAL_NECESSITY = {"", "core", "near", "frequency", "by_remark"}
SIGNALS = {
    "", "no_appeal", "new_claim_no_appeal", "prior_payment_cause", "liability_patient", "liability_provider",
    "policy_local", "policy_national", "appeal_rights",
}  # fmt: skip
CODE_LISTS = [
    "carc.csv", "rarc.csv", "group_code.csv", "claim_status.csv", "filing_indicator.csv",
    "provider_adjustment_code.csv", "claim_frequency.csv", "remark_position.csv",
]  # fmt: skip
GUIDANCE_LISTS = ["causes", "prevention", "gather", "ask_provider", "ask_payer", "common_mistakes"]


def read(name):
    with (MAPPINGS / name).open(encoding="utf-8", newline="") as handle:
        return list(csv.DictReader(handle))


def header(name):
    return (MAPPINGS / name).read_text(encoding="utf-8").split("\n", 1)[0].split(",")


CARC = read("carc.csv")
RARC = read("rarc.csv")
CARC_OF = {row["code"]: row for row in CARC}
RARC_OF = {row["code"]: row for row in RARC}
BOTH = [("CARC", row) for row in CARC] + [("RARC", row) for row in RARC]
GUIDANCE = yaml.safe_load((MAPPINGS / "code_guidance.yaml").read_text(encoding="utf-8"))
SHARED = GUIDANCE.pop("shared")
OF_FAMILY = GUIDANCE.pop("families")


def natural(code):
    letters, digits = re.fullmatch(r"([A-Z]*)(\d+)", code).groups()
    return letters, int(digits)


def words(text):
    return text.split()


def problems(rows, broken):
    """The codes of the rows a rule finds broken: an empty list is what a test wants."""
    return [row["code"] for row in rows if broken(row)]


# ---------------------------------------------------------------- complete and well formed


@pytest.mark.parametrize(
    ("name", "rows", "columns", "total", "current"),
    [("carc.csv", CARC, CARC_COLUMNS, 407, 297), ("rarc.csv", RARC, RARC_COLUMNS, 1216, 1137)],
)
def test_every_code_once_in_natural_order(name, rows, columns, total, current):
    codes = [row["code"] for row in rows]
    assert header(name) == columns
    assert len(codes) == len(set(codes)) == total
    assert codes == sorted(codes, key=natural)
    assert sum(not row["stop_date"] for row in rows) == current


@pytest.mark.parametrize("name", CODE_LISTS)
def test_files_are_utf8_with_lf_ends_and_no_stray_blanks(name):
    raw = (MAPPINGS / name).read_bytes()
    assert b"\r" not in raw and raw.endswith(b"\n") and not raw.startswith(b"\xef\xbb\xbf")
    for row in csv.reader(raw.decode("utf-8").splitlines()):
        assert all(cell == cell.strip() for cell in row), row


def test_dates_are_iso_and_a_code_does_not_stop_before_it_starts():
    for _, row in BOTH:
        for column in ("start_date", "last_modified_date", "stop_date"):
            assert row[column] == "" or date.fromisoformat(row[column])
        if row["start_date"] and row["stop_date"]:
            assert row["stop_date"] >= row["start_date"], row["code"]


def test_only_allowed_values():
    for kind, row in BOTH:
        where = f"{kind} {row['code']}"
        assert row["family"] in FAMILIES | ({"informational"} if kind == "RARC" else set()), where
        assert row["next_step"] in NEXT_STEPS, where
        assert row["fixable_by"] in FIXABLE_BY, where
        assert row["medical_necessity"] in MEDICAL_NECESSITY, where
        assert row["stops_appeal"] in {"", "Y"}, where
    for row in CARC:
        for column in ("requires_remark", "refers_to_policy", "property_casualty_only"):
            assert row[column] in {"", "Y"}, row["code"]
        assert set(row["group_codes_allowed"].split()) <= {"CO", "OA", "PI", "PR"}, row["code"]
    for row in RARC:
        assert row["is_alert"] in {"", "Y"} and row["signal"] in SIGNALS, row["code"]


def test_replacements_are_current_codes_of_retired_ones():
    for rows, known in ((CARC, CARC_OF), (RARC, RARC_OF)):
        for row in rows:
            for code in row["replaced_by"].split():
                assert row["stop_date"], f"{row['code']} is current, yet replaced"
                assert code in known and not known[code]["stop_date"], (row["code"], code)


# ---------------------------------------------------------------- our own words


def test_every_current_reason_code_is_worded():
    assert problems(CARC, lambda row: not row["wording"]) == []


def test_the_remarks_most_seen_in_denials_are_worded():
    assert sum(bool(row["wording"]) for row in RARC) >= 450
    seen = (
        "M1 M15 M20 M25 M27 M38 M44 M45 M51 M76 M77 M79 M80 M86 M127 MA01 MA04 MA27 MA36 MA61 MA63 MA112 MA114 MA120 "
        "MA130 N4 N19 N20 N31 N56 N95 N115 N130 N180 N211 N257 N258 N264 N265 N276 N286 N290 N347 N350 N362 N382 N386 "
        "N431 N448 N479 N517 N519 N522 N569 N570 N640 N657 N661 N674 N702 N703 N704 N705 N706 N710 N822 N823 N830"
    )
    assert [code for code in seen.split() if not RARC_OF[code]["wording"]] == []


def test_wording_is_short_and_plain():
    for kind, row in BOTH:
        if wording := row["wording"]:
            assert 3 <= len(wording.split()) <= 15 and len(wording) <= 120, f"{kind} {row['code']}: {wording}"
            assert not wording.endswith(".") and not re.search(r"\bAlert:|[Uu]sage:|\bat least one\b", wording)
            # the slashed stock phrase of the official list is a sign of copied text
            assert not re.search(r"(?i)missing/incomplete|incomplete/invalid|claim/service", wording), row["code"]


def test_a_code_without_wording_has_no_invented_meaning():
    for _, row in BOTH:
        if not row["wording"]:
            assert row["family"] == "unmapped" and row["next_step"] == "review", row["code"]
            assert not row["medical_necessity"] and not row.get("signal"), row["code"]


# ---------------------------------------------------------------- what the codes decide


def test_money_that_is_no_denial():
    for code in words("1 2 3 23 24 45 66 94 100 101 104 105 144 187 237 246 253 281"):
        assert CARC_OF[code]["family"] == "not_a_denial", code
    # 133 is money not decided yet; 293 and 294 went to somebody else: there is something to watch, but no denial
    chased = problems(CARC, lambda row: row["family"] == "not_a_denial" and row["next_step"] != "none")
    assert chased == ["133", "293", "294"]
    assert problems(CARC, lambda row: row["next_step"] == "none" and row["family"] != "not_a_denial") == []


def test_codes_that_are_denials_whatever_they_look_like():
    for code in words("11 16 18 22 29 31 50 96 97 109 197 204 226 252 A1 B7"):
        assert CARC_OF[code]["family"] != "not_a_denial" and CARC_OF[code]["next_step"] != "none", code


def test_medical_necessity_of_reason_codes():
    tagged = {tag: {r["code"] for r in CARC if r["medical_necessity"] == tag} for tag in MEDICAL_NECESSITY}
    assert {"50", "55", "56", "11", "167", "150", "152", "153", "154", "272"} <= tagged["core"]
    assert {"151", "273", "119", "149", "222"} <= tagged["frequency"]
    assert tagged["by_remark"] == {"96", "A1"}
    assert {"9", "10", "12", "39", "40", "49", "54", "58", "114", "146", "186", "197", "198", "210"} <= tagged["near"]
    # what these look like is not what they are
    assert CARC_OF["54"]["family"] == "coding_and_bundling"
    assert not CARC_OF["204"]["medical_necessity"] and not CARC_OF["59"]["medical_necessity"]
    assert {"M25", "M26", "N115", "N386", "N569", "N623", "N661"} == {
        row["code"] for row in RARC if row["medical_necessity"] == "core"
    }


def test_a_medical_necessity_family_always_has_its_tag():
    assert problems(CARC + RARC, lambda r: r["family"] == "medical_necessity" and not r["medical_necessity"]) == []


def test_m1_keeps_its_official_meaning():
    m1 = RARC_OF["M1"]
    assert "X-ray" in m1["wording"] and m1["family"] == "documentation" and not m1["medical_necessity"]
    entry = GUIDANCE["RARC M1"]
    assert "client label" in entry["quick_explanation"]
    assert not any("necessity" in line.lower() for line in entry["ask_payer"])


def test_reason_codes_that_need_a_remark_or_a_group():
    needs = {row["code"] for row in CARC if row["requires_remark"]}
    assert {"16", "96", "129", "148", "226", "227", "234", "237", "250", "251", "252", "267", "307", "A1"} <= needs
    groups = {row["code"]: row["group_codes_allowed"] for row in CARC if row["group_codes_allowed"]}
    assert (groups["18"], groups["23"], groups["85"], groups["249"]) == ("OA", "OA", "PR", "CO")
    assert set(groups["45"].split()) == {"CO", "PR"}


def test_earlier_payment_codes_ask_for_a_frequency_check_not_for_reprocessing():
    for code in words("18 119 151 B13"):
        assert CARC_OF[code]["next_step"] == "frequency_check", code
    assert problems(RARC, lambda r: r["signal"] == "prior_payment_cause" and r["next_step"] == "reprocess_request") == []


def test_alerts_never_carry_a_denial_step():
    alerts = [row for row in RARC if row["is_alert"]]
    assert len(alerts) == 193
    assert problems(alerts, lambda row: row["next_step"] not in {"none", "review", "bill_patient"}) == []
    assert problems(alerts, lambda row: row["family"] not in {"informational", "liability_shifted", "unmapped"}) == []
    assert problems(alerts, lambda row: row["medical_necessity"] != "") == []


def test_signals():
    expected = {
        "no_appeal": "MA44 N211",
        "new_claim_no_appeal": "MA130 N517 N704",
        "prior_payment_cause": "M86 N640 N362 N435 N357",
        "liability_patient": "M38",
        "liability_provider": "M27 M39",
        "appeal_rights": "MA01 MA02 N1 N210",
    }
    for signal, codes in expected.items():
        for code in codes.split():
            assert RARC_OF[code]["signal"] == signal, code
    assert problems(RARC, lambda row: row["signal"] == "policy_local") == ["N115"]
    assert problems(RARC, lambda row: row["signal"] == "policy_national") == ["N386"]


def test_what_stops_an_appeal_says_so_twice():
    stopping = {"no_appeal", "new_claim_no_appeal"}
    assert problems(RARC, lambda row: (row["signal"] in stopping) != (row["stops_appeal"] == "Y")) == []
    assert problems(RARC, lambda row: row["stops_appeal"] == "Y" and row["next_step"] == "appeal") == []


# ---------------------------------------------------------------- guidance


def test_guidance_covers_medical_necessity_and_the_frequent_codes():
    wanted = {f"{kind} {row['code']}" for kind, row in BOTH if row["medical_necessity"]}
    wanted |= {f"CARC {code}" for code in words("4 16 18 22 29 31 97 109 197 204 227 252")}
    wanted |= {f"RARC {code}" for code in words("M1 MA130 N211 MA44 M38")}
    assert wanted - set(GUIDANCE) == set()


@pytest.mark.parametrize("key", sorted(GUIDANCE))
def test_guidance_entry_is_whole(key):
    kind, code = key.split()
    assert code in {"CARC": CARC_OF, "RARC": RARC_OF}[kind]
    entry = GUIDANCE[key]
    assert set(entry) <= {"quick_explanation", "use", *GUIDANCE_LISTS}
    assert len(entry["quick_explanation"].split()) >= 5
    for name in GUIDANCE_LISTS:
        lines = entry.get(name, []) + [line for theme in entry["use"] for line in SHARED[theme].get(name, [])]
        assert lines and all(isinstance(line, str) and line.strip() for line in lines), name
        assert len(lines) == len(set(lines)), f"{name} says something twice"


def test_the_themes_of_a_family_are_there():
    assert set(OF_FAMILY) <= FAMILIES
    assert {theme for use in OF_FAMILY.values() for theme in use} <= set(SHARED)


def test_no_theme_is_unused():
    assert set(SHARED) == {theme for entry in GUIDANCE.values() for theme in entry["use"]}


# ---------------------------------------------------------------- the small lists


@pytest.mark.parametrize(
    ("name", "columns", "codes"),
    [
        ("group_code.csv", "code wording who_bears in_5010 note", "CO CR OA PI PR"),
        ("claim_status.csv", "code wording effect is_crossover in_5010 note", "1 2 3 4 19 20 21 22 23 25"),
        (
            "filing_indicator.csv",
            "code wording payer_family medicare_part in_5010 note",
            "11 12 13 14 15 16 17 AM BL CH CI DS FI HM LM MA MB MC OF TV VA WC ZZ",
        ),
        (
            "provider_adjustment_code.csv",
            "code wording usual_sign positive_means negative_means links_to_claim is_takeback",
            "50 51 72 90 AH AM AP B2 B3 BD BN C5 CR CS CT CV CW DM E3 FB FC GO HM IP IR IS J1 L3 L6 LE LS OA OB PI PL "
            "RA RE SL TL WO WU",
        ),
        ("claim_frequency.csv", "code wording is_replacement is_void note", "0 1 2 3 4 5 6 7 8 9"),
    ],
)
def test_small_lists_hold_their_codes(name, columns, codes):
    rows = read(name)
    present = [row["code"] for row in rows]
    assert header(name) == columns.split()
    assert len(present) == len(set(present))
    assert set(codes.split()) <= set(present)
    assert problems(rows, lambda row: not row["wording"] or len(row["wording"]) > 120) == []


def test_small_lists_hold_allowed_values_only():
    effects = words("pay_or_deny secondary tertiary not_recognized reversal forwarded_only predetermination pending")
    families = words(
        "medicare_ffs medicare_advantage medicaid commercial bcbs tricare va workers_compensation auto liability "
        "dental federal_other other unknown"
    )
    assert problems(read("claim_status.csv"), lambda row: row["effect"] not in effects) == []
    assert problems(read("claim_status.csv"), lambda row: row["is_crossover"] == "Y") == ["19", "20", "21", "23"]
    assert problems(read("filing_indicator.csv"), lambda row: row["payer_family"] not in families) == []
    parts = {row["code"]: row["medicare_part"] for row in read("filing_indicator.csv") if row["medicare_part"]}
    assert parts == {"MA": "A", "MB": "B"}
    for row in read("provider_adjustment_code.csv"):
        assert row["usual_sign"] in {"plus", "minus", "either"} and row["positive_means"] and row["negative_means"]
    frequency = {row["code"]: (row["is_replacement"], row["is_void"]) for row in read("claim_frequency.csv")}
    assert (frequency["1"], frequency["7"], frequency["8"]) == (("", ""), ("Y", ""), ("", "Y"))


def test_remarks_sit_where_the_835_has_them():
    places = {(r["segment"], int(r["element"])) for r in read("remark_position.csv") if r["code_list"] == "RARC"}
    assert places == {("LQ", 2)} | {("MIA", n) for n in (5, 20, 21, 22, 23)} | {("MOA", n) for n in range(3, 8)}
