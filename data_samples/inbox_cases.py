"""The cases of the sample inbox: what was billed, what each payer decided, and what the worklist must say of it.

A case is data. Its expectation is declared here by hand, from the meaning of the codes, and never computed by the pipeline.
The patient control number of the denied claim is the case's name; claims that only prepare it end in H (history).

Adjustments are written as text: "CO-45:40 PR-2:20" is CAS*CO*45*40 and CAS*PR*2*20 (a third part is the quantity).
Diagnoses are written without dots, the principal first. `make_inbox` writes the files.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal

from data_samples.x12_writer import Address, Payer, Provider, npi

AS_OF = date(2026, 11, 20)

# --------------------------------------------------------------------------------------------------------------------
# Payers and providers: all invented. Telephone numbers are of the range kept for fiction; tax numbers begin with 00.
# --------------------------------------------------------------------------------------------------------------------
MERIDIAN = Payer("MERIDIAN MUTUAL HEALTH", "MMH01", "001000001", "8005550101", "8005550111", filing_indicator="12")
NORTHGATE = Payer(
    "NORTHGATE MEDICARE PART B", "NGB02", "001000002", "8005550102", "8005550112", "WWW.EXAMPLE.ORG/POLICY", filing_indicator="MB"
)
CROSSFIELD = Payer("CROSSFIELD HEALTH PLAN", "CFH03", "001000003", "8005550103", "8005550113", filing_indicator="13")
MEDICAID = Payer("SAMPLE STATE MEDICAID", "SSM04", "001000004", "8005550104", filing_indicator="MC")
SILVERLINE = Payer("SILVERLINE ADVANTAGE", "SLA05", "001000005", "8005550105", "8005550115", filing_indicator="16")
PAYERS = (MERIDIAN, NORTHGATE, CROSSFIELD, MEDICAID, SILVERLINE)

LAKESIDE = Provider("LAKESIDE INTERNAL MEDICINE", npi(11), "000000011")
HARBOR = Provider(
    "HARBOR IMAGING CENTER", npi(12), "000000012", "2085R0202X", Address("9 HARBOR WAY", "TOLEDO", "OH", "436040000")
)
RIVERBEND = Provider(
    "RIVERBEND HOSPITAL", npi(13), "000000013", "282N00000X", Address("1 RIVER BEND", "AKRON", "OH", "443080000")
)

# The payment date of each payer's remittance of this night.
TONIGHT = {
    MERIDIAN: date(2026, 11, 19),
    NORTHGATE: date(2026, 11, 18),
    CROSSFIELD: date(2026, 11, 17),
    MEDICAID: date(2026, 11, 19),
    SILVERLINE: date(2026, 11, 18),
}

VISIT_DATE = date(2026, 10, 20)


@dataclass(frozen=True)
class Service:
    """One line as billed and as decided. `bundled_into`: the payer decided on another code (SVC01) than was billed (SVC06)."""

    code: str
    charge: str
    adjustments: str = ""
    modifiers: str = ""
    remarks: str = ""
    pointers: tuple[int, ...] = (1,)
    policy: str = ""
    units: int = 1
    revenue_code: str = ""
    bundled_into: str = ""


@dataclass(frozen=True)
class Visit:
    """One claim, billed in an 837 and decided once in an 835. `decided_on` None: tonight, by the payer's calendar."""

    number: str
    services: tuple[Service, ...] = ()
    diagnoses: str = "M5450"
    service_date: date = VISIT_DATE
    decided_on: date | None = None
    payer: Payer | None = None
    provider: Provider = LAKESIDE
    place: str = "11"
    status: str = "1"
    is_billed: bool = True
    claim_type: str = "P"
    claim_charge: str = ""
    claim_adjustments: str = ""
    claim_remarks: str = ""
    member_id: str = ""
    corrected_member_id: str = ""
    is_dependent: bool = False
    interest: str = ""
    reverses: bool = False
    file: str = ""


@dataclass(frozen=True)
class Item:
    """What the worklist must say. `denied`: sum of the denial adjustments; `flags`: those that must be among the row's."""

    next_step: str
    family: str
    denied: str
    diagnoses: str = ""
    basis: str = "official"
    tier: str = "none"
    procedure: str = ""
    policy: str = ""
    flags: str = ""
    diagnosis_basis: str = "pointer"


@dataclass(frozen=True)
class Case:
    """A branch of the rules with its own patient. `item` None: no worklist row for any claim of the case."""

    name: str
    shows: str
    payer: Payer
    visits: tuple[Visit, ...]
    item: Item | None = None
    plb: tuple[tuple[str, str, str], ...] = field(default=())

    @property
    def denied_visit(self) -> Visit:
        """The visit that carries the case's name, as it was last decided."""
        return [visit for visit in self.visits if visit.number == self.name][-1]


def adjustments_of(text: str) -> list[tuple[str, str, Decimal, Decimal | None]]:
    """ "CO-45:40 PR-2:20:1" as (group, reason, amount, quantity) tuples."""
    parsed = []
    for triplet in text.split():
        code, amount, *quantity = triplet.split(":")
        group_code, reason_code = code.split("-")
        parsed.append((group_code, reason_code, Decimal(amount), Decimal(quantity[0]) if quantity else None))
    return parsed


# --------------------------------------------------------------------------------------------------------------------
# Paid before, or not: medical necessity
# --------------------------------------------------------------------------------------------------------------------
def _paid_before(name: str, service: Service, diagnoses: str = "M1711", **changes) -> Visit:
    """A visit of a year earlier that was paid."""
    settings = {"service_date": date(2025, 11, 4), "decided_on": date(2025, 11, 20)} | changes
    return Visit(f"{name}H", (service,), diagnoses, **settings)


PAID_INJECTION = Service("20610", "260", "CO-45:80 PR-2:36", modifiers="RT")
DENIED_INJECTION = Service("20610", "260", "CO-50:260", modifiers="RT")
MEDICAL_NECESSITY = "medical_necessity"


def precedent_cases() -> list[Case]:
    yes = Item("reprocess_request", MEDICAL_NECESSITY, "260", "M1711", tier="A", procedure="20610")
    no = Item("coding_review", MEDICAL_NECESSITY, "260", "M1711", procedure="20610")
    visit_and_injection = (Service("99213", "150", "CO-45:50 PR-3:25", modifiers="25"), DENIED_INJECTION)
    return [
        Case(
            "PRECEDENT-A-01",
            "CO-50; the same payer paid the same member, code, modifiers, place and primary diagnosis a year ago",
            MERIDIAN,
            (_paid_before("PRECEDENT-A-01", PAID_INJECTION), Visit("PRECEDENT-A-01", visit_and_injection, "M1711")),
            yes,
        ),
        Case(
            "PRECEDENT-A-02",
            "as A-01, the patient is a dependent of the subscriber and was paid three times before",
            CROSSFIELD,
            (
                _paid_before("PRECEDENT-A-02", PAID_INJECTION, is_dependent=True),
                Visit("PRECEDENT-A-02H2", (PAID_INJECTION,), "M1711", date(2026, 3, 3), date(2026, 3, 20), is_dependent=True),
                Visit("PRECEDENT-A-02H3", (PAID_INJECTION,), "M1711", date(2026, 6, 2), date(2026, 6, 19), is_dependent=True),
                Visit("PRECEDENT-A-02", (DENIED_INJECTION,), "M1711", is_dependent=True),
            ),
            yes,
        ),
        Case(
            "PRECEDENT-A-03",
            "as A-01, the claim went out under a wrong member number that the payer corrected (NM1*74)",
            SILVERLINE,
            (
                _paid_before("PRECEDENT-A-03", PAID_INJECTION, member_id="SLA77700031"),
                Visit("PRECEDENT-A-03", (DENIED_INJECTION,), "M1711", member_id="SLA77700013", corrected_member_id="SLA77700031"),
            ),
            yes,
        ),
        Case(
            "PRECEDENT-B-01",
            "CO-50; the denied line's primary diagnosis was the second one that the paid line points to",
            MERIDIAN,
            (
                _paid_before("PRECEDENT-B-01", replace(PAID_INJECTION, pointers=(1, 2)), "M25561 M1711"),
                Visit("PRECEDENT-B-01", (DENIED_INJECTION,), "M1711"),
            ),
            Item("reprocess_request", MEDICAL_NECESSITY, "260", "M1711", tier="B", procedure="20610"),
        ),
        Case(
            "PRECEDENT-B-02",
            "CO-50; the paid line had one more modifier that is informational only (GC)",
            NORTHGATE,
            (
                _paid_before("PRECEDENT-B-02", replace(PAID_INJECTION, modifiers="RT GC")),
                Visit("PRECEDENT-B-02", (DENIED_INJECTION,), "M1711"),
            ),
            Item("reprocess_request", MEDICAL_NECESSITY, "260", "M1711", tier="B", procedure="20610"),
        ),
        Case(
            "PRECEDENT-NONE-01",
            "CO-50 for a patient without any history",
            MERIDIAN,
            (Visit("PRECEDENT-NONE-01", (Service("97110", "180", "CO-50:180", units=3),), "M5450 M6281"),),
            Item("coding_review", MEDICAL_NECESSITY, "180", "M5450", procedure="97110"),
        ),
        Case(
            "PRECEDENT-NONE-02",
            "CO-50; paid before with another diagnosis only",
            CROSSFIELD,
            (
                _paid_before("PRECEDENT-NONE-02", PAID_INJECTION, "S83511A"),
                Visit("PRECEDENT-NONE-02", (DENIED_INJECTION,), "M1711"),
            ),
            no,
        ),
        Case(
            "PRECEDENT-C-01",
            "CO-50; only another payer paid it before: no ground to ask this one to reprocess",
            SILVERLINE,
            (
                _paid_before("PRECEDENT-C-01", PAID_INJECTION, payer=MERIDIAN, member_id="900400501"),
                Visit("PRECEDENT-C-01", (DENIED_INJECTION,), "M1711", member_id="900400501"),
            ),
            Item("coding_review", MEDICAL_NECESSITY, "260", "M1711", tier="C", procedure="20610"),
        ),
        Case(
            "PRECEDENT-D-01",
            "CO-50; paid before with a diagnosis of the same category only (the other knee): a note, no candidate",
            MERIDIAN,
            (
                _paid_before("PRECEDENT-D-01", PAID_INJECTION, "M1712"),
                Visit("PRECEDENT-D-01", (DENIED_INJECTION,), "M1711"),
            ),
            Item("coding_review", MEDICAL_NECESSITY, "260", "M1711", tier="D", procedure="20610"),
        ),
        Case(
            "PRECEDENT-REVERSED",
            "CO-50; the earlier payment was reversed, and the correction left it to the deductible: no precedent",
            MERIDIAN,
            (
                _paid_before("PRECEDENT-REVERSED", PAID_INJECTION),
                _paid_before("PRECEDENT-REVERSED", PAID_INJECTION, decided_on=date(2026, 2, 12), reverses=True, is_billed=False),
                _paid_before(
                    "PRECEDENT-REVERSED",
                    replace(PAID_INJECTION, adjustments="CO-45:80 PR-1:180"),
                    decided_on=date(2026, 2, 12),
                    is_billed=False,
                ),
                Visit("PRECEDENT-REVERSED", (DENIED_INJECTION,), "M1711"),
            ),
            no,
        ),
        Case(
            "PRECEDENT-LATER",
            "CO-50; the paid service came after the denied one: no precedent",
            CROSSFIELD,
            (
                _paid_before("PRECEDENT-LATER", PAID_INJECTION, service_date=date(2026, 10, 27), decided_on=date(2026, 11, 9)),
                Visit("PRECEDENT-LATER", (DENIED_INJECTION,), "M1711"),
            ),
            no,
        ),
        Case(
            "PRECEDENT-TOO-OLD",
            "CO-50; paid before, but longer ago than the lookback of 24 months",
            MEDICAID,
            (
                _paid_before("PRECEDENT-TOO-OLD", PAID_INJECTION, service_date=date(2024, 9, 3), decided_on=date(2024, 11, 26)),
                Visit("PRECEDENT-TOO-OLD", (DENIED_INJECTION,), "M1711"),
            ),
            no,
        ),
        Case(
            "DX-MISMATCH",
            "CO-11: the diagnosis does not fit the procedure",
            MERIDIAN,
            (Visit("DX-MISMATCH", (Service("93000", "85", "CO-11:85"),), "M5450"),),
            Item("coding_review", MEDICAL_NECESSITY, "85", "M5450", procedure="93000"),
        ),
        Case(
            "LCD-NORTHGATE",
            "CO-50 with N115 and the local coverage policy in REF*0K",
            NORTHGATE,
            (Visit("LCD-NORTHGATE", (Service("82306", "120", "CO-50:120", remarks="N115", policy="L33771"),), "R5383"),),
            Item("coding_review", MEDICAL_NECESSITY, "120", "R5383", procedure="82306", policy="L33771"),
        ),
        Case(
            "LCD-SILVERLINE",
            "CO-96 with N386 and a national coverage policy in REF*0K: the remark makes it medical necessity",
            SILVERLINE,
            (Visit("LCD-SILVERLINE", (Service("G0277", "410", "CO-96:410", remarks="N386", policy="20.29"),), "E11621"),),
            Item("coding_review", MEDICAL_NECESSITY, "410", "E11621", procedure="G0277", policy="20.29"),
        ),
        Case(
            "LCD-CROSSFIELD",
            "CO-50 with the plan's own policy in REF*0K",
            CROSSFIELD,
            (Visit("LCD-CROSSFIELD", (Service("95810", "1150", "CO-50:1150", policy="CFH-SLEEP-7"),), "G4733"),),
            Item("coding_review", MEDICAL_NECESSITY, "1150", "G4733", procedure="95810", policy="CFH-SLEEP-7"),
        ),
    ]


# --------------------------------------------------------------------------------------------------------------------
# M1: the client reads it as medical necessity, officially it is a missing X-ray
# --------------------------------------------------------------------------------------------------------------------
M1_FLAG = "M1_OFFICIAL_MEANING_DIFFERS"


def m1_cases() -> list[Case]:
    return [
        Case(
            "M1-WITH-50",
            "M1 beside CO-50: official rule and client label agree",
            MERIDIAN,
            (Visit("M1-WITH-50", (Service("97140", "95", "CO-50:95", remarks="M1"),), "M5412"),),
            Item("coding_review", MEDICAL_NECESSITY, "95", "M5412", basis="both", procedure="97140"),
        ),
        Case(
            "M1-WITH-16",
            "M1 beside CO-16: only the client label says medical necessity",
            CROSSFIELD,
            (Visit("M1-WITH-16", (Service("97140", "95", "CO-16:95", remarks="M1"),), "M5412"),),
            Item("coding_review", MEDICAL_NECESSITY, "95", "M5412", basis="client_label", procedure="97140", flags=M1_FLAG),
        ),
        Case(
            "M1-WITH-96",
            "M1 beside CO-96, and the same payer paid the same thing before",
            MERIDIAN,
            (
                _paid_before("M1-WITH-96", Service("97140", "95", "CO-45:35"), "M5412"),
                Visit("M1-WITH-96", (Service("97140", "95", "CO-96:95", remarks="M1"),), "M5412"),
            ),
            Item("reprocess_request", MEDICAL_NECESSITY, "95", "M5412", "client_label", "A", "97140", flags=M1_FLAG),
        ),
        Case(
            "M1-RADIOLOGY",
            "M1 beside CO-16 on a radiology line: an X-ray may be what is really missing",
            MERIDIAN,
            (Visit("M1-RADIOLOGY", (Service("72148", "980", "CO-16:980", remarks="M1"),), "M5416", provider=HARBOR),),
            Item(
                "coding_review",
                MEDICAL_NECESSITY,
                "980",
                "M5416",
                basis="client_label",
                procedure="72148",
                flags=f"{M1_FLAG} CHECK_XRAY",
            ),
        ),
    ]


# --------------------------------------------------------------------------------------------------------------------
# One case for every other next step
# --------------------------------------------------------------------------------------------------------------------
def _simple(name: str, shows: str, payer: Payer, service: Service, next_step: str, family: str, denied: str, **more) -> Case:
    """One visit of one line for back pain."""
    item = Item(next_step, family, denied, "M5450", procedure=service.code, **more)
    return Case(name, shows, payer, (Visit(name, (service,)),), item)


def routing_cases() -> list[Case]:
    paid_therapy = Service("97110", "180", "CO-45:60 PR-2:24", units=3)
    return [
        _simple("RECORDS-M127", "CO-16 with M127: the chart was not sent", NORTHGATE,
                Service("99215", "310", "CO-16:310", remarks="M127"), "send_records", "documentation", "310"),
        _simple("RECORDS-252", "CARC 252 with N706: a document is needed", MERIDIAN,
                Service("64483", "890", "CO-252:890", remarks="N706"), "send_records", "documentation", "890"),
        _simple("AUTH-197", "CO-197: no authorisation on file", SILVERLINE,
                Service("62323", "1240", "CO-197:1240"), "authorization_appeal", "authorization", "1240"),
        _simple("DATA-M76", "CO-16 with M76: the diagnosis is missing or wrong on the claim", CROSSFIELD,
                Service("99213", "150", "CO-16:150", remarks="M76"), "corrected_claim", "missing_or_invalid_data", "150"),
        _simple("NEW-CLAIM-MA130", "CO-16 with MA130: unprocessable, a new claim and no appeal", NORTHGATE,
                Service("99214", "220", "CO-16:220", remarks="MA130"), "new_claim", "missing_or_invalid_data", "220",
                flags="NO_APPEAL_RIGHTS"),
        _simple("NO-APPEAL-N211", "CO-50 with N211: this decision cannot be appealed", NORTHGATE,
                Service("A9270", "45", "CO-50:45", remarks="N211"), "review", MEDICAL_NECESSITY, "45", flags="NO_APPEAL_RIGHTS"),
        _simple("TIMELY-29", "CO-29: filed too late", MERIDIAN,
                Service("99213", "150", "CO-29:150"), "review", "timely_filing", "150"),
        _simple("ELIGIBILITY-27", "PR-27: service after coverage ended", MEDICAID,
                Service("99213", "150", "PR-27:150"), "eligibility_fix", "eligibility", "150"),
        Case("ELIGIBILITY-31", "CO-31, claim status 4: the patient is not known as a member", MEDICAID,
             (Visit("ELIGIBILITY-31", (Service("99213", "150", "CO-31:150"),), status="4"),),
             Item("eligibility_fix", "eligibility", "150", "M5450", procedure="99213")),
        _simple("COB-22", "CO-22: another payer comes first", MEDICAID,
                Service("99214", "220", "CO-22:220"), "cob_fix", "coordination_of_benefits", "220"),
        _simple("ABN-PR50", "PR-50 with M38 and modifier GA: the patient signed to pay", NORTHGATE,
                Service("97140", "95", "PR-50:95", modifiers="GA", remarks="M38"), "bill_patient", MEDICAL_NECESSITY, "95",
                flags="PATIENT_TOLD_BEFORE ABN_ON_FILE"),
        Case("DUPLICATE-OA18", "OA-18; the original was paid three weeks before", MERIDIAN,
             (_paid_before("DUPLICATE-OA18", paid_therapy, "M5450", service_date=VISIT_DATE, decided_on=date(2026, 10, 29)),
              Visit("DUPLICATE-OA18", (Service("97110", "180", "OA-18:180", units=3),))),
             Item("frequency_check", "duplicate", "180", "M5450", procedure="97110")),
        Case("DUPLICATE-CO18", "CO-18 (the group should be OA); the original is not in these files", MEDICAID,
             (Visit("DUPLICATE-CO18", (Service("97110", "180", "CO-18:180", units=3),)),),
             Item("frequency_check", "duplicate", "180", "M5450", procedure="97110")),
        Case("FREQUENCY-119", "CO-119; an earlier payment used the benefit up, so it is no argument", CROSSFIELD,
             (_paid_before("FREQUENCY-119", paid_therapy, "M5450", service_date=date(2026, 8, 4), decided_on=date(2026, 8, 21)),
              Visit("FREQUENCY-119", (Service("97110", "180", "CO-119:180", units=3),))),
             Item("frequency_check", "frequency", "180", "M5450", tier="A", procedure="97110")),
        Case("FREQUENCY-151", "CO-151; an earlier payment can be the cause, so it is no argument", NORTHGATE,
             (_paid_before("FREQUENCY-151", paid_therapy, "M5450", service_date=date(2026, 8, 4), decided_on=date(2026, 8, 21)),
              Visit("FREQUENCY-151", (Service("97110", "180", "CO-151:180", units=3),))),
             Item("frequency_check", MEDICAL_NECESSITY, "180", "M5450", tier="A", procedure="97110")),
        Case("BUNDLED-97", "CO-97; the payer decided on another code than was billed (SVC06)", MERIDIAN,
             (Visit("BUNDLED-97", (Service("82947", "40", "CO-97:40", bundled_into="80053"),), "E119"),),
             Item("coding_review", "coding_and_bundling", "40", "E119", procedure="82947")),
        _simple("UNKNOWN-ZZ9", "an adjustment reason that no list knows", CROSSFIELD,
                Service("99213", "150", "CO-ZZ9:150"), "review", "unmapped", "150"),
        _simple("SMALL-BALANCE", "CO-50 of four dollars", MERIDIAN,
                Service("36415", "4.12", "CO-50:4.12"), "coding_review", MEDICAL_NECESSITY, "4.12"),
        Case("DEADLINE-PASSED", "CO-50 decided 21 months ago: every limit has passed", MERIDIAN,
             (Visit("DEADLINE-PASSED", (Service("97110", "180", "CO-50:180", units=3),),
                    service_date=date(2025, 1, 14), decided_on=date(2025, 2, 11)),),
             Item("write_off_candidate", MEDICAL_NECESSITY, "180", "M5450", procedure="97110")),
        Case("DEADLINE-SOON", "CO-50 decided seven weeks ago: the cautious limit of 60 days is near", CROSSFIELD,
             (Visit("DEADLINE-SOON", (Service("97110", "180", "CO-50:180", units=3),),
                    service_date=date(2026, 9, 8), decided_on=date(2026, 10, 2)),),
             Item("coding_review", MEDICAL_NECESSITY, "180", "M5450", procedure="97110")),
        Case("PARTIAL-50", "a paid line of which one unit is denied: CO-45 and CO-50 on the same line", MERIDIAN,
             (Visit("PARTIAL-50", (Service("97110", "300", "CO-45:60 CO-50:100:1", units=3),)),),
             Item("coding_review", MEDICAL_NECESSITY, "100", "M5450", procedure="97110")),
        Case("CLAIM-LEVEL-50", "an inpatient claim denied as a whole: CAS at claim level, no SVC", SILVERLINE,
             (Visit("CLAIM-LEVEL-50",
                    (Service("", "9400", revenue_code="0120", units=4), Service("", "3100", revenue_code="0250")), "J189 I509",
                    provider=RIVERBEND, place="11", claim_type="I", claim_charge="12500", claim_adjustments="CO-50:12500",
                    claim_remarks="N115"),),
             Item("coding_review", MEDICAL_NECESSITY, "12500", "J189 I509", diagnosis_basis="claim")),
        Case("NO-837", "CO-50 for a claim that no 837 shows: the diagnosis is unknown", MERIDIAN,
             (Visit("NO-837", (Service("97110", "180", "CO-50:180", units=3),), is_billed=False),),
             Item("coding_review", MEDICAL_NECESSITY, "180", "unknown", procedure="97110", diagnosis_basis="unknown")),
    ]  # fmt: skip


# --------------------------------------------------------------------------------------------------------------------
# No work
# --------------------------------------------------------------------------------------------------------------------
def no_work_cases() -> list[Case]:
    def visit(name: str, adjustments: str, **more) -> tuple[Visit, ...]:
        return (Visit(name, (Service("99214", "220", adjustments),), **more),)

    paid = Service("99214", "220", "CO-45:80 PR-2:28")
    return [
        Case("PATIENT-SHARE", "PR-1, PR-2 and PR-3 only: nothing paid, nothing denied", MERIDIAN,
             visit("PATIENT-SHARE", "PR-1:150 PR-2:45 PR-3:25")),
        Case("CONTRACT-45", "CO-45 only, for the whole charge", CROSSFIELD, visit("CONTRACT-45", "CO-45:220")),
        Case("SEQUESTRATION-253", "CO-253 beside CO-45 and PR-2", NORTHGATE,
             visit("SEQUESTRATION-253", "CO-45:80 PR-2:28 CO-253:2.24")),
        Case("SECONDARY-23", "secondary payer, status 2: OA-23 is what the first one did", MEDICAID,
             visit("SECONDARY-23", "OA-23:220", status="2")),
        Case("PREDETERMINATION-25", "status 25: an estimate (OA-101), no decision on a claim", CROSSFIELD,
             visit("PREDETERMINATION-25", "CO-45:80 OA-101:140", status="25")),
        Case("CAPITATION-24", "CO-24: paid per member, not per claim", SILVERLINE, visit("CAPITATION-24", "CO-24:220")),
        Case("INTEREST", "paid late: AMT*I and PLB L6", CROSSFIELD, visit("INTEREST", "CO-45:80 PR-2:28", interest="3.18"),
             plb=(("L6", "-3.18", "INTEREST"),)),
        Case("FORWARDED-BALANCE", "a reversal left less than nothing to pay: PLB FB moves it on; tonight FB and WO take it back",
             NORTHGATE,
             (Visit("FORWARDED-BALANCEH", (paid,), service_date=date(2026, 5, 5), decided_on=date(2026, 5, 20)),
              Visit("FORWARDED-BALANCEH", (paid,), service_date=date(2026, 5, 5), decided_on=date(2026, 10, 21),
                    reverses=True, is_billed=False),
              Visit("FORWARDED-BALANCEH", (Service("99214", "220", "CO-45:80 PR-1:140"),), service_date=date(2026, 5, 5),
                    decided_on=date(2026, 10, 21), is_billed=False),
              *visit("FORWARDED-BALANCE", "CO-45:80 PR-2:28")),
             plb=(("WO", "20", "FORWARDED-BALANCE"),)),
    ]  # fmt: skip


# --------------------------------------------------------------------------------------------------------------------
# Money restated
# --------------------------------------------------------------------------------------------------------------------
def restated_cases() -> list[Case]:
    def first_paid(name: str) -> Visit:
        return Visit(name, (PAID_INJECTION,), "M1711", date(2026, 7, 7), date(2026, 7, 24))

    def restated(name: str, service: Service, **more) -> Visit:
        return Visit(name, (service,), "M1711", date(2026, 7, 7), is_billed=False, **more)

    more_paid = Service("20610", "260", "CO-45:60 PR-2:36", modifiers="RT")
    return [
        Case(
            "REVERSAL-PAID",
            "paid in July; tonight reversed (22) and paid again with another amount",
            MERIDIAN,
            (
                first_paid("REVERSAL-PAID"),
                restated("REVERSAL-PAID", PAID_INJECTION, reverses=True),
                restated("REVERSAL-PAID", more_paid),
            ),
        ),
        Case(
            "REVERSAL-DENIED",
            "paid in July; tonight reversed and denied: one item, and the reversed payment is no precedent",
            SILVERLINE,
            (
                first_paid("REVERSAL-DENIED"),
                restated("REVERSAL-DENIED", PAID_INJECTION, reverses=True),
                restated("REVERSAL-DENIED", DENIED_INJECTION),
            ),
            Item("coding_review", MEDICAL_NECESSITY, "260", "M1711", procedure="20610"),
        ),
        Case(
            "DENIAL-REVERSED",
            "denied in July; tonight the denial is reversed and the claim paid: no item",
            CROSSFIELD,
            (
                Visit("DENIAL-REVERSED", (DENIED_INJECTION,), "M1711", date(2026, 7, 7), date(2026, 7, 24)),
                restated("DENIAL-REVERSED", DENIED_INJECTION, reverses=True),
                restated("DENIAL-REVERSED", PAID_INJECTION),
            ),
        ),
        Case(
            "SENT-TWICE",
            "the remittance came twice, the second time under a new envelope: it counts once",
            MERIDIAN,
            (Visit("SENT-TWICE", (Service("97110", "180", "CO-50:180", units=3),), file="sent_twice"),),
            Item("coding_review", MEDICAL_NECESSITY, "180", "M5450", procedure="97110"),
        ),
        Case(
            "OUT-OF-BALANCE",
            "the file does not add up on purpose: a line by 5.00, the payment by 10.00; a finding, not a denial",
            MERIDIAN,
            (Visit("OUT-OF-BALANCE", (Service("99214", "220", "CO-45:80 PR-2:28"),), file="out_of_balance"),),
        ),
        Case(
            "PAID-LESS",
            "paid, but 150.00 allowed where the payer allowed 180.00 before: an underpayment to ask about, no denial",
            MERIDIAN,
            (Visit("PAID-LESS", (Service("20610", "260", "CO-45:110 PR-2:30", modifiers="RT"),), "M1711"),),
        ),
    ]


def all_cases() -> list[Case]:
    return [*precedent_cases(), *m1_cases(), *routing_cases(), *no_work_cases(), *restated_cases()]
