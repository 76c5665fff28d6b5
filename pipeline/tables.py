"""The contract: every column once, every table once.

From here come the Arrow schemas, the DuckDB and Spark DDL, the type check of the SQL models and the data dictionary.
A column has one type, one unit and one meaning wherever it stands; a table says its grain, its key and, per column,
the place in the standard that it was read from (loop and segment), or the rule that makes it.

Types: `text` free words, `code` a value of a code list or an identifier that repeats (dictionary-encoded), `money` USD as
decimal(18,2), `number` any other decimal as decimal(18,4), `date` a calendar day, `timestamp` UTC, `count` and `index`
whole numbers, `flag` true or false.
"""

from __future__ import annotations

import csv
import hashlib
from dataclasses import dataclass, field
from functools import cache, cached_property
from pathlib import Path

import pyarrow as pa

TYPES: dict[str, tuple[pa.DataType, str, str]] = {
    # our type: (Arrow, DuckDB, Spark)
    "text": (pa.string(), "VARCHAR", "STRING"),
    "code": (pa.string(), "VARCHAR", "STRING"),
    "money": (pa.decimal128(18, 2), "DECIMAL(18,2)", "DECIMAL(18,2)"),
    "number": (pa.decimal128(18, 4), "DECIMAL(18,4)", "DECIMAL(18,4)"),
    "date": (pa.date32(), "DATE", "DATE"),
    "timestamp": (pa.timestamp("us", tz="UTC"), "TIMESTAMP WITH TIME ZONE", "TIMESTAMP"),
    "count": (pa.int64(), "BIGINT", "BIGINT"),
    "index": (pa.int64(), "BIGINT", "BIGINT"),
    "flag": (pa.bool_(), "BOOLEAN", "BOOLEAN"),
}


# What a value looks like where the sample night has none of the column.
TYPE_EXAMPLES = {
    "text": "words", "code": "A1", "money": "120.00", "number": "1.0000", "date": "2026-11-19",
    "timestamp": "2026-11-20 02:15:00+00:00", "count": "3", "index": "12", "flag": "true",
}  # fmt: skip


@dataclass(frozen=True)
class Column:
    """One column: its type (a key of TYPES), its meaning in one sentence, its unit where it has one, and whether it is
    protected health information (`phi`), which never goes to a log."""

    name: str
    type: str
    meaning: str
    unit: str = ""
    phi: bool = False

    @property
    def arrow_type(self) -> pa.DataType:
        return TYPES[self.type][0]

    @property
    def phi_class(self) -> str:
        """What becomes of its values where they are shared without PHI: a key of PHI_CLASSES; empty where nobody said so yet."""
        return _CLASS_OF.get(self.name) or ("none" if self.type in MEASURES else "")

    @property
    def example(self) -> str:
        """A value of the synthetic sample night, as column_examples.csv has it, else one that shows the form."""
        return _examples().get(self.name, TYPE_EXAMPLES[self.type])


@dataclass(frozen=True)
class Table:
    """One table: where it lives (`facts`, `marts`, `mapping`, or `steps`: made on the way to marts and not kept), its grain in
    words, its key, and for each column its source. `follows` says what its rows follow from, where that is less than all facts:
    FILE is the file that they came with, and the mappings; CLAIM is the events of their claim, the status of its remittances, what was submitted under its control number, what was logged
    of its items, and the mappings; PATIENT is the claims that share a patient with theirs, by member id at a payer or by name, and
    what was submitted for them; NIGHT is what one night said: it stays, and a run adds its own."""

    name: str
    kind: str
    grain: str
    key: tuple[str, ...]
    sources: dict[str, str] = field(hash=False)
    sort: tuple[str, ...] = ()
    follows: str = ""

    @property
    def claim_column(self) -> str:
        """Of a table that follows from claims or patients: the column that names, with file_id, the claim payment of a row."""
        return "claim_segment_index" if "claim_segment_index" in self.sources else "segment_index"

    @property
    def columns(self) -> list[Column]:
        return [COLUMNS[name] for name in self.sources]

    @property
    def column_names(self) -> list[str]:
        return list(self.sources)

    @property
    def schema(self) -> pa.Schema:
        return schema_of(self.name)

    @cached_property
    def fingerprint(self) -> str:
        """Twelve hexadecimal digits of the columns and their types: another one is another version of the table."""
        columns = "\n".join(f"{column.name} {TYPES[column.type][1]}" for column in self.columns)
        return hashlib.sha256(columns.encode()).hexdigest()[:12]

    def ddl(self, engine: str = "duckdb") -> str:
        """CREATE TABLE for `duckdb` or `spark`."""
        position = {"duckdb": 1, "spark": 2}[engine]
        body = ",\n  ".join(f"{column.name} {TYPES[column.type][position]}" for column in self.columns)
        return f"CREATE TABLE {self.name} (\n  {body}\n)"


FILE, CLAIM, PATIENT, NIGHT = "file", "claim", "patient", "night"
# Small tables of all remittances: what follows from claims may read them.
OF_REMITTANCES = ("remittance_head", "remittance_status")
# What was submitted: what follows from claims may read it by the control number of the claim, zeros before it left out.
OF_NUMBER = ("submitted_claim", "submitted_line", "submitted_name")
# What earlier nights said of a line or claim: what follows from claims may read it by file and segment. It counts for what does
# not stand any more, so that what a night adds of a claim changes nothing until the claim itself changes.
OF_NIGHTS = ("known_denial",)
# What billers logged: what follows from claims may read it by the items that item_denial has of them.
OF_ITEMS = ("work_log",)
# Small tables of all claims and extracts, made whole every night: what follows from patients may read them. Where a row of them is
# another one than before, its patient is touched.
OF_PATIENTS = ("member_alias", "wanted_patient", "paid_history_line", "provider_adjustment_detail")
COLUMNS: dict[str, Column] = {}
TABLES: dict[str, Table] = {}


@cache
def _examples() -> dict[str, str]:
    with Path(__file__).with_name("column_examples.csv").open(encoding="utf-8", newline="") as stream:
        return {row["column"]: row["example"] for row in csv.DictReader(stream)}


@cache
def schema_of(table_name: str) -> pa.Schema:
    """Arrow schema of a table; each field carries its meaning, source, unit and example as metadata, so a Parquet file explains itself."""
    table = TABLES[table_name]
    return pa.schema(
        [
            pa.field(
                column.name,
                column.arrow_type,
                nullable=column.name not in table.key,
                metadata={"meaning": column.meaning, "source": table.sources[column.name], "unit": column.unit, "example": column.example},
            )
            for column in table.columns
        ],
        metadata={"table": table.name, "grain": table.grain, "key": " ".join(table.key), "fingerprint": table.fingerprint},
    )


def tables_of(kind: str) -> list[Table]:
    """The tables of one kind, in the order in which they are written."""
    return [table for table in TABLES.values() if table.kind == kind]


def _column(type_: str, unit: str = "", phi: bool = False, /, **meanings: str) -> None:
    for name, meaning in meanings.items():
        if name in COLUMNS:
            raise ValueError(f"column {name} is defined twice in tables.py")
        COLUMNS[name] = Column(name, type_, meaning, unit, phi)


def _table(name: str, kind: str, grain: str, key: str, columns: str, sort: str = "", follows: str = "") -> None:
    """`columns`: one column a line, its name, then its source."""
    sources = {}
    for line in columns.strip().splitlines():
        column_name, _, source = line.strip().partition(" ")
        if column_name not in COLUMNS:
            raise ValueError(f"table {name}: column {column_name} is not defined in tables.py")
        if column_name in sources:
            raise ValueError(f"table {name}: column {column_name} stands twice")
        sources[column_name] = source.strip()
    TABLES[name] = Table(name, kind, grain, tuple(key.split()), sources, tuple(sort.split()), follows)


# --------------------------------------------------------------------------------------------------------------------
# What becomes of each column where tables are shared without protected health information. Money, counts and flags stay unless
# they are named here; every other column must be named.
# --------------------------------------------------------------------------------------------------------------------
MEASURES = ("money", "number", "count", "index", "flag")
PHI_CLASSES = {
    "none": "stays: codes, money, counts, payers; it names nobody",
    "short": "a code of at most three characters: stays; what is longer is none and left out, because a name or number of a torn segment may stand there",
    "number": "names a person, a claim, a document or a worker, or is a hash of such: replaced by a keyed hash",
    "text": "names of people and providers, addresses, phones, free words, sentences made of facts: left out",
    "zip": "its first three digits, or 000 where fewer than 20,000 people live behind them",
    "date": "moved by the days of its patient, so that intervals stay",
    "birth_date": "moved as a date; left out from the age of 90 on",
    "run": "counts from the day of the run: left out, because beside a date it would tell by how much that was moved",
}
_CLASS_OF: dict[str, str] = {}


def _class(phi_class: str, names: str) -> None:
    for name in names.split():
        if name in _CLASS_OF or phi_class not in PHI_CLASSES:
            raise ValueError(f"column {name} has two classes, or one that PHI_CLASSES does not know")
        _CLASS_OF[name] = phi_class


_class(
    "number",
    """
    file_id price_key sha256 interchange_sender_id interchange_receiver_id interchange_control_number application_sender_id
    application_receiver_id group_control_number transaction_set_control_number body_hash payer_bank_number
    payer_account_number originating_company_supplement payee_bank_number payee_account_number trace_number trace_supplement
    receiver_reference payee_id payee_npi payee_tax_number payee_number patient_control_number payer_claim_control_number
    patient_id insured_id corrected_insured_id other_subscriber_id member_id medical_record_number original_claim_number
    attending_provider_id referring_provider_id service_facility_id attachment_control_number predetermination_number
    prior_authorization_number social_security_number other_claim_number repriced_claim_number insurance_policy_number
    employee_number member_number rendering_provider_id crossover_carrier_id group_number authorization_number
    line_control_number service_rendering_provider_id provider_id reference_id billing_provider_npi
    billing_provider_tax_number subscriber_group_number referral_number subscriber_id batch_reference
    clearinghouse_claim_number item_id worked_by call_reference work_log_id owner claim_number_from_call claim_key
    restates_file_id duplicate_of_file_id control_number_root original_file_id other_file_id client submitted_file_id
    precedent_file_id precedent_claim_key precedent_trace_number member_key patient_key alias_key corrected_key insured_key
    patient_id_key named_member_key uncorrected_member_key payer_claim_key control_number control_key person_key precedent_claim_number
    last_worked_by
    """,
)
_class(
    "text",
    """
    file_name quarantine_reason payer_phone payer_phone_extension payer_fax payer_technical_phone payer_address
    payer_address_2 payer_city payer_contact_name payer_email payer_technical_name payer_technical_email payer_technical_url
    payer_policy_url payee_name payee_address payee_address_2 payee_city remittance_delivery_name remittance_delivery_address
    payer_technical_extension payer_technical_fax rendering_provider_middle_name rendering_provider_name_suffix
    other_subscriber_middle_name other_subscriber_name_suffix subscriber_middle_name subscriber_group_name
    attending_provider_last_name attending_provider_first_name referring_provider_last_name referring_provider_first_name
    service_facility_name patient_address patient_city
    patient_last_name patient_first_name patient_middle_name patient_name_suffix insured_last_name insured_first_name
    insured_middle_name insured_name_suffix corrected_last_name corrected_first_name corrected_middle_name
    corrected_name_suffix other_subscriber_last_name other_subscriber_first_name claim_contact_phone claim_contact_extension
    claim_contact_fax rendering_provider_last_name rendering_provider_first_name crossover_carrier_name corrected_payer_name
    claim_contact_name claim_contact_email procedure_description submitted_procedure_description value description raw_text
    subscriber_last_name subscriber_first_name subscriber_address subscriber_city billing_provider_address
    billing_provider_city billing_provider_name submitted_payer_name denial_reason_from_call appeal_address appeal_fax note
    patient_name source first_name_key last_name_key person_name_key counter_evidence deadline_basis next_step_reason
    last_note change_reason contact_source
    """,
)
_class(
    "zip",
    """
    payer_postal_code payee_postal_code billing_provider_postal_code subscriber_postal_code patient_postal_code
    """,
)
_class(
    "birth_date",
    """
    patient_birth_date subscriber_birth_date
    """,
)
_class(
    "date",
    """
    interchange_date group_date payment_date production_date statement_from_date statement_to_date coverage_end_date
    claim_received_date service_date service_end_date fiscal_period_date value_date value_end_date transaction_date
    admission_date onset_date accident_date prior_payer_date action_date denial_date_from_call denial_date ledger_date first_takeback_date last_takeback_date
    used_date settled_date first_seen_date last_seen_date submission_date history_from_date previous_denial_service_date precedent_service_date
    precedent_paid_date last_action_date first_appeal_date status_since anchor_date deadline work_by_date decided_date event_date state_since
    follow_up_date outcome_date first_deadline month_date last_paid_date
    """,
)
_class(
    "run",
    """
    received_at as_of_date urgency urgency_tier urgency_weight deadline_state appeal_state corrected_claim_state
    reopening_state new_claim_state days_left works_past_limit is_worked_past_limit priority_amount night_date
    first_night_date period_to_date received_date
    """,
)
_class(
    "short",
    """
    interchange_sender_qualifier interchange_receiver_qualifier rendering_provider_type_code usage_indicator
    functional_identifier_code transaction_set_code transaction_handling_code credit_debit_code payment_method_code
    payment_format_code payer_bank_qualifier payer_account_qualifier payee_bank_qualifier payee_account_qualifier
    trace_type_code currency_entity_code currency_code payer_plan_id_qualifier payer_state payer_country payee_id_qualifier
    payee_state payee_country remittance_delivery_code claim_status_code filing_indicator_code facility_type_code
    claim_frequency_code patient_status_code drg_code payment_typology_code patient_id_qualifier insured_id_qualifier
    corrected_id_qualifier rendering_provider_id_qualifier crossover_carrier_id_qualifier corrected_payer_id_qualifier
    other_subscriber_id_qualifier procedure_qualifier modifier_1 modifier_2 modifier_3 modifier_4
    submitted_procedure_qualifier submitted_modifier_1 submitted_modifier_2 submitted_modifier_3 submitted_modifier_4
    group_code code_list_qualifier provider_adjustment_code segment_id qualifier value_format subscriber_id_qualifier
    provider_signature_code assignment_code benefits_assignment_code release_of_information_code billing_provider_state
    subscriber_state payer_responsibility_code relationship_code submitted_payer_id_qualifier patient_gender_code
    place_of_service_code facility_code_qualifier diagnosis_qualifier admission_type_code admission_source_code
    related_cause_code accident_state special_program_code delay_reason_code attachment_type_code attachment_transmission_code
    insurance_type_code patient_state tooth_number drug_units_qualifier present_on_admission_code units_qualifier
    transaction_purpose_code transaction_type_code
    """,
)
_class(
    "none",
    """
    kind file_status quarantine_code interchange_time interchange_version group_time version_code delimiters
    originating_company_id payer_tax_number payer_system_version payer_id payer_plan_id payer_number payer_submitter_number
    payer_industry_number payer_naic_number payer_name header_number corrected_payer_id contract_class procedure_code
    revenue_code submitted_procedure_code policy_id reason_code remark_source remark_code kept_because finding_code category
    severity message expected actual claim_type transaction_time billing_provider_taxonomy submitted_payer_id diagnosis_code
    principal_diagnosis_code diagnosis_codes tooth_surface_codes prior_payer_id diagnosis_code_set diagnosis_pointers
    diagnosis_basis drug_code action coding_outcome corrected_diagnosis item_status client_continues payer_key payer_family
    event_type link_method exclusion_reason denial_date_basis billed_procedure_code modifiers reason_codes remark_codes family
    family_basis medical_necessity rule_id guard flags code fixable_by group_codes_allowed replaced_by next_step signal effect
    medicare_part who_bears usual_sign code_type set_by flag service_kind first_code last_code dimension condition_value
    modifier identifier name_key family_of_label medical_necessity_of_label start_date last_modified_date stop_date wording
    label positive_means negative_means claim_effect pattern_id code_list official_family official_medical_necessity outcome
    service_remark_basis amount_meaning problem method match_level confidence precedent_tier worklist_tier strength
    strength_when_old strength_after_denial deadline_action window_unit deadline_anchor verified item_state next_item_state
    awaited_step met_deadline_action item_outcome event event_source item_states prior_id past_limit_id families
    medical_necessity_levels guards frequency_signal precedent_class payer_families medicare_parts group_codes code_next_step
    diagnosis_known deadline_states rule_source reason effective_from effective_to holiday_date working_date holiday_name
    sorted_modifiers material_modifiers claim_match_method line_match_method match_method match_confidence unmatched_reason
    primary_diagnosis_code precedent_differences precedent_strength precedent_modifiers precedent_policy_id last_action
    denial_basis settlement continue_basis worked_steps anchor_source deadline_rule_id situation_key next_step_rule_id
    expected_allowed_basis status success_rate_basis item_place change measure measure_unit definition_basis computable
    reduction_codes numerator denominator limits
    """,
)

# --------------------------------------------------------------------------------------------------------------------
# Columns of the facts
# --------------------------------------------------------------------------------------------------------------------
_column(
    "code",
    file_id="first 16 hexadecimal digits of the SHA-256 of the file's bytes",
    sha256="SHA-256 of the file's bytes",
    kind="what the file holds: 835, 837, 835+837, extract, 999, 277CA, TA1, other, none; several kinds without an 835 or 837 as 277CA+999",
    file_status="accepted, ignored (known X12, but neither 835 nor 837) or quarantined",
    quarantine_code="why the file is in quarantine, as a code",
)
_column("text", file_name="name of the file in the inbox", quarantine_reason="why the file is in quarantine, and what to do, in words")
_column("timestamp", received_at="when the file arrived: its modification time")
_column(
    "count",
    byte_count="size of the file",
    interchange_count="ISA segments",
    transaction_count="ST segments",
    segment_count="segments, counted apart from the reading of them",
    typed_segment_count="segments whose every element stands in a typed column",
    kept_segment_count="segments kept as text in other_segment",
    claim_count="CLP (835) or CLM (837) segments",
    line_count="SVC (835) or SV1, SV2, SV3 (837) segments",
    counted_segments="segments from ST to SE, both counted",
    stated_segments="segments from ST to SE as the trailer states them",
)
_column(
    "index",
    segment_index="ordinal of the segment in its file, from 0 (people are told numbers from 1): with file_id it names the segment a row was read from",
    transaction_segment_index="segment_index of the ST that the row belongs to",
    remittance_segment_index="segment_index of the ST of the remittance that the row belongs to",
    claim_segment_index="segment_index of the CLP or CLM that the row belongs to",
    line_segment_index="segment_index of the SVC, SV1, SV2 or SV3 that the row belongs to; empty at claim level",
    interchange_number="ordinal of the interchange in its file, from 1",
    triplet_number="ordinal of the reason, amount, quantity triplet in its CAS, from 1",
    pair_number="ordinal of the reason, amount pair in its PLB, from 1",
    remark_position="element position (MIA, MOA) or ordinal in the line (LQ) of the remark code",
    line_number="ordinal of the line in its claim, from 1",
    diagnosis_position="ordinal of the diagnosis in its claim, from 1: the number that diagnosis pointers name",
    element_position="element of the segment that the finding is about",
)

# envelope
_column(
    "code",
    interchange_sender_qualifier="kind of sender identifier",
    interchange_receiver_qualifier="kind of receiver identifier",
    interchange_time="time of the interchange, HHMM",
    interchange_version="version of the interchange control, as 00501",
    group_time="time of the functional group, HHMM",
    rendering_provider_type_code="1 the rendering provider is a person, 2 an organisation",
    interchange_sender_id="who sent the interchange",
    interchange_receiver_id="who receives the interchange",
    interchange_control_number="control number of the interchange",
    usage_indicator="P production, T test",
    functional_identifier_code="kind of functional group: HP remittance, HC claims",
    application_sender_id="application that sent the group",
    application_receiver_id="application that receives the group",
    group_control_number="control number of the functional group",
    version_code="implementation guide version, as 005010X221A1",
    transaction_set_code="835, 837, 999, ...",
    transaction_set_control_number="control number of the transaction set",
    delimiters="element, component and repetition separators and segment terminator, as four hexadecimal bytes",
    body_hash="SHA-256 of the transaction's segments without its ST and SE: the same remittance sent again has the same one",
)
_column("date", interchange_date="date of the interchange", group_date="date of the functional group")
_column("flag", is_complete="the trailer of the transaction was there: nothing was cut off")

# 835 header
_column(
    "code",
    transaction_handling_code="how the payment is handled: C, D, H, I, P, U, X",
    credit_debit_code="C credit or D debit",
    payment_method_code="ACH, BOP, CHK, FWT or NON",
    payment_format_code="CCP or CTX",
    payer_bank_qualifier="kind of payer bank number",
    payer_bank_number="bank the payment comes from",
    payer_account_qualifier="kind of payer account",
    payer_account_number="account the payment comes from",
    originating_company_id="payer's identifier at its bank",
    originating_company_supplement="payer's supplemental code at its bank",
    payee_bank_qualifier="kind of payee bank number",
    payee_bank_number="bank the payment goes to",
    payee_account_qualifier="kind of payee account",
    payee_account_number="account the payment goes to",
    trace_type_code="kind of trace",
    trace_number="check or EFT trace number",
    payer_tax_number="payer identifier of the trace: 1 and the payer's tax number",
    trace_supplement="originator's supplemental code of the trace",
    currency_entity_code="whose currency",
    currency_code="currency of the payment where it is not US dollars",
    receiver_reference="receiver identification",
    payer_system_version="version of the payer's adjudication system",
    payer_id="payer identifier: the payer's own number (REF*2U), else the plan identifier (N104), else the trace's payer identifier",
    payer_plan_id_qualifier="kind of plan identifier",
    payer_plan_id="plan identifier",
    payer_number="payer's own identification number",
    payer_submitter_number="submitter number at the payer",
    payer_industry_number="health industry number",
    payer_naic_number="NAIC number",
    payer_state="payer's state",
    payer_postal_code="payer's postal code",
    payer_country="payer's country",
    payer_phone="payer's claims telephone",
    payer_phone_extension="extension of payer_phone",
    payer_fax="payer's claims fax",
    payer_technical_phone="payer's technical telephone",
    payee_id_qualifier="kind of payee identifier: XX NPI, FI tax number, XV plan",
    payee_id="payee identifier",
    payee_npi="payee's NPI, where the payee identifier is one",
    payee_tax_number="payee's tax number",
    payee_number="payer's number for the payee",
    payee_state="payee's state",
    payee_postal_code="payee's postal code",
    payee_country="payee's country",
    remittance_delivery_code="how the remittance is delivered",
)
_column(
    "text",
    payer_name="payer's name",
    payer_address="payer's street address",
    payer_address_2="second line of the payer's street address",
    payer_city="payer's city",
    payer_contact_name="payer's claims contact",
    payer_email="payer's claims e-mail",
    payer_technical_name="payer's technical contact",
    payer_technical_email="payer's technical e-mail",
    payer_technical_url="payer's technical web address",
    payer_policy_url="where the payer's policies stand",
    payee_name="payee's name",
    payee_address="payee's street address",
    payee_address_2="second line of the payee's street address",
    payee_city="payee's city",
    remittance_delivery_name="name for the delivery of the remittance",
    remittance_delivery_address="address for the delivery of the remittance",
)
_column("money", "USD", payment_amount="total paid by the remittance")
_column("date", payment_date="check issue or EFT effective date", production_date="end of the payer's production cycle")

# 835 claim
_column(
    "code",
    "",
    True,
    patient_control_number="provider's number for the claim, as the payer returned it (CLP01 = CLM01 of the claim)",
    payer_claim_control_number="payer's number for the claim",
    patient_id="patient's identifier as the payer states it",
    insured_id="subscriber's identifier as the payer states it",
    corrected_insured_id="identifier that the payer corrected the submitted one to",
    other_subscriber_id="other subscriber's identifier",
    member_id="member identifier: the corrected one, else the subscriber's, else the patient's",
    medical_record_number="medical record number",
    original_claim_number="payer's number of the claim that this one restates or replaces",
    prior_authorization_number="prior authorisation number",
    social_security_number="social security number",
    other_claim_number="other claim related number",
    repriced_claim_number="repriced claim reference number",
    insurance_policy_number="insurance policy number",
    employee_number="employee identification number",
    member_number="member identification number",
)
_column(
    "text",
    "",
    True,
    patient_last_name="patient's last name",
    patient_first_name="patient's first name",
    patient_middle_name="patient's middle name",
    patient_name_suffix="patient's name suffix",
    insured_last_name="subscriber's last name or organisation",
    insured_first_name="subscriber's first name",
    insured_middle_name="subscriber's middle name",
    insured_name_suffix="subscriber's name suffix",
    corrected_last_name="last name that the payer corrected the submitted one to",
    corrected_first_name="first name that the payer corrected the submitted one to",
    corrected_middle_name="middle name that the payer corrected the submitted one to",
    corrected_name_suffix="suffix that the payer corrected the submitted one to",
    other_subscriber_last_name="other subscriber's last name or organisation",
    other_subscriber_first_name="other subscriber's first name",
)
_column(
    "code",
    header_number="number of the 2000 loop (LX) that the claim stands in",
    claim_status_code="how the payer processed the claim: 1 primary, 2 secondary, 4 not recognised, 22 reversal, ...",
    filing_indicator_code="kind of plan: MB Medicare Part B, MC Medicaid, 12 PPO, ...",
    facility_type_code="place of service (professional) or type of bill without its last digit (institutional)",
    claim_frequency_code="1 original, 7 replacement, 8 void, ...",
    patient_status_code="patient status at discharge",
    drg_code="diagnosis related group",
    payment_typology_code="payment typology",
    patient_id_qualifier="kind of patient identifier",
    insured_id_qualifier="kind of subscriber identifier",
    corrected_id_qualifier="kind of corrected identifier",
    rendering_provider_id_qualifier="kind of rendering provider identifier",
    rendering_provider_id="rendering provider's identifier, mostly the NPI",
    crossover_carrier_id_qualifier="kind of crossover carrier identifier",
    crossover_carrier_id="identifier of the carrier that the claim was forwarded to",
    corrected_payer_id_qualifier="kind of corrected priority payer identifier",
    corrected_payer_id="identifier of the payer that should pay first",
    other_subscriber_id_qualifier="kind of other subscriber identifier",
    group_number="plan's group or policy number",
    contract_class="class of contract",
    authorization_number="authorisation number",
    claim_contact_phone="payer's telephone for this claim",
    claim_contact_extension="extension of claim_contact_phone",
    claim_contact_fax="payer's fax for this claim",
)
_column(
    "text",
    rendering_provider_last_name="rendering provider's last name or organisation",
    rendering_provider_first_name="rendering provider's first name",
    crossover_carrier_name="carrier that the claim was forwarded to",
    corrected_payer_name="payer that should pay first",
    claim_contact_name="payer's contact for this claim",
    claim_contact_email="payer's e-mail for this claim",
)
_column(
    "money",
    "USD",
    charge_amount="what the provider billed",
    paid_amount="what the payer paid",
    patient_responsibility_amount="what the payer says the patient owes",
    coverage_amount="amount covered",
    discount_amount="prompt-pay discount",
    patient_paid_amount="what the patient paid",
    interest_amount="interest that the payer owes",
    negative_ledger_amount="negative ledger balance",
    tax_amount="tax",
)
_column("number", drg_weight="DRG weight", discharge_fraction="discharge fraction")
_column("code", payer_technical_extension="extension of payer_technical_phone", payer_technical_fax="payer's technical fax")
_column(
    "text",
    rendering_provider_middle_name="rendering provider's middle name",
    rendering_provider_name_suffix="rendering provider's name suffix",
)
_column(
    "text",
    "",
    True,
    other_subscriber_middle_name="other subscriber's middle name",
    other_subscriber_name_suffix="other subscriber's name suffix",
)
_column("code", "", True, predetermination_number="number of the payer's estimate before treatment")
_column("money", "USD", per_diem_amount="amount paid by the day", before_tax_amount="claim or line before taxes")
_column(
    "number",
    covered_quantity="covered days or units",
    coinsured_quantity="days with coinsurance",
    noncovered_quantity="days or units that are not covered, as estimated",
)
_column(
    "date",
    statement_from_date="first day of the claim",
    statement_to_date="last day of the claim",
    coverage_end_date="day on which coverage ended",
    claim_received_date="day on which the payer received the claim",
)

# 835 line
_column(
    "code",
    procedure_qualifier="code list of the procedure: HC HCPCS/CPT, NU revenue code, N4 NDC, AD dental, ...",
    procedure_code="procedure",
    modifier_1="first procedure modifier",
    modifier_2="second procedure modifier",
    modifier_3="third procedure modifier",
    modifier_4="fourth procedure modifier",
    revenue_code="National Uniform Billing Committee revenue code",
    submitted_procedure_qualifier="code list of the procedure as submitted, where the payer decided on another one",
    submitted_procedure_code="procedure as submitted, where the payer decided on another one (bundled, recoded)",
    submitted_modifier_1="first modifier as submitted",
    submitted_modifier_2="second modifier as submitted",
    submitted_modifier_3="third modifier as submitted",
    submitted_modifier_4="fourth modifier as submitted",
    line_control_number="provider's number for the line (REF*6R), which the payer returns",
    policy_id="healthcare policy that the decision rests on: an LCD or NCD number at Medicare",
    service_rendering_provider_id="rendering provider of the line",
)
_column("text", procedure_description="procedure description", submitted_procedure_description="procedure description as submitted")
_column("money", "USD", allowed_amount="allowed amount as the payer states it", late_filing_reduction_amount="late filing reduction")
_column("number", paid_units="units paid; 1 where the payer gave none", submitted_units="units billed, where the payer states them")
_column("date", service_date="service date, or the first day of its range", service_end_date="last day of the service's range")

# adjustments, remarks, provider adjustments
_column(
    "code",
    group_code="who bears the adjustment: CO, PR, OA, PI (4010: CR)",
    reason_code="claim adjustment reason code (CARC)",
    remark_source="segment that carried the remark: LQ, MIA or MOA",
    code_list_qualifier="HE remittance advice remark code, RX NCPDP reject code",
    remark_code="remittance advice remark code (RARC)",
    provider_id="provider that the adjustment is made for",
    provider_adjustment_code="PLB reason: WO overpayment recovery, FB forwarding balance, L6 interest, ...",
)
_column("code", "", True, reference_id="what the adjustment refers to: often a claim or account number")
_column("money", "USD", adjustment_amount="amount taken off the charge (CAS), or off the payment (PLB: positive reduces it)")
_column("number", adjustment_quantity="units adjusted")
_column("date", fiscal_period_date="end of the provider's fiscal period")

# long tables: values by qualifier, inpatient and outpatient adjudication
_column(
    "code",
    segment_id="segment identifier, as CLP",
    qualifier="what the value is, as a code: REF01, DTM01, AMT01, QTY01",
    kept_because="why the segment is kept as text: no_column, more_elements, repeated, not_in_place, not_a_value; refused: a row of an extract",
)
_column("text", "", True, value="value as it stands in the segment", description="description that goes with the value", raw_text="the segment as it stands in the file, without line breaks and the blanks that pad its elements")

# 2000 TS3 and TS2: totals of a provider; 2100 MIA and MOA: how an inpatient or outpatient claim was priced
_column(
    "count",
    provider_claim_count="claims of the provider and period",
    periodic_interim_payment_claim_count="claims paid by periodic interim payment",
    outlier_day_count="outlier days",
    discharge_count="discharges",
    cost_report_day_count="days of the cost report",
    covered_day_count="covered days",
    noncovered_day_count="days not covered",
    lifetime_psychiatric_day_count="lifetime psychiatric days used",
)
_column(
    "money",
    "USD",
    medicare_secondary_payer_amount="paid by the payer before Medicare",
    non_laboratory_charge_amount="charges that are not laboratory",
    reportable_charge_amount="charges reportable by HCPCS code",
    payable_charge_amount="charges payable by HCPCS code",
    professional_component_amount="professional component",
    secondary_payer_patient_liability_amount="patient liability met where another payer is first",
    patient_reimbursement_amount="paid back to the patient",
    periodic_interim_payment_adjustment_amount="adjustment of periodic interim payments",
    drg_amount="DRG amount",
    federal_specific_amount="federal specific amount",
    hospital_specific_amount="hospital specific amount",
    disproportionate_share_amount="disproportionate share amount",
    capital_amount="capital amount",
    indirect_medical_education_amount="indirect medical education amount",
    day_outlier_amount="day outlier amount",
    cost_outlier_amount="cost outlier amount",
    secondary_payer_pass_through_amount="pass-through where another payer is first",
    capital_federal_specific_amount="prospective capital, federal specific DRG amount",
    capital_hospital_specific_amount="prospective capital, hospital specific DRG amount",
    capital_disproportionate_share_amount="prospective capital, disproportionate share DRG amount",
    operating_outlier_amount="prospective operating outlier amount",
    prospective_capital_amount="prospective capital amount",
    old_capital_amount="old capital amount",
    capital_indirect_medical_education_amount="prospective capital, indirect medical education amount",
    operating_hospital_specific_amount="prospective operating, hospital specific DRG amount",
    operating_federal_specific_amount="prospective operating, federal specific DRG amount",
    capital_outlier_amount="prospective capital outlier amount",
    indirect_teaching_amount="indirect teaching amount",
    nonpayable_professional_amount="professional component billed but not payable",
    capital_exception_amount="capital exception amount",
    hcpcs_payable_amount="amount payable by HCPCS code",
    end_stage_renal_disease_amount="end-stage renal disease payment",
)
_column(
    "number",
    average_stay_days="average length of stay in days",
    average_drg_weight="average DRG weight",
    reimbursement_rate="reimbursement rate as a fraction",
    value_number="value as a number: dollars (AMT), units (QTY)",
)
_column("date", value_date="value as a day (DTM, DTP)", value_end_date="last day of a range (DTP RD8)")
_column("code", value_format="how the value of a DTP is written: D8, RD8, DT")

# findings
_column(
    "code",
    finding_code="what is wrong, as a code",
    category="envelope, structure, balance, value, code or guide",
    severity="error, warning or information",
)
_column(
    "text",
    message="what is wrong and what to do, without protected health information",
    expected="what should stand there",
    actual="what stands there: its class or a number, never protected health information",
)
_column("money", "USD", difference_amount="difference of a balance: what is stated less what is computed")

# 837
_column(
    "code",
    claim_type="P professional, I institutional, D dental",
    transaction_time="time at which the transaction was made, HHMM or longer",
    subscriber_id_qualifier="kind of subscriber identifier",
    provider_signature_code="Y the provider's signature is on file",
    assignment_code="A the provider accepts assignment, B only for laboratory services, C not",
    benefits_assignment_code="Y the patient assigned the benefits to the provider",
    release_of_information_code="Y or I: release of information",
    billing_provider_state="billing provider's state",
    billing_provider_postal_code="billing provider's postal code",
    subscriber_state="subscriber's state",
    billing_provider_npi="billing provider's NPI",
    billing_provider_tax_number="billing provider's tax number",
    billing_provider_taxonomy="billing provider's taxonomy code",
    payer_responsibility_code="P primary, S secondary, T tertiary, ...",
    relationship_code="18 patient is the subscriber; others: relation to the subscriber",
    subscriber_group_number="subscriber's group or policy number",
    submitted_payer_id="payer identifier on the claim",
    submitted_payer_id_qualifier="kind of payer identifier on the claim",
    patient_gender_code="F, M or U",
    place_of_service_code="place of service",
    facility_code_qualifier="B place of service, A type of bill",
    referral_number="referral number",
    diagnosis_qualifier="code list and role of the diagnosis: ABK/BK principal, ABF/BF other, ABJ admitting, ...",
    diagnosis_code="diagnosis without its dot, upper case",
    principal_diagnosis_code="principal diagnosis without its dot",
    diagnosis_codes="diagnoses without dots, the primary first, joined by a space",
    diagnosis_code_set="ICD-10 or ICD-9",
    present_on_admission_code="Y, N, U, W or 1",
    diagnosis_pointers="diagnosis positions that the line points to, in order, joined by a space",
    diagnosis_basis="pointer: the line points to them; claim: the claim's, because the line has no pointers; unknown",
    units_qualifier="UN units, MJ minutes, DA days",
    drug_code="NDC of the drug",
    transaction_purpose_code="00 original, 18 reissue",
    transaction_type_code="CH chargeable, RP encounter, 31 subrogation",
)
_column(
    "code",
    "",
    True,
    subscriber_id="subscriber's member identifier",
    batch_reference="submitter's number for the transaction",
    clearinghouse_claim_number="clearinghouse's number for the claim",
)
_column(
    "text",
    "",
    True,
    subscriber_last_name="subscriber's last name or organisation",
    subscriber_first_name="subscriber's first name",
)
_column(
    "text",
    "",
    True,
    subscriber_address="subscriber's street address",
    subscriber_city="subscriber's city",
)
_column("code", "", True, subscriber_postal_code="subscriber's postal code")
_column("text", billing_provider_address="billing provider's street address", billing_provider_city="billing provider's city")
_column("text", billing_provider_name="billing provider's last name or organisation", submitted_payer_name="payer's name on the claim")
_column("date", transaction_date="day on which the transaction was made", admission_date="day of admission", onset_date="onset of the illness")
COLUMNS["patient_birth_date"] = Column("patient_birth_date", "date", "patient's date of birth", phi=True)
COLUMNS["subscriber_birth_date"] = Column("subscriber_birth_date", "date", "subscriber's date of birth", phi=True)
_column(
    "code",
    admission_type_code="type of admission: 1 emergency, 2 urgent, 3 elective, ... (institutional)",
    admission_source_code="where the patient came from (institutional)",
    related_cause_code="what the condition is due to: AA auto accident, EM employment, OA other accident",
    accident_state="state of the auto accident",
    special_program_code="special program that the claim belongs to",
    delay_reason_code="why the claim was sent late: a code that payers ask for before they waive the filing limit",
    attachment_type_code="kind of paperwork sent along, as OZ support data; of the first one",
    attachment_transmission_code="how the paperwork is sent: BM mail, EL electronically, FX fax; of the first one",
    insurance_type_code="type of insurance where Medicare is secondary",
    tooth_number="tooth, in the universal numbering; of the first one",
    tooth_surface_codes="surfaces of the tooth, as they stand",
    drug_units_qualifier="unit of drug_quantity: UN, ML, GR, F2, ME",
    prior_payer_id="payer that has decided the line before: the first one that the line names",
    attending_provider_id="attending provider's identifier, mostly the NPI (institutional)",
    referring_provider_id="referring provider's identifier, mostly the NPI",
    service_facility_id="identifier of the place of service, mostly the NPI",
    patient_state="patient's state",
)
_column("code", "", True, attachment_control_number="number by which the payer finds the paperwork", patient_postal_code="patient's postal code")
_column(
    "text",
    "",
    True,
    subscriber_middle_name="subscriber's middle name",
    patient_address="patient's street address",
    patient_city="patient's city",
)
_column(
    "text",
    subscriber_group_name="subscriber's group or plan",
    attending_provider_last_name="attending provider's last name (institutional)",
    attending_provider_first_name="attending provider's first name (institutional)",
    referring_provider_last_name="referring provider's last name",
    referring_provider_first_name="referring provider's first name",
    service_facility_name="place where the service was done, if it is not the billing provider's",
)
_column("date", accident_date="day of the accident", prior_payer_date="day on which the payer before decided the line")
_column(
    "money",
    "USD",
    noncovered_charge_amount="part of the line's charge that is not covered (institutional)",
    prior_payer_paid_amount="what the payer before paid for the line",
)
_column("number", line_units="units billed", drug_quantity="amount of the drug")

# work log
_column(
    "code",
    "",
    False,
    item_id="worklist item: the same on every night",
    action="what was done",
    worked_by="who did it",
    call_reference="reference number of the call",
    coding_outcome="what coding decided: corrected, confirmed",
    corrected_diagnosis="diagnosis that coding decided on",
    item_status="open, waiting or closed",
    work_log_id="hash of the entry: the same entry logged again is the same one",
    owner="who works the item",
    client_continues="Y where the client says to go on after the limit, N where not; empty where it says nothing",
)
_column("index", entry_number="ordinal of the entry in the whole work log: of one day's entries the later one counts")
_column("code", "", True, claim_number_from_call="payer's claim number, learnt on the call")
_column(
    "text",
    "",
    True,
    denial_reason_from_call="denial reason, learnt on the call",
    appeal_address="where appeals go, learnt on the call",
    appeal_fax="fax for appeals, learnt on the call",
    note="free note",
)
_column("date", action_date="day of the action", denial_date_from_call="denial date, learnt on the call")
_column(
    "count",
    turnaround_days="days until the payer answers",
    appeal_limit_days="days within which to appeal",
    corrected_claim_limit_days="days within which to send a corrected claim",
)

# --------------------------------------------------------------------------------------------------------------------
# Facts: immutable, as read
# --------------------------------------------------------------------------------------------------------------------
_table(
    "source_file", "facts", "one file of the inbox, taken once by its bytes", "file_id",
    """
    file_id
    sha256
    file_name
    byte_count
    kind
    file_status
    quarantine_code
    quarantine_reason
    received_at
    interchange_count           ISA
    transaction_count           ST
    segment_count
    typed_segment_count
    kept_segment_count
    claim_count                 CLP, CLM
    line_count                  SVC, SV1, SV2, SV3
    """,
)
_table(
    "transaction_set", "facts", "one ST..SE of any kind, with its envelope", "file_id segment_index",
    """
    file_id
    segment_index                   ST
    interchange_number
    interchange_sender_qualifier    ISA05
    interchange_sender_id           ISA06
    interchange_receiver_qualifier  ISA07
    interchange_receiver_id         ISA08
    interchange_date                ISA09
    interchange_time                ISA10
    interchange_version             ISA12
    interchange_control_number      ISA13
    usage_indicator                 ISA15
    delimiters                      ISA
    functional_identifier_code      GS01
    application_sender_id           GS02
    application_receiver_id         GS03
    group_date                      GS04
    group_time                      GS05
    group_control_number            GS06
    version_code                    ST03, GS08
    transaction_set_code            ST01
    transaction_set_control_number  ST02
    transaction_purpose_code        BHT02
    batch_reference                 BHT03
    transaction_date                BHT04
    transaction_time                BHT05
    transaction_type_code           BHT06
    stated_segments                 SE01
    counted_segments
    is_complete                     SE
    body_hash
    """,
)
_table(
    "remittance", "facts", "one 835 transaction set: one payment", "file_id segment_index",
    """
    file_id
    segment_index                   ST
    version_code                    ST03, GS08
    group_date                      GS04
    usage_indicator                 ISA15
    transaction_handling_code       BPR01
    payment_amount                  BPR02
    credit_debit_code               BPR03
    payment_method_code             BPR04
    payment_format_code             BPR05
    payer_bank_qualifier            BPR06
    payer_bank_number               BPR07
    payer_account_qualifier         BPR08
    payer_account_number            BPR09
    originating_company_id          BPR10
    originating_company_supplement  BPR11
    payee_bank_qualifier            BPR12
    payee_bank_number               BPR13
    payee_account_qualifier         BPR14
    payee_account_number            BPR15
    payment_date                    BPR16
    trace_type_code                 TRN01
    trace_number                    TRN02
    payer_tax_number                TRN03
    trace_supplement                TRN04
    currency_entity_code            CUR01
    currency_code                   CUR02
    receiver_reference              REF*EV
    payer_system_version            REF*F2
    production_date                 DTM*405
    payer_id                        1000A REF*2U, 1000A N1*PR 04, TRN03
    payer_name                      1000A N1*PR 02
    payer_plan_id_qualifier         1000A N1*PR 03
    payer_plan_id                   1000A N1*PR 04
    payer_address                   1000A N301
    payer_address_2                 1000A N302
    payer_city                      1000A N401
    payer_state                     1000A N402
    payer_postal_code               1000A N403
    payer_country                   1000A N404
    payer_number                    1000A REF*2U
    payer_submitter_number          1000A REF*EO
    payer_industry_number           1000A REF*HI
    payer_naic_number               1000A REF*NF
    payer_contact_name              1000A PER*CX 02
    payer_phone                     1000A PER*CX TE
    payer_phone_extension           1000A PER*CX EX
    payer_fax                       1000A PER*CX FX
    payer_email                     1000A PER*CX EM
    payer_technical_name            1000A PER*BL 02
    payer_technical_phone           1000A PER*BL TE
    payer_technical_extension       1000A PER*BL EX
    payer_technical_fax             1000A PER*BL FX
    payer_technical_email           1000A PER*BL EM
    payer_technical_url             1000A PER*BL UR
    payer_policy_url                1000A PER*IC UR
    payee_name                      1000B N1*PE 02
    payee_id_qualifier              1000B N1*PE 03
    payee_id                        1000B N1*PE 04
    payee_npi                       1000B N104 where N103 is XX: computed
    payee_address                   1000B N301
    payee_address_2                 1000B N302
    payee_city                      1000B N401
    payee_state                     1000B N402
    payee_postal_code               1000B N403
    payee_country                   1000B N404
    payee_tax_number                1000B REF*TJ, else N104 where N103 is FI: computed
    payee_number                    1000B REF*PQ
    remittance_delivery_code        1000B RDM01
    remittance_delivery_name        1000B RDM02
    remittance_delivery_address     1000B RDM03
    claim_count                     CLP
    line_count                      SVC
    is_complete                     SE
    body_hash
    """,
)
_table(
    "claim_payment", "facts", "one CLP of an 835: how one claim was decided", "file_id segment_index",
    """
    file_id
    segment_index                   2100 CLP
    remittance_segment_index        ST
    header_number                   2000 LX01
    patient_control_number          CLP01
    claim_status_code               CLP02
    charge_amount                   CLP03
    paid_amount                     CLP04
    patient_responsibility_amount   CLP05
    filing_indicator_code           CLP06
    payer_claim_control_number      CLP07
    facility_type_code              CLP08
    claim_frequency_code            CLP09
    patient_status_code             CLP10
    drg_code                        CLP11
    drg_weight                      CLP12
    discharge_fraction              CLP13
    payment_typology_code           CLP14
    member_id                       2100 NM1*74 09, 2100 NM1*IL 09, 2100 NM1*QC 09
    patient_last_name               2100 NM1*QC 03
    patient_first_name              2100 NM1*QC 04
    patient_middle_name             2100 NM1*QC 05
    patient_name_suffix             2100 NM1*QC 07
    patient_id_qualifier            2100 NM1*QC 08
    patient_id                      2100 NM1*QC 09
    insured_last_name               2100 NM1*IL 03
    insured_first_name              2100 NM1*IL 04
    insured_middle_name             2100 NM1*IL 05
    insured_name_suffix             2100 NM1*IL 07
    insured_id_qualifier            2100 NM1*IL 08
    insured_id                      2100 NM1*IL 09
    corrected_last_name             2100 NM1*74 03
    corrected_first_name            2100 NM1*74 04
    corrected_middle_name           2100 NM1*74 05
    corrected_name_suffix           2100 NM1*74 07
    corrected_id_qualifier          2100 NM1*74 08
    corrected_insured_id            2100 NM1*74 09
    rendering_provider_type_code    2100 NM1*82 02
    rendering_provider_last_name    2100 NM1*82 03
    rendering_provider_first_name   2100 NM1*82 04
    rendering_provider_middle_name  2100 NM1*82 05
    rendering_provider_name_suffix  2100 NM1*82 07
    rendering_provider_id_qualifier 2100 NM1*82 08
    rendering_provider_id           2100 NM1*82 09
    crossover_carrier_name          2100 NM1*TT 03
    crossover_carrier_id_qualifier  2100 NM1*TT 08
    crossover_carrier_id            2100 NM1*TT 09
    corrected_payer_name            2100 NM1*PR 03
    corrected_payer_id_qualifier    2100 NM1*PR 08
    corrected_payer_id              2100 NM1*PR 09
    other_subscriber_last_name      2100 NM1*GB 03
    other_subscriber_first_name     2100 NM1*GB 04
    other_subscriber_middle_name    2100 NM1*GB 05
    other_subscriber_name_suffix    2100 NM1*GB 07
    other_subscriber_id_qualifier   2100 NM1*GB 08
    other_subscriber_id             2100 NM1*GB 09
    group_number                    2100 REF*1L, 2100 REF*6P
    contract_class                  2100 REF*CE
    medical_record_number           2100 REF*EA
    original_claim_number           2100 REF*F8
    prior_authorization_number      2100 REF*G1
    authorization_number            2100 REF*BB
    predetermination_number         2100 REF*G3
    other_claim_number              2100 REF*9C
    repriced_claim_number           2100 REF*9A
    insurance_policy_number         2100 REF*IG
    employee_number                 2100 REF*28
    member_number                   2100 REF*1W
    social_security_number          2100 REF*SY
    statement_from_date             2100 DTM*232
    statement_to_date               2100 DTM*233
    coverage_end_date               2100 DTM*036
    claim_received_date             2100 DTM*050
    claim_contact_name              2100 PER*CX 02
    claim_contact_phone             2100 PER*CX TE
    claim_contact_extension         2100 PER*CX EX
    claim_contact_fax               2100 PER*CX FX
    claim_contact_email             2100 PER*CX EM
    coverage_amount                 2100 AMT*AU
    discount_amount                 2100 AMT*D8
    patient_paid_amount             2100 AMT*F5
    interest_amount                 2100 AMT*I
    negative_ledger_amount          2100 AMT*NL
    tax_amount                      2100 AMT*T
    per_diem_amount                 2100 AMT*DY
    before_tax_amount               2100 AMT*T2
    covered_quantity                2100 QTY*CA
    coinsured_quantity              2100 QTY*CD
    noncovered_quantity             2100 QTY*NE
    line_count                      SVC
    """,
    follows=CLAIM,
)
_table(
    "service_line", "facts", "one SVC of an 835: how one line was decided", "file_id segment_index",
    """
    file_id
    segment_index                   2110 SVC
    remittance_segment_index        ST
    claim_segment_index             CLP
    line_number
    procedure_qualifier             SVC01-1
    procedure_code                  SVC01-2
    modifier_1                      SVC01-3
    modifier_2                      SVC01-4
    modifier_3                      SVC01-5
    modifier_4                      SVC01-6
    procedure_description           SVC01-7
    charge_amount                   SVC02
    paid_amount                     SVC03
    revenue_code                    SVC04
    paid_units                      computed: SVC05, 1 where it is empty
    submitted_procedure_qualifier   SVC06-1
    submitted_procedure_code        SVC06-2
    submitted_modifier_1            SVC06-3
    submitted_modifier_2            SVC06-4
    submitted_modifier_3            SVC06-5
    submitted_modifier_4            SVC06-6
    submitted_procedure_description SVC06-7
    submitted_units                 SVC07
    service_date                    2110 DTM*472, 2110 DTM*150
    service_end_date                2110 DTM*151, 2110 DTM*472, 2110 DTM*150
    line_control_number             2110 REF*6R
    policy_id                       2110 REF*0K
    prior_authorization_number      2110 REF*G1
    authorization_number            2110 REF*BB
    predetermination_number         2110 REF*G3
    service_rendering_provider_id   2110 REF*HPI
    allowed_amount                  2110 AMT*B6
    late_filing_reduction_amount    2110 AMT*KH
    tax_amount                      2110 AMT*T
    before_tax_amount               2110 AMT*T2
    """,
    follows=CLAIM,
)
_table(
    "adjustment", "facts", "one reason, amount, quantity triplet of a CAS of an 835", "file_id segment_index triplet_number",
    """
    file_id
    segment_index                   2100, 2110 CAS
    triplet_number
    remittance_segment_index        ST
    claim_segment_index             CLP
    line_segment_index              SVC
    group_code                      CAS01
    reason_code                     CAS02, 05, 08, 11, 14, 17
    adjustment_amount               CAS03, 06, 09, 12, 15, 18
    adjustment_quantity             CAS04, 07, 10, 13, 16, 19
    """,
    follows=CLAIM,
)
_table(
    "remark_code", "facts", "one remark code of an 835 line (LQ) or claim (MIA, MOA)", "file_id segment_index remark_position",
    """
    file_id
    segment_index                   2110 LQ, 2100 MIA, 2100 MOA
    remark_position
    remittance_segment_index        ST
    claim_segment_index             CLP
    line_segment_index              SVC
    remark_source
    code_list_qualifier             LQ01; HE for MIA and MOA, whose remarks are of that list
    remark_code                     LQ02, MIA05, MIA20-23, MOA03-07
    """,
    follows=CLAIM,
)
_table(
    "provider_adjustment", "facts", "one reason, amount pair of a PLB", "file_id segment_index pair_number",
    """
    file_id
    segment_index                   PLB
    pair_number
    remittance_segment_index        ST
    provider_id                     PLB01
    fiscal_period_date              PLB02
    provider_adjustment_code        PLB03-1, 05-1, 07-1, 09-1, 11-1, 13-1
    reference_id                    PLB03-2, 05-2, 07-2, 09-2, 11-2, 13-2
    adjustment_amount               PLB04, 06, 08, 10, 12, 14
    """,
)
_table(
    "provider_summary", "facts", "one TS3 of an 835, with its TS2: totals of a provider and fiscal period", "file_id segment_index",
    """
    file_id
    segment_index                                2000 TS3
    remittance_segment_index                     ST
    header_number                                2000 LX01
    provider_id                                  TS301
    facility_type_code                           TS302
    fiscal_period_date                           TS303
    provider_claim_count                         TS304
    charge_amount                                TS305
    medicare_secondary_payer_amount              TS313
    non_laboratory_charge_amount                 TS315
    reportable_charge_amount                     TS317
    payable_charge_amount                        TS318
    professional_component_amount                TS320
    secondary_payer_patient_liability_amount     TS321
    patient_reimbursement_amount                 TS322
    periodic_interim_payment_claim_count         TS323
    periodic_interim_payment_adjustment_amount   TS324
    drg_amount                                   2000 TS201
    federal_specific_amount                      2000 TS202
    hospital_specific_amount                     2000 TS203
    disproportionate_share_amount                2000 TS204
    capital_amount                               2000 TS205
    indirect_medical_education_amount            2000 TS206
    outlier_day_count                            2000 TS207
    day_outlier_amount                           2000 TS208
    cost_outlier_amount                          2000 TS209
    average_stay_days                            2000 TS210
    discharge_count                              2000 TS211
    cost_report_day_count                        2000 TS212
    covered_day_count                            2000 TS213
    noncovered_day_count                         2000 TS214
    secondary_payer_pass_through_amount          2000 TS215
    average_drg_weight                           2000 TS216
    capital_federal_specific_amount              2000 TS217
    capital_hospital_specific_amount             2000 TS218
    capital_disproportionate_share_amount        2000 TS219
    """,
)
_table(
    "inpatient_adjudication", "facts", "one MIA of an 835: how an inpatient claim was priced", "file_id segment_index",
    """
    file_id
    segment_index                                2100 MIA
    remittance_segment_index                     ST
    claim_segment_index                          CLP
    covered_day_count                            MIA01
    operating_outlier_amount                     MIA02
    lifetime_psychiatric_day_count               MIA03
    drg_amount                                   MIA04
    disproportionate_share_amount                MIA06
    secondary_payer_pass_through_amount          MIA07
    prospective_capital_amount                   MIA08
    capital_federal_specific_amount              MIA09
    capital_hospital_specific_amount             MIA10
    capital_disproportionate_share_amount        MIA11
    old_capital_amount                           MIA12
    capital_indirect_medical_education_amount    MIA13
    operating_hospital_specific_amount           MIA14
    cost_report_day_count                        MIA15
    operating_federal_specific_amount            MIA16
    capital_outlier_amount                       MIA17
    indirect_teaching_amount                     MIA18
    nonpayable_professional_amount               MIA19
    capital_exception_amount                     MIA24
    """,
)
_table(
    "outpatient_adjudication", "facts", "one MOA of an 835: how an outpatient claim was priced", "file_id segment_index",
    """
    file_id
    segment_index                                2100 MOA
    remittance_segment_index                     ST
    claim_segment_index                          CLP
    reimbursement_rate                           MOA01
    hcpcs_payable_amount                         MOA02
    end_stage_renal_disease_amount               MOA08
    nonpayable_professional_amount               MOA09
    """,
)
_table(
    "qualified_value", "facts", "one REF, DTM, DTP, AMT or QTY that no column of another table holds", "file_id segment_index",
    """
    file_id
    segment_index                                REF, DTM, DTP, AMT, QTY
    transaction_segment_index                    ST
    claim_segment_index                          CLP, CLM
    line_segment_index                           SVC, SV1, SV2, SV3
    segment_id
    qualifier                                    element 1
    value                                        element 2 (DTP: 3)
    value_number                                 AMT02, QTY02
    value_date                                   DTM02, DTP03
    value_end_date                               DTP03 where it is a range
    value_format                                 DTP02
    description                                  REF03
    """,
)
_table(
    "submitted_claim", "facts", "one CLM of an 837, or one claim of a claims extract", "file_id segment_index",
    """
    file_id
    segment_index                   2300 CLM
    transaction_segment_index       ST
    claim_type                      computed from ST03 or GS08, else from the SV segments
    transaction_date                BHT04
    billing_provider_npi            computed: 2010AA NM1*85 09 where 08 is XX
    billing_provider_name           2010AA NM1*85 03
    billing_provider_tax_number     2010AA REF*EI, 2010AA REF*SY
    billing_provider_taxonomy       2000A PRV*BI 03
    billing_provider_address        2010AA N301
    billing_provider_city           2010AA N401
    billing_provider_state          2010AA N402
    billing_provider_postal_code    2010AA N403
    payer_responsibility_code       2000B SBR01
    relationship_code               2000C PAT01, 2000B SBR02
    subscriber_group_number         2000B SBR03
    subscriber_group_name           2000B SBR04
    insurance_type_code             2000B SBR05
    filing_indicator_code           2000B SBR09
    subscriber_last_name            2010BA NM1*IL 03
    subscriber_first_name           2010BA NM1*IL 04
    subscriber_middle_name          2010BA NM1*IL 05
    subscriber_id_qualifier         2010BA NM1*IL 08
    subscriber_id                   2010BA NM1*IL 09
    subscriber_address              2010BA N301
    subscriber_city                 2010BA N401
    subscriber_state                2010BA N402
    subscriber_postal_code          2010BA N403
    subscriber_birth_date           2010BA DMG02
    submitted_payer_name            2010BB NM1*PR 03
    submitted_payer_id_qualifier    2010BB NM1*PR 08
    submitted_payer_id              2010BB NM1*PR 09
    patient_last_name               computed: 2010CA NM1*QC 03; 2010BA NM1*IL 03 where there is no 2000C
    patient_first_name              computed: 2010CA NM1*QC 04; 2010BA NM1*IL 04 where there is no 2000C
    patient_middle_name             computed: 2010CA NM1*QC 05; 2010BA NM1*IL 05 where there is no 2000C
    patient_address                 computed: 2010CA N301; 2010BA N301 where there is no 2000C
    patient_city                    computed: 2010CA N401; 2010BA N401 where there is no 2000C
    patient_state                   computed: 2010CA N402; 2010BA N402 where there is no 2000C
    patient_postal_code             computed: 2010CA N403; 2010BA N403 where there is no 2000C
    patient_birth_date              computed: 2010CA DMG02; 2010BA DMG02 where there is no 2000C
    patient_gender_code             computed: 2010CA DMG03; 2010BA DMG03 where there is no 2000C
    patient_control_number          CLM01
    charge_amount                   CLM02
    facility_type_code              CLM05-1
    facility_code_qualifier         CLM05-2
    claim_frequency_code            CLM05-3
    provider_signature_code         CLM06
    assignment_code                 CLM07
    benefits_assignment_code        CLM08
    release_of_information_code     CLM09
    related_cause_code              CLM11-1
    accident_state                  CLM11-4
    special_program_code            CLM12
    delay_reason_code               CLM20
    patient_paid_amount             2300 AMT*F5
    admission_type_code             2300 CL101
    admission_source_code           2300 CL102
    patient_status_code             2300 CL103
    attachment_type_code            2300 PWK01
    attachment_transmission_code    2300 PWK02
    attachment_control_number       2300 PWK06
    rendering_provider_last_name    2310 NM1*82 03
    rendering_provider_first_name   2310 NM1*82 04
    rendering_provider_id_qualifier 2310 NM1*82 08
    rendering_provider_id           2310 NM1*82 09
    attending_provider_last_name    2310 NM1*71 03
    attending_provider_first_name   2310 NM1*71 04
    attending_provider_id           2310 NM1*71 09
    referring_provider_last_name    2310 NM1*DN 03
    referring_provider_first_name   2310 NM1*DN 04
    referring_provider_id           2310 NM1*DN 09
    service_facility_name           2310 NM1*77 03
    service_facility_id             2310 NM1*77 09
    original_claim_number           2300 REF*F8
    prior_authorization_number      2300 REF*G1
    referral_number                 2300 REF*9F
    medical_record_number           2300 REF*EA
    clearinghouse_claim_number      2300 REF*D9
    statement_from_date             computed: 2300 DTP*434, first day
    statement_to_date               computed: 2300 DTP*434, last day
    admission_date                  2300 DTP*435
    onset_date                      2300 DTP*431
    accident_date                   2300 DTP*439
    principal_diagnosis_code        computed: 2300 HI*ABK, HI*BK
    diagnosis_codes                 2300 HI, in order
    diagnosis_code_set              2300 HI
    line_count                      SV1, SV2, SV3
    """,
)
_table(
    "submitted_diagnosis", "facts", "one diagnosis of a submitted claim", "file_id segment_index diagnosis_position",
    """
    file_id
    segment_index                   2300 HI
    diagnosis_position
    claim_segment_index             CLM
    diagnosis_qualifier             HI0x-1
    diagnosis_code                  HI0x-2
    diagnosis_code_set              HI0x-1
    present_on_admission_code       HI0x-9
    """,
)
_table(
    "submitted_line", "facts", "one SV1, SV2 or SV3 of an 837, or one line of a claims extract", "file_id segment_index",
    """
    file_id
    segment_index                   2400 SV1, SV2, SV3
    transaction_segment_index       ST
    claim_segment_index             CLM
    line_number                     computed: 2400 LX01, else ordinal in the claim
    procedure_qualifier             SV101-1, SV202-1, SV301-1
    procedure_code                  SV101-2, SV202-2, SV301-2
    modifier_1                      SV101-3, SV202-3, SV301-3
    modifier_2                      SV101-4, SV202-4, SV301-4
    modifier_3                      SV101-5, SV202-5, SV301-5
    modifier_4                      SV101-6, SV202-6, SV301-6
    procedure_description           SV101-7, SV202-7, SV301-7
    revenue_code                    SV201
    charge_amount                   SV102, SV203, SV302
    units_qualifier                 SV103, SV204
    line_units                      SV104, SV205, SV306
    place_of_service_code           computed: SV105, SV303, else CLM05-1 unless CLM05-2 is A
    diagnosis_pointers              computed: SV107, SV311, components joined
    diagnosis_codes                 HI by the pointers
    diagnosis_basis
    service_date                    computed: 2400 DTP*472, else 2300 DTP*472, else DTP*434, first day
    service_end_date                computed: 2400 DTP*472, else 2300 DTP*472, else DTP*434, last day
    line_control_number             2400 REF*6R
    prior_authorization_number      2400 REF*G1
    drug_code                       2410 LIN03
    drug_quantity                   2410 CTP04
    drug_units_qualifier            2410 CTP05-1
    service_rendering_provider_id   2420 NM1*82 09
    noncovered_charge_amount        SV207
    tooth_number                    2400 TOO02
    tooth_surface_codes             2400 TOO03
    prior_payer_id                  2430 SVD01
    prior_payer_paid_amount         2430 SVD02
    prior_payer_date                2430 DTP*573
    """,
)
_table(
    "submitted_other_payer", "facts", "one other payer that an 837 claim names (2320)", "file_id segment_index",
    """
    file_id
    segment_index                   2320 SBR
    transaction_segment_index       ST
    claim_segment_index             CLM
    payer_responsibility_code       SBR01
    relationship_code               SBR02
    subscriber_group_number         SBR03
    filing_indicator_code           SBR09
    subscriber_last_name            2320 NM1*IL 03
    subscriber_first_name           2320 NM1*IL 04
    subscriber_id                   2320 NM1*IL 09
    submitted_payer_name            2320 NM1*PR 03
    submitted_payer_id_qualifier    2320 NM1*PR 08
    submitted_payer_id              2320 NM1*PR 09
    paid_amount                     2320 AMT*D
    """,
)
_table(
    "submitted_adjustment", "facts", "one CAS triplet that an 837 reports of an earlier payer", "file_id segment_index triplet_number",
    """
    file_id
    segment_index                   2320, 2430 CAS
    triplet_number
    claim_segment_index             CLM
    line_segment_index              SV1, SV2, SV3
    group_code                      CAS01
    reason_code                     CAS02, 05, 08, 11, 14, 17
    adjustment_amount               CAS03, 06, 09, 12, 15, 18
    adjustment_quantity             CAS04, 07, 10, 13, 16, 19
    """,
)
_table(
    "other_segment", "facts", "one segment of which not every element has a typed column, kept as text", "file_id segment_index",
    """
    file_id
    segment_index
    transaction_segment_index       ST
    claim_segment_index             CLP, CLM
    line_segment_index              SVC, SV1, SV2, SV3
    segment_id
    kept_because
    raw_text
    """,
)
_table(
    "finding", "facts", "one thing that is wrong in a file", "file_id segment_index finding_code element_position",
    """
    file_id
    segment_index
    finding_code
    element_position
    transaction_segment_index
    claim_segment_index
    line_segment_index
    category
    severity
    segment_id
    expected
    actual
    difference_amount
    message
    """,
)
_table(
    "work_log", "facts", "one thing that a biller did for an item", "work_log_id",
    """
    work_log_id
    entry_number
    item_id
    action_date
    worked_by
    action
    call_reference
    claim_number_from_call
    denial_date_from_call
    denial_reason_from_call
    turnaround_days
    appeal_limit_days
    corrected_claim_limit_days
    appeal_address
    appeal_fax
    coding_outcome
    corrected_diagnosis
    item_status
    owner
    client_continues
    note
    """,
)

# --------------------------------------------------------------------------------------------------------------------
# Columns of the marts
# --------------------------------------------------------------------------------------------------------------------
_column(
    "code",
    payer_key="payer as mappings/payer.csv knows it, else payer_id as received: what `the same payer` means",
    payer_family="kind of payer for deadlines and rules: medicare_ffs, medicare_advantage, medicaid, commercial, ...",
    claim_key="hash of payer_key and patient control number: every event of one claim shares it",
    event_type="original, reversal, correction, repeat, split, predetermination, forwarded, duplicate",
    restates_file_id="file of the claim payment that this one restates",
    link_method="how the claim, or the claim payment, that the row refers to was found",
    exclusion_reason="why the rows of a remittance or claim do not count",
    duplicate_of_file_id="file of the remittance that this one repeats",
    denial_date_basis="which date denial_date is: production_date, payment_date, group_date or from_call",
    billed_procedure_code="procedure as billed: SVC06 where the payer sent it, else SVC01",
    modifiers="modifiers as billed, in order, joined by a space",
    reason_codes="denial reason codes (CARC), largest amount first, joined by a space",
    remark_codes="remark codes (RARC) of the line, or of the claim, joined by a space",
    family="what kind of denial it is: medical_necessity, authorization, ..., unmapped",
    family_basis="official, client_label or both: what says that the family is so",
    medical_necessity="core, near, frequency or empty: how closely the codes mean medical necessity",
    rule_id="rule in mappings that decided",
    guard="what forbids an appeal: no_appeal, new_claim, liability_patient, denial_expected, excluded_by_law, liability_unclear, forwarded; empty where nothing does",
    flags="warnings for the biller, as codes, joined by a space",
)
_column(
    "index",
    restates_segment_index="segment of the claim payment that this one restates",
    duplicate_of_segment_index="segment of the remittance that this one repeats",
)
_column("flag", is_accepted="the rows count", is_current="the claim payment stands: nothing later reversed or restated it")
_column("flag", has_frequency_signal="the codes say that an earlier payment can be the cause: CARC 18, 119, 151, RARC M86, N640, ...")
_column("money", "USD", denied_amount="sum of the denial adjustments of the line, or of the claim where the payer denied there")
_column("date", denial_date="day from which limits run: the earliest of production date, payment date and group date")
_column("text", "", True, patient_name="patient's name: last, first")

# --------------------------------------------------------------------------------------------------------------------
# Mappings: codes, rules and labels as data. A table here holds the columns of mappings/<name>.csv that SQL reads; lists in
# one cell become narrow tables of their own (denial_rule_condition, payer_identifier, ...).
# --------------------------------------------------------------------------------------------------------------------
_column(
    "code",
    code="code of a code list",
    fixable_by="who can fix it: biller, coder, provider, patient, payer, contracting, nobody",
    group_codes_allowed="group codes that the standard allows with the reason code, joined by a space; empty is any",
    replaced_by="codes that took the place of a retired one, joined by a space",
    next_step="what to do now, as one of the fifteen next steps; none where nothing is to be done",
    signal="what a remark says about the way on: no_appeal, new_claim_no_appeal, prior_payment_cause, liability_patient, ...",
    effect="what a claim status means in the ledger: pay_or_deny, secondary, tertiary, not_recognized, reversal, forwarded_only, predetermination, pending",
    medicare_part="A or B where the plan is original Medicare",
    who_bears="who bears an adjustment of the group: provider, patient, nobody yet, earlier payment",
    usual_sign="sign that the provider adjustment mostly has: plus, minus or either",
    code_type="code list of the code: CARC, RARC, GROUP, CLP02, PLB",
    set_by="who set the label",
    flag="warning for the biller, as a code",
    service_kind="kind of service by its procedure code: radiology, chiropractic, dental, ...",
    first_code="first procedure code of the range",
    last_code="last procedure code of the range",
    dimension="what a condition looks at: group_code, reason_code, remark_code, modifier, ...",
    condition_value="value that meets the condition",
    modifier="procedure modifier",
    identifier="identifier of a payer as remittances carry it",
    name_key="payer's name in upper case, letters and digits only",
    family_of_label="family that the client gives to the code",
    medical_necessity_of_label="how closely the client's reading of the code means medical necessity",
)
_column("date", start_date="first day of the code", last_modified_date="day on which the code's text last changed", stop_date="day on which the code was retired")
_column(
    "text",
    wording="meaning in our own words",
    label="what the client calls the code",
    positive_means="what a positive amount means",
    negative_means="what a negative amount means",
)
_column(
    "flag",
    is_alert="the remark is informational: it never explains an adjustment",
    stops_appeal="the code alone rules an appeal out",
    requires_remark="the reason code must come with a remark code",
    refers_to_policy="the reason code can come with a policy number (REF*0K)",
    property_casualty_only="the reason code is for property and casualty only",
    is_crossover="the claim was forwarded to another payer",
    links_to_claim="the reference of the provider adjustment names a claim",
    is_takeback="the provider adjustment takes back, puts off or settles what was paid for a claim",
    is_replacement="the claim takes the place of an earlier one",
    is_void="the claim cancels an earlier one",
    is_informational="the modifier does not change what is paid: two lines that differ only in it are alike",
    is_denial="adjustments of the family are denials",
    yields_to_client_label="a client's label of a code overrides the family",
    client_labels_on="the client's labels of codes take part in the family",
)
_column("date", as_of_date="day on which the worklist is looked at")
_column("money", "USD", minimum_balance_amount="denials below this are candidates for a write-off")
_column(
    "count",
    priority="order of the rules: the lowest number that fits decides",
    condition_count="number of conditions of the rule: all must be met",
    lookback_months="how far back a paid precedent counts",
    mail_days="days that a letter takes",
    default_deadline_days="days to appeal where no rule of the payer is known",
)

_column(
    "code",
    claim_effect="what the claim payment is in the ledger: the effect of its status code, unknown where no mapping knows the code",
    control_number_root="payer's claim number without its last two characters, which tell versions of one claim apart",
    pattern_id="hash of the codes that rules look at: adjustments with equal codes share it",
    code_list="code list that a remark code belongs to: RARC or NCPDP",
    official_family="family by the official meaning of the codes",
    official_medical_necessity="how closely the official meaning of the codes means medical necessity",
    outcome="where the dollar went: denied, not_a_denial, offset, superseded, excluded",
    service_remark_basis="line: the remarks of the line; claim: the line has none, so those of its claim",
)
_column(
    "index",
    ledger_number="ordinal of the event among those of its claim, from 1, by date",
    decision_number="ordinal of the remittance among those that speak about the claim, from 1, by date",
    original_segment_index="segment of the claim payment that the reversal takes back",
)
_column("code", original_file_id="file of the claim payment that the reversal takes back")
_column("date", ledger_date="day of the event: payment date, else production date")
_column(
    "flag",
    is_with_reversal="the remittance also reverses a payment of the same claim",
    is_latest="no later decision about the same service has come",
    has_policy="the line cites a policy",
    is_forced="the remark speaks about the claim as a whole and counts for every line of it",
)

_table(
    "paid_history", "facts", "one paid line of a paid-history extract: what payers paid before the remittances of the warehouse", "file_id segment_index",
    """
    file_id
    segment_index                   row of the extract
    payer_id
    payer_name
    payee_npi
    member_id
    patient_last_name
    patient_first_name
    patient_birth_date
    payer_claim_control_number
    trace_number
    procedure_code
    modifiers
    place_of_service_code
    diagnosis_codes                 those that the line pointed to
    diagnosis_code_set
    line_units
    service_date
    payment_date
    charge_amount
    paid_amount                     negative where a payment was taken back
    allowed_amount
    """,
)
_table(
    "run_parameter", "mapping", "one row: what the run was asked for", "as_of_date",
    """
    as_of_date                      --as-of
    lookback_months                 settings
    minimum_balance_amount          settings
    mail_days                       settings
    default_deadline_days           settings
    client_labels_on                settings
    """,
)
_table(
    "carc", "mapping", "one claim adjustment reason code", "code",
    """
    code                            mappings/carc.csv
    start_date
    last_modified_date
    stop_date
    wording
    family
    medical_necessity
    fixable_by
    stops_appeal
    requires_remark
    group_codes_allowed
    refers_to_policy
    property_casualty_only
    replaced_by
    next_step
    """,
)
_table(
    "rarc", "mapping", "one remittance advice remark code", "code",
    """
    code                            mappings/rarc.csv
    start_date
    last_modified_date
    stop_date
    is_alert
    wording
    family
    medical_necessity
    fixable_by
    stops_appeal
    signal
    replaced_by
    next_step
    """,
)
_table(
    "group_code", "mapping", "one adjustment group code", "code",
    """
    code                            mappings/group_code.csv
    wording
    who_bears
    """,
)
_table(
    "claim_status", "mapping", "one claim status code (CLP02)", "code",
    """
    code                            mappings/claim_status.csv
    wording
    effect
    is_crossover
    """,
)
_table(
    "filing_indicator", "mapping", "one claim filing indicator (CLP06)", "code",
    """
    code                            mappings/filing_indicator.csv
    wording
    payer_family
    medicare_part
    """,
)
_table(
    "provider_adjustment_reason", "mapping", "one provider adjustment reason (PLB03-1)", "code",
    """
    code                            mappings/provider_adjustment_code.csv
    wording
    usual_sign
    positive_means
    negative_means
    links_to_claim
    is_takeback
    """,
)
_table(
    "claim_frequency", "mapping", "one claim frequency code (CLM05-3, CLP09)", "code",
    """
    code                            mappings/claim_frequency.csv
    wording
    is_replacement
    is_void
    """,
)
_table(
    "denial_family", "mapping", "one family of denials", "family",
    """
    family                          mappings/denial_family.csv
    wording
    is_denial
    has_frequency_signal
    yields_to_client_label
    """,
)
_table(
    "denial_rule", "mapping", "one rule of denial_rule.csv, or the rule that a reason code is by itself", "rule_id",
    """
    rule_id                         mappings/denial_rule.csv; CARC-<code> for the row of mappings/carc.csv
    priority
    condition_count
    family
    medical_necessity
    guard
    flags
    """,
)
_table(
    "denial_rule_condition", "mapping", "one value that meets one condition of a rule", "rule_id dimension condition_value",
    """
    rule_id                         mappings/denial_rule.csv, mappings/carc.csv
    dimension
    condition_value
    """,
)
_table(
    "client_label", "mapping", "one code that the client reads in its own way", "code_type code",
    """
    code_type                       mappings/client_label.csv
    code
    label
    family
    medical_necessity
    flag
    set_by
    """,
)
_table(
    "client_label_service_kind", "mapping", "one kind of service on which a client's label sets its flag", "code_type code service_kind",
    """
    code_type                       mappings/client_label.csv
    code
    service_kind
    """,
)
_column("text", contact_source="who found the telephone and fax of the payer, where and when")
_table(
    "payer", "mapping", "one payer that the site knows", "payer_key",
    """
    payer_key                       mappings/payer.csv
    payer_name
    payer_family
    payer_phone                     where the remittance names none
    payer_fax                       where the remittance names none
    contact_source
    """,
)
_table(
    "payer_identifier", "mapping", "one identifier of a payer", "identifier",
    """
    identifier                      mappings/payer.csv
    payer_key
    """,
)
_table(
    "payer_name_key", "mapping", "one name of a payer", "name_key",
    """
    name_key                        mappings/payer.csv
    payer_key
    """,
)
_table(
    "modifier", "mapping", "one procedure modifier", "modifier",
    """
    modifier                        mappings/modifier.csv
    wording
    is_informational
    """,
)
_table(
    "service_kind", "mapping", "one range of procedure codes", "first_code",
    """
    first_code                      mappings/service_kind.csv
    last_code
    service_kind
    """,
)

_table(
    "remittance_head", "marts", "one remittance of the facts, with what later models ask of it", "file_id segment_index",
    """
    file_id
    segment_index                   remittance
    is_complete
    body_hash
    trace_number
    payment_amount
    payment_method_code
    payment_date
    production_date
    group_date
    payer_id
    payer_plan_id
    payer_tax_number
    payer_name
    payer_phone
    payer_fax
    payee_id
    payee_npi
    payee_tax_number
    payee_name
    claim_count
    line_count
    """,
    follows=FILE,
)
_table(
    "remittance_status", "marts", "one remittance of the facts, with what is decided about it", "file_id segment_index",
    """
    file_id
    segment_index                   remittance
    is_accepted                     false for duplicates
    exclusion_reason
    duplicate_of_file_id
    duplicate_of_segment_index
    payer_key                       mappings/payer.csv
    payer_name
    payer_id
    payer_family                    mappings/payer.csv; claims may have their own by filing indicator
    denial_date                     earliest of production_date, payment_date, group_date
    denial_date_basis
    """,
)
_table(
    "claim_ledger_entry", "steps", "one CLP of every remittance, in the order of its claim's events", "file_id segment_index",
    """
    file_id
    segment_index                   claim_payment
    remittance_segment_index
    claim_key                       payer_key, patient_control_number, else payer_claim_control_number
    claim_effect                    mappings/claim_status.csv
    claim_status_code
    exclusion_reason                of the remittance, else of the status
    payer_claim_control_number
    control_number_root
    charge_amount                   without its sign
    paid_amount                     without its sign
    statement_from_date
    ledger_date
    production_date
    is_with_reversal
    ledger_number
    decision_number
    """,
    follows=CLAIM,
)
_table(
    "claim_repeat", "steps", "one CLP that an earlier remittance has carried already", "file_id segment_index",
    """
    file_id
    segment_index                   claim_payment
    restates_file_id
    restates_segment_index
    """,
    follows=CLAIM,
)
_table(
    "claim_reversal", "steps", "one reversal that was paired with what it takes back", "file_id segment_index",
    """
    file_id
    segment_index                   claim_payment
    original_file_id
    original_segment_index
    link_method                     control_number, control_number_root, amounts
    """,
    follows=CLAIM,
)
_table(
    "claim_correction", "steps", "one claim payment that follows a reversal", "file_id segment_index",
    """
    file_id
    segment_index                   claim_payment
    restates_file_id
    restates_segment_index
    link_method                     same_remittance, control_number, charge
    """,
    follows=CLAIM,
)
_column("code", "", True, control_key="claim number as numbers are compared: trimmed, in capitals, without zeros in front")
_table(
    "claim_payment_event", "marts", "one CLP of every remittance, with its place in the ledger", "file_id segment_index",
    """
    file_id
    segment_index                   claim_payment
    remittance_segment_index
    claim_key
    payer_key                       remittance_status
    patient_control_number          CLP01
    control_key                     CLP01
    payer_claim_control_number      CLP07
    claim_effect                    mappings/claim_status.csv
    event_type                      CLP02, order of dates, same claim key
    is_current
    exclusion_reason
    restates_file_id
    restates_segment_index
    link_method
    ledger_date
    ledger_number
    decision_number
    charge_amount                   CLP03
    paid_amount                     CLP04
    """,
    follows=CLAIM,
)
_column("text", amount_meaning="what the sign of the amount means, in words")
_column("count", takeback_count="provider adjustments that take back from the claim")
_column("money", "USD", takeback_amount="taken back from the claim; what was put off, given back or settled by a refund is subtracted")
_column("date", first_takeback_date="first payment date of them", last_takeback_date="last payment date of them")
_table(
    "provider_adjustment_detail", "marts", "one reason, amount pair of a PLB of a remittance that counts", "file_id segment_index pair_number",
    """
    file_id
    segment_index                   provider_adjustment
    pair_number
    remittance_segment_index
    payer_key                       mappings/payer.csv
    payer_name
    trace_number
    payment_date
    provider_id
    fiscal_period_date
    provider_adjustment_code
    wording                         mappings/provider_adjustment_code.csv
    adjustment_amount
    amount_meaning                  mappings/provider_adjustment_code.csv
    is_takeback                     mappings/provider_adjustment_code.csv
    reference_id
    claim_key                       of the one claim that reference_id names; empty where none or several do
    link_method                     payer_claim_control_number, patient_control_number, contained, ambiguous, not_found, no_reference
    """,
)
_table(
    "claim_takeback", "marts", "one claim that a take-back names", "claim_key",
    """
    claim_key                       provider_adjustment_detail
    takeback_count
    takeback_amount
    first_takeback_date
    last_takeback_date
    """,
)
_column("code", other_file_id="file of the remittance or claim payment that the finding compares with")
_column("index", other_segment_index="segment of the remittance or claim payment that the finding compares with")
_column("money", "USD", finding_amount="the payment that is held, or what the claim payment paid")
_table(
    "claim_finding", "marts", "one claim payment of the ledger that a person should look at", "file_id segment_index finding_code",
    """
    file_id
    segment_index                   claim_payment
    finding_code                    reversal_without_original, reversal_without_correction, correction_without_original
    message
    payer_key
    other_file_id
    other_segment_index
    finding_amount                  paid_amount
    """,
    follows=CLAIM,
)
_table(
    "ledger_finding", "marts", "one thing of the ledger that a person should look at", "file_id segment_index finding_code",
    """
    file_id
    segment_index                   remittance, or claim_payment
    finding_code                    payment_conflict, duplicate_held, reversal_without_original, reversal_without_correction, correction_without_original
    severity
    message
    payer_key
    other_file_id
    other_segment_index
    finding_amount
    """,
)
_table(
    "claim_payment_current", "marts", "one claim payment that stands", "file_id segment_index",
    """
    file_id
    segment_index                   claim_payment
    remittance_segment_index
    claim_key
    item_id                         of a denial at claim level
    is_latest
    decision_number
    claim_effect
    event_type
    payer_key
    payer_id
    payer_name
    payer_family
    patient_control_number
    payer_claim_control_number
    claim_status_code
    filing_indicator_code
    claim_frequency_code
    facility_type_code
    member_id
    patient_last_name
    patient_first_name
    charge_amount
    paid_amount
    patient_responsibility_amount
    statement_from_date
    claim_received_date
    payment_date
    production_date
    trace_number
    denial_date
    denial_date_basis
    payer_phone                     claim contact, else remittance contact
    payer_fax                       claim contact, else remittance contact
    payee_npi
    payee_tax_number
    payee_name
    """,
    follows=CLAIM,
)
_table(
    "service_line_current", "marts", "one service line of a claim payment that stands", "file_id segment_index",
    """
    file_id
    segment_index                   service_line
    claim_segment_index
    claim_key
    item_id                         claim_key, service date, billed procedure, modifiers, occurrence
    is_latest
    decision_number
    payer_key
    line_number
    procedure_qualifier             as billed: SVC06, else SVC01
    billed_procedure_code           SVC06-2, else SVC01-2
    modifiers                       SVC06-3..6, else SVC01-3..6
    revenue_code
    charge_amount
    paid_amount
    allowed_amount                  charge less CO, OA and PI adjustments; AMT*B6 is a cross-check only
    paid_units
    service_date                    line, else claim statement_from_date
    line_control_number
    policy_id
    member_id
    patient_control_number
    payer_claim_control_number
    claim_status_code
    """,
    follows=CLAIM,
)
_table(
    "remark_position", "mapping", "one place of remark codes", "remark_source code_list_qualifier",
    """
    remark_source                   mappings/remark_position.csv
    code_list_qualifier             empty text where the segment has none
    code_list
    """,
)
_table(
    "claim_remark", "steps", "one remark code of a claim payment that stands, at claim level", "file_id claim_segment_index remark_code",
    """
    file_id
    claim_segment_index
    remark_code
    remark_position                 order of first appearance
    is_forced
    """,
    follows=CLAIM,
)
_table(
    "service_remark", "steps", "one line, or one claim for its own adjustments, with its remarks", "file_id segment_index",
    """
    file_id
    segment_index                   SVC, or CLP for the claim level
    remark_codes                    those of the line, else of the claim; those about the claim as a whole always
    service_remark_basis
    """,
    follows=CLAIM,
)
_table(
    "adjustment_case", "steps", "one adjustment of a claim payment that stands, with what the rules look at", "file_id segment_index triplet_number",
    """
    file_id
    segment_index                   CAS
    triplet_number
    claim_segment_index
    line_segment_index
    pattern_id
    group_code
    reason_code
    remark_codes
    modifiers
    service_kind
    has_policy
    claim_status_code
    medicare_part
    service_remark_basis
    adjustment_amount
    """,
    follows=CLAIM,
)
_table(
    "denial_pattern", "steps", "one combination of codes that rules look at", "pattern_id",
    """
    pattern_id
    group_code
    reason_code
    remark_codes
    modifiers
    service_kind
    has_policy
    claim_status_code
    medicare_part
    """,
    follows=CLAIM,
)
_table(
    "denial_pattern_value", "steps", "one value that a combination of codes offers to a condition", "pattern_id dimension condition_value",
    """
    pattern_id
    dimension
    condition_value
    """,
    follows=CLAIM,
)
_table(
    "denial_pattern_rule", "steps", "one rule that holds for a combination of codes", "pattern_id rule_id",
    """
    pattern_id
    rule_id
    priority
    family
    medical_necessity
    guard
    flags
    """,
    follows=CLAIM,
)
_table(
    "denial_pattern_official", "steps", "one combination of codes, by the official meaning of its codes", "pattern_id",
    """
    pattern_id
    official_family
    official_medical_necessity
    rule_id
    guard
    """,
    follows=CLAIM,
)
_table(
    "denial_pattern_label", "steps", "one combination of codes that has a code with a client's label", "pattern_id",
    """
    pattern_id
    code
    family_of_label
    medical_necessity_of_label
    flag                            where the kind of service asks for it
    """,
    follows=CLAIM,
)
_table(
    "denial_pattern_flag", "steps", "one flag of a combination of codes", "pattern_id flag",
    """
    pattern_id
    flag
    """,
    follows=CLAIM,
)
_table(
    "denial_pattern_family", "steps", "one combination of codes, with its family", "pattern_id",
    """
    pattern_id
    family
    family_basis
    medical_necessity
    rule_id
    guard
    is_denial
    has_frequency_signal
    """,
    follows=CLAIM,
)
_table(
    "classified_adjustment", "marts", "one adjustment of all facts, and where its dollars went", "file_id segment_index triplet_number",
    """
    file_id
    segment_index                   CAS
    triplet_number
    claim_segment_index
    line_segment_index
    item_id
    outcome
    exclusion_reason
    group_code
    reason_code
    adjustment_amount
    pattern_id
    family
    family_basis
    rule_id
    """,
    follows=CLAIM,
)
_table(
    "denied_line", "marts", "one denied line of a claim payment that stands, or one claim denied at claim level", "item_id",
    """
    item_id                         hash of payer_key, patient_control_number and what was billed: stable across nights
    file_id
    segment_index                   SVC, or CLP for a claim-level denial
    claim_segment_index
    line_segment_index              empty for a claim-level denial
    claim_key
    payer_key
    denied_amount
    charge_amount
    paid_amount
    group_code                      of the largest denial adjustment
    reason_codes
    remark_codes
    family
    family_basis
    medical_necessity
    rule_id
    guard
    has_frequency_signal
    policy_id
    flags
    """,
    follows=CLAIM,
)
_table(
    "denied_payment", "marts", "one claim payment that stands and has a denied line", "file_id segment_index",
    """
    file_id
    segment_index                   claim_payment
    claim_key
    payer_key
    payer_id
    payer_name
    payer_family
    patient_control_number
    payer_claim_control_number
    claim_status_code
    filing_indicator_code
    member_id
    patient_last_name
    patient_first_name
    charge_amount
    statement_from_date
    payment_date
    trace_number
    denial_date
    denial_date_basis
    payer_phone                     claim contact, else remittance contact
    payer_fax                       claim contact, else remittance contact
    payee_npi
    payee_tax_number
    payee_name
    """,
    follows=CLAIM,
)
_table(
    "denied_adjustment", "marts", "one adjustment that denies", "file_id segment_index triplet_number",
    """
    file_id
    segment_index                   adjustment
    triplet_number
    claim_segment_index
    item_id
    reason_code
    family
    remark_codes                    denied_line
    adjustment_amount
    payment_date
    """,
    follows=CLAIM,
)

_column("code", problem="what is wrong with the use of a code: unknown_code, retired_code, not_yet_valid")
_column("count", use_count="times that the code stands in remittances that count")
_column("money", "USD", use_amount="dollars at the code: its adjustments (CARC, GROUP, PLB), those of its line (RARC), the charge (CLP02)")
_column("date", first_seen_date="first payment date", last_seen_date="last payment date")
_column("date", used_date="payment date of the remittance that uses a code")
_table(
    "claim_code_use", "marts", "one claim payment, one code in it, and one thing that is wrong with its use",
    "file_id claim_segment_index code_type code problem",
    """
    file_id
    claim_segment_index             claim_payment
    code_type                       CARC, RARC, GROUP, CLP02
    code
    problem                         start_date and stop_date of mappings/carc.csv and rarc.csv; the code lists
    use_count
    use_amount
    used_date                       else production date, else group date
    """,
    follows=CLAIM,
)
_table(
    "code_use", "marts", "one code of one list, and one thing that is wrong with its use", "code_type code problem",
    """
    code_type                       CARC, RARC, GROUP, CLP02, PLB
    code
    problem                         claim_code_use; for PLB the code list
    use_count
    use_amount
    first_seen_date
    last_seen_date
    """,
)


# --------------------------------------------------------------------------------------------------------------------
# Matching, deciding and ranking: mappings
# --------------------------------------------------------------------------------------------------------------------
_column(
    "code",
    method="step of the ladder that finds the submitted claim or line",
    match_level="claim or line: which part of the ladder the step belongs to",
    confidence="how far a match of the step can be trusted: high, medium, low",
    precedent_tier="how alike an earlier paid line is: A, B, C, D; unknown where a diagnosis is unknown; none",
    worklist_tier="the tier as the worklist shows it",
    strength="how strong a precedent of the tier is, in a word",
    strength_when_old="the word for one that is older than old_after_months",
    strength_after_denial="the word for one after which the payer denied the same thing",
    deadline_action="what the limit is for: appeal, corrected_claim, new_claim, reopening",
    window_unit="days, months or years",
    deadline_anchor="day that the limit is counted from: denial_date or service_date",
    verified="whether the rule was read in its source: yes, partly, no",
    item_state="what was asked for and not answered yet, as a state of mappings/item_state.csv",
    next_item_state="state to which the event leads",
    met_deadline_action="limit that the state has met: what it is for was sent in time",
    item_outcome="how the denial ended, as a row of mappings/outcome.csv",
    event="what happened: an action of the work log, coding's answer, or a decision of the payer",
    event_source="who makes the event: payer, biller, coding",
    item_states="states of the item that meet the rule, joined by a space; empty is any",
    prior_id="assumption on the success of a step",
    client="who the payee's NPI or tax number belongs to",
    past_limit_id="instruction of a client to go on after a limit",
    families="families that meet the rule, joined by a space; empty is any",
    medical_necessity_levels="levels of medical_necessity that meet the rule, joined by a space; empty is any",
    guards="guards that meet the rule, joined by a space; empty is any",
    frequency_signal="Y where has_frequency_signal, else N",
    precedent_class="AB where a precedent supports a reprocessing request, else none",
    payer_families="payer families that meet the rule, joined by a space; empty is any",
    medicare_parts="parts of original Medicare (A, B, none) that meet the rule, joined by a space; empty is any",
    group_codes="group codes that meet the rule, joined by a space; empty is any",
    code_next_step="next step that the largest reason code has by itself in mappings/carc.csv",
    diagnosis_known="Y where the diagnosis is known, else N",
    deadline_states="states of the limit (open, passed, unknown) that meet the rule, joined by a space; empty is any",
)
_column("text", rule_source="where the rule was read", reason="sentence for the biller; {names} are filled with the line's facts", urgency="how near the limit is, in words")
_column(
    "count",
    method_rank="order of the steps: the lowest that finds something decides",
    confidence_rank="order of confidence, 1 is the highest",
    tier_rank="order of the tiers, 1 is the best",
    old_after_months="age in months after which a precedent is called old",
    appeal_level="level of the appeal, 1 is the first",
    window_value="length of the limit in window_unit; empty is the setting default_deadline_days",
    presumed_receipt_days="days after the anchor on which the notice counts as received",
    urgency_tier="how near the limit is, 1 is the nearest",
    from_days="days left, at least",
    to_days="days left, at most",
)
_column("date", effective_from="first day on which the rule applies", effective_to="last day on which the rule applies")
_column("date", holiday_date="day on which nobody works, beside Saturdays and Sundays", working_date="last working day before the holiday")
_column("text", holiday_name="name of the holiday")
_column("flag", is_site="the row is the site's own, not a shipped one")
_column(
    "flag",
    is_candidate="a precedent of the tier supports a reprocessing request",
    for_no_deadline="the tier is for items without a limit",
    for_waiting="the tier is for items that wait for an answer",
    outranks_waiting="an item of the tier stays in it even while it waits for an answer",
    is_start="the state of a denial that nobody worked on",
    starts_round="the event is a new denial: what was learnt of the last one is over",
    restarts_wait="the answer is due anew from the event on",
    is_success="the outcome counts as a success of the steps that were worked",
    is_counted="the outcome counts in rates of success",
)
_column(
    "count",
    appeal_levels="levels of appeal that the event uses up",
    strength_count="own outcomes that weigh as much as the assumption",
)
_column("money", "USD", step_cost_amount="what working the step costs, as assumed")
_column(
    "number",
    success_rate="share of worked items of the kind that bring money, from 0 to 1",
    urgency_weight="what expected_recovery_amount is multiplied by for the rank: more where the limit is near",
    default_success_rate="success_rate of the step where no assumption in mappings/prior.csv fits",
)

_table(
    "match_method", "mapping", "one step of the matching ladder", "method",
    """
    method                          mappings/match_method.csv
    match_level
    method_rank
    confidence
    confidence_rank
    wording
    """,
)
_table(
    "precedent_strength", "mapping", "one tier of precedents", "precedent_tier",
    """
    precedent_tier                  mappings/precedent_strength.csv
    tier_rank
    worklist_tier
    is_candidate
    strength
    old_after_months
    strength_when_old
    strength_after_denial
    wording
    """,
)
_table(
    "payer_rule", "mapping", "one limit of a payer, of a payer family, or of all", "rule_id",
    """
    rule_id                         mappings/payer_rule.csv
    payer_key
    payer_family
    deadline_action
    appeal_level
    window_value
    window_unit
    deadline_anchor
    presumed_receipt_days
    effective_from
    effective_to
    verified
    rule_source
    is_site                         true for rows of the site's own mappings
    """,
)
_table(
    "holiday", "mapping", "one holiday", "holiday_date",
    """
    holiday_date                    mappings/holiday.csv
    holiday_name
    working_date                    computed from holiday_date and weekends
    """,
)
_table(
    "step", "mapping", "one next step", "next_step",
    """
    next_step                       mappings/step.csv
    wording
    deadline_action
    default_success_rate
    strength_count
    step_cost_amount
    """,
)
_table(
    "next_step_rule", "mapping", "one rule of the next step", "rule_id",
    """
    rule_id                         mappings/next_step.csv
    priority
    families
    medical_necessity_levels
    guards
    frequency_signal
    precedent_class
    payer_families
    medicare_parts
    group_codes
    code_next_step
    diagnosis_known
    item_states
    item_status
    deadline_action
    deadline_states
    next_step
    reason
    """,
)
_table(
    "prior", "mapping", "one assumption on how often a step succeeds", "prior_id",
    """
    prior_id                        mappings/prior.csv
    next_step
    family
    precedent_tier
    payer_family
    success_rate
    strength_count
    wording
    """,
)
_table(
    "urgency_tier", "mapping", "one tier of urgency", "urgency_tier",
    """
    urgency_tier                    mappings/urgency.csv
    from_days
    to_days
    for_no_deadline
    for_waiting
    outranks_waiting
    urgency_weight
    wording
    """,
)
_column("code", awaited_step="the step whose answer is awaited in the state")
_table(
    "item_state", "mapping", "one state of a denied line", "item_state",
    """
    item_state                      mappings/item_state.csv
    item_status
    turnaround_days                 until an answer, where no call said it
    met_deadline_action
    item_outcome                    of a state that closes the item
    awaited_step
    is_start
    wording
    """,
)
_table(
    "work_event", "mapping", "one thing that can happen to a denied line", "event",
    """
    event                           mappings/work_event.csv
    event_source
    next_step                       the step that was worked
    starts_round
    restarts_wait
    wording
    """,
)
_table(
    "transition", "mapping", "one state and one event", "item_state event",
    """
    item_state                      mappings/transition.csv, every state with every event
    event
    next_item_state
    appeal_levels
    """,
)
_table(
    "outcome", "mapping", "one way in which a denial ends", "item_outcome",
    """
    item_outcome                    mappings/outcome.csv
    is_success
    is_counted
    wording
    """,
)
_table(
    "client", "mapping", "one payee that belongs to a client", "payee_id",
    """
    payee_id                        mappings/client.csv: NPI or tax number
    client
    """,
)
_table(
    "past_limit", "mapping", "one instruction of a client to go on after a limit", "past_limit_id",
    """
    past_limit_id                   mappings/past_limit.csv
    client
    payer_key
    """,
)


# --------------------------------------------------------------------------------------------------------------------
# Matching, deciding, ranking and the worklist: what the models make
# --------------------------------------------------------------------------------------------------------------------
_column(
    "code",
    sorted_modifiers="modifiers in alphabetical order, joined by a space",
    material_modifiers="sorted_modifiers without those that only inform",
    submitted_file_id="file of the submitted claim or line",
    claim_match_method="step of the ladder that found the submitted claim",
    line_match_method="step of the ladder that found the submitted line",
    match_method="steps of the ladder that found the submitted claim and line, dated_later where the claim is dated after the decision; lines: the claim's matched lines name it",
    match_confidence="how far the match can be trusted: high, medium, low",
    unmatched_reason="why there is no submitted line: no_claim (for lines outside a denied line's history: none with the control number), only_replaced_later, no_line_agrees, no_claim_agrees, ambiguous",
    primary_diagnosis_code="first of diagnosis_codes",
    precedent_file_id="file of the earlier paid line",
    precedent_claim_key="payer's claim number of the earlier paid line, else its claim_key: what is counted",
    precedent_differences="in what the earlier paid line differs: diagnosis_order, modifiers, units, payer, ..., joined by a space",
    precedent_strength="how strong the precedent is, in a word of mappings/precedent_strength.csv",
    precedent_modifiers="modifiers of the earlier payment, in alphabetical order",
    precedent_policy_id="policy that the earlier payment named",
    precedent_trace_number="check or EFT trace number of the earlier payment",
    last_action="what was done last",
    denial_basis="where the denial is known from: denied_line, superseded (a later remittance decided again), history (of an earlier night)",
    last_worked_by="who did last_action",
    continue_basis="who says to go on after the limit: the work log, or rows of mappings/past_limit.csv",
    worked_steps="steps that were worked before the outcome, in their order, joined by a space",
    anchor_source="what anchor_date is: service_date, or the basis of the denial date",
    deadline_rule_id="rule of mappings/payer_rule.csv that set the deadline",
    deadline_state="open, passed, doubtful where only the cautious default has passed and other payers give longer, met where what it is for was sent, or unknown where there is no day to count from",
    appeal_state="deadline_state of the appeal",
    corrected_claim_state="deadline_state of a corrected claim",
    reopening_state="deadline_state of a reopening",
    new_claim_state="deadline_state of a new claim",
    situation_key="hash of everything that the rules of the next step look at",
    next_step_rule_id="rule of mappings/next_step.csv that decided; NO_RULE where none fits",
    expected_allowed_basis="what expected_allowed_amount comes from: precedent, payer and procedure, payer, charge",
    status="open, waiting or closed",
    source="file and segment (counted from 1, as people and editors do) that the denial was read from",
)
_column(
    "code",
    "",
    True,
    member_key="member identifier, upper case, as corrected by the payer: who the patient is within a payer",
    first_name_key="first word of the patient's first name, letters only: tells a family's members apart",
    last_name_key="patient's last name, letters only",
    person_name_key="last_name_key and first_name_key: finds the patient at another payer",
    patient_key="member_key, or name_key where payer_key is empty",
    alias_key="member identifier that the payer corrected",
    corrected_key="member identifier that it was corrected to, upper case",
    insured_key="subscriber's identifier as the payer states it, upper case",
    patient_id_key="patient's identifier as the payer states it, upper case",
    named_member_key="member_id, upper case",
    uncorrected_member_key="member identifier before member_alias: named_member_key, else of the submitted claims with the control number and an agreeing name, where they agree",
    payer_claim_key="payer's claim number, upper case",
    control_number="patient control number, upper case",
    person_key="patient's name and date of birth: the same patient at another payer",
    precedent_claim_number="payer's claim number of the earlier payment: what to name on the call",
)
_column(
    "text",
    counter_evidence="what speaks against the precedent, in words",
    deadline_basis="rule, day it counts from, and whether the rule is verified",
    next_step_reason="why this is the next step, in words",
    success_rate_basis="what success_rate rests on",
)
_column(
    "index",
    file_number="ordinal of the file among those that hold claims: stands for the file id in narrow keys",
    payment_key="claim payment as one whole number: file_number * 2^32 + segment_index",
    line_key="service line as one whole number: file_number * 2^32 + segment_index",
    submitted_claim_key="submitted claim as one whole number: file_number * 2^32 + segment_index",
    submitted_line_key="submitted line as one whole number: file_number * 2^32 + segment_index",
    submitted_segment_index="segment of the submitted line",
    submitted_claim_segment_index="segment of the submitted claim",
    precedent_segment_index="segment of the earlier paid line",
    rank="place on the worklist, 1 is first",
)
_column(
    "count",
    claim_match_rank="order of the step that found the submitted claim",
    match_rank="order of the steps that found the submitted line: lower is better",
    agreement="what else agrees between the two lines: procedure 4, charge 2, modifiers 1, added up",
    candidate_count="submitted claims or lines that fit equally well",
    previous_denial_count="earlier denials of the same patient, procedure and diagnosis by the payer",
    other_patient_count="other patients for whom the payer paid the procedure with the diagnosis",
    other_patient_paid_count="lines of other patients with the procedure and diagnosis that the payer paid",
    other_patient_denied_count="lines of other patients with the procedure and diagnosis that the payer denied",
    other_patient_paid_percent="paid share of the lines of other patients, in whole percent",
    precedent_count="earlier paid claims that support it as the named one does",
    precedent_age_months="whole months from the earlier service to the denied one",
    days_left="days from the as-of date to the deadline; negative when it has passed",
    paid_line_count="paid lines that the ratio rests on",
    allowed_per_ten_thousand="what the payer allows of 10,000 charged",
    item_count="denied lines",
    worklist_count="denied lines on the worklist",
    label_only_count="denied lines whose family rests on the client's label alone",
    due_within_week_count="denied lines whose deadline is within seven days",
)
_column(
    "date",
    submission_date="day on which the claim was made",
    history_from_date="first day of service on which an earlier payment counts",
    previous_denial_service_date="service date of the latest earlier denial",
    precedent_service_date="service date of the earlier payment",
    precedent_paid_date="payment date of the earlier payment",
    last_action_date="day of the last entry",
    status_since="day since which status holds: of the entry that set it, else the denial date",
    anchor_date="day that the limit is counted from",
    deadline="last day",
    work_by_date="deadline less the days for mail, rolled back to a business day",
)
_column(
    "flag",
    is_submitted_before="the claim is dated no later than the payer decided",
    can_be_answered="the payer can have decided on the claim: it is not a replacement dated after the decision",
    is_claim_level="the payer denied at claim level",
    is_open="no biller's word has closed the item: earlier payments are looked for",
    is_first_payer="the payer processed the claim as the first one",
    is_deadline_verified="the rule of the deadline was read in its source, or the limit was learnt on a call",
    works_past_limit="the client says to go on after the limit",
    is_worked_past_limit="the limit has passed and the client says to go on",
    is_not_worth_its_cost="the expected recovery does not cover the step's cost",
    is_voided_since="a submitted claim with the payer's claim number cancels the paid one (frequency 8)",
    is_replaced_since="a later submitted claim with the payer's claim number takes the place of the paid one (frequency 7)",
    has_claim="a submitted claim has the control number of the claim payment",
    has_lines="the claim payment has service lines",
    has_numbered_claim="a submitted claim that was not cancelled has the control number, and a member identifier that the payer names",
    is_gone="all that was paid was taken back, or we asked the payer to cancel the claim",
)
_column("date", decided_date="day from which the claim must be older: the denial date")
_column("flag", is_paid="the line was paid more than nothing, and no later decision took its place")
_column(
    "money",
    "USD",
    numbered_charge_amount="charges of the claim payment's lines that share the line number, added up: a line that the payer split",
    procedure_charge_amount="charges of the claim payment's lines of one procedure, modifiers and day, added up",
    precedent_paid_amount="what the payer paid then",
    precedent_allowed_amount="what the payer allowed then",
    precedent_charge_amount="what was charged then",
    expected_allowed_amount="what the payer would allow of the denied amount",
    expected_recovery_amount="expected_allowed_amount times success_rate less step_cost_amount, not below zero",
    priority_amount="expected_recovery_amount times urgency_weight: what the rank goes by",
    worklist_denied_amount="denied_amount of the lines on the worklist",
)
_column("number", precedent_units="units billed then")

_table(
    "modifier_set", "steps", "one distinct combination of procedure modifiers, as written on a line", "modifiers",
    """
    modifiers
    sorted_modifiers
    material_modifiers
    """,
    follows=PATIENT,
)
_table(
    "file_number", "steps", "one file that holds a claim payment that stands, or a submitted claim", "file_id",
    """
    file_id
    file_number
    """,
    follows=PATIENT,
)
_table(
    "member_alias", "marts", "one member id of a payer and last name that the payer corrected", "payer_key last_name_key alias_key",
    """
    payer_key
    last_name_key
    alias_key
    corrected_key                   2100 NM1*74 09, of the latest payment; followed twice
    """,
)
_table(
    "claim_member", "steps", "one claim payment that stands: who the patient is", "payment_key",
    """
    file_id
    segment_index
    payment_key
    payer_key
    member_key
    last_name_key
    first_name_key
    person_name_key
    has_lines
    """,
    follows=PATIENT,
)
_table(
    "denied_patient", "marts", "one denied line, or one claim denied at claim level, with the patient", "item_id",
    """
    item_id
    file_id
    claim_segment_index
    payer_key
    uncorrected_member_key
    last_name_key
    person_name_key
    billed_procedure_code           empty text where the payer denied a whole claim
    """,
    follows=CLAIM,
)
_table(
    "wanted_patient", "marts", "one patient and one procedure of a denied line that is open", "payer_key patient_key billed_procedure_code",
    """
    payer_key                       empty text where the patient goes by name
    patient_key
    billed_procedure_code           empty text for any, where the payer denied a whole claim
    """,
)
_table(
    "line_in_doubt", "marts", "one service line that stands and that no submitted claim answers beyond doubt at first sight",
    "file_id segment_index",
    """
    file_id
    segment_index                   SVC
    claim_segment_index
    has_claim                       submitted_claim, by the control number
    """,
    follows=CLAIM,
)
_table(
    "wanted_line", "steps", "one service line that goes through the matching ladder: denied, of the same patient and procedure as an open denied one, or in doubt at first sight", "line_key",
    """
    file_id
    segment_index
    claim_segment_index
    payment_key
    line_key
    billed_procedure_code
    revenue_code
    modifiers
    charge_amount
    paid_amount
    allowed_amount
    policy_id
    service_date
    line_control_number
    is_paid
    numbered_charge_amount
    procedure_charge_amount
    """,
    follows=PATIENT,
)
_table(
    "wanted_payment", "steps", "one claim payment that is matched: of a wanted line, denied at claim level, or without lines", "payment_key",
    """
    file_id
    segment_index
    payment_key
    payer_key
    member_key
    last_name_key
    first_name_key
    control_number
    control_key
    payer_claim_key
    insured_key
    patient_id_key
    named_member_key
    charge_amount
    statement_from_date
    decided_date
    claim_key
    payer_claim_control_number
    claim_status_code
    payee_id
    paid_amount
    payment_date
    trace_number
    has_lines
    """,
    follows=PATIENT,
)
_table(
    "claim_name", "marts", "one claim payment that stands, with the names that it is found by", "file_id segment_index",
    """
    file_id
    segment_index                   claim_payment
    claim_key
    payer_key
    named_member_key                member_id, without blanks and hyphens
    uncorrected_member_key          else submitted_name, by the control number
    last_name_key                   letters of the last name
    first_name_key                  letters of the first word of the first name
    person_name_key                 empty where one of the two names is
    insured_key
    patient_id_key
    corrected_key                   2100 NM1*74 09
    control_number                  CLP01
    payer_claim_key                 CLP07
    payer_claim_control_number
    claim_status_code
    payee_id                        payee_npi, else payee_tax_number
    charge_amount
    paid_amount
    statement_from_date
    decided_date                    denial_date
    payment_date
    trace_number
    has_lines
    has_numbered_claim              submitted_name
    """,
    follows=CLAIM,
)
_table(
    "submitted_name", "marts", "one submitted claim of the facts, with the names that it is found by", "file_id segment_index",
    """
    file_id
    segment_index                   submitted_claim
    control_number                  CLM01
    control_key                     CLM01
    payer_claim_key                 REF*F8
    member_key                      subscriber_id, without blanks and hyphens
    last_name_key                   letters of the last name
    first_name_key                  letters of the first word of the first name
    charge_amount
    submission_date                 transaction_date
    is_void                         mappings/claim_frequency.csv
    is_replacement                  mappings/claim_frequency.csv
    """,
    follows=FILE,
)
_table(
    "payment_doubt", "steps", "one wanted claim payment that a take-back names, or whose claim we cancelled or replaced since", "payment_key",
    """
    payment_key
    takeback_amount
    is_voided_since
    is_replaced_since
    is_gone
    """,
    follows=PATIENT,
)
_table(
    "submitted_candidate", "steps", "one submitted claim that a wanted payment may answer", "submitted_claim_key",
    """
    file_id
    segment_index
    submitted_claim_key
    charge_amount
    statement_from_date
    member_key
    patient_birth_date
    diagnosis_codes
    diagnosis_code_set
    """,
    follows=PATIENT,
)
_table(
    "submitted_service", "steps", "one line of a submitted claim that a wanted payment may answer", "submitted_line_key",
    """
    file_id
    segment_index
    claim_segment_index
    submitted_line_key
    submitted_claim_key
    line_number
    line_control_number
    billed_procedure_code
    revenue_code
    modifiers
    charge_amount
    service_date
    service_end_date
    diagnosis_codes
    diagnosis_basis
    diagnosis_code_set
    place_of_service_code
    line_units
    """,
    follows=PATIENT,
)
_table(
    "claim_candidate", "steps", "one pair of a wanted claim payment and a submitted claim that it may answer", "payment_key submitted_claim_key",
    """
    payment_key
    submitted_claim_key
    claim_match_method
    claim_match_rank
    submission_date
    is_submitted_before
    is_replacement
    can_be_answered
    """,
    follows=PATIENT,
)
_table(
    "line_candidate", "steps", "one pair of a wanted line and a submitted line that it may answer, inside a candidate claim", "line_key submitted_line_key",
    """
    line_key
    submitted_line_key
    claim_match_method
    line_match_method
    match_rank
    agreement
    submission_date
    is_submitted_before
    is_replacement
    """,
    follows=PATIENT,
)
_table(
    "matched_line", "steps", "one wanted line that has exactly one submitted line that it can answer", "line_key",
    """
    line_key
    payment_key
    submitted_line_key
    submitted_claim_key
    match_method
    match_confidence
    candidate_count
    """,
    follows=PATIENT,
)
_table(
    "line_match", "marts", "one wanted line (denied, of the same patient and procedure as an open denied one, or in doubt at first sight) that has exactly one submitted line that it can answer", "file_id segment_index",
    """
    file_id
    segment_index
    claim_segment_index
    submitted_file_id
    submitted_segment_index
    submitted_claim_segment_index
    match_method
    match_confidence
    candidate_count
    """,
    follows=PATIENT,
)
_table(
    "line_unmatched", "marts", "one service line that stands, or one claim payment without lines, that no submitted line or claim answers", "file_id segment_index",
    """
    file_id
    segment_index                   service_line; claim_payment where it has no lines
    claim_segment_index
    unmatched_reason
    candidate_count
    """,
    follows=PATIENT,
)
_table(
    "matched_claim", "steps", "one wanted claim payment that has exactly one submitted claim that it answers", "payment_key",
    """
    payment_key
    submitted_claim_key
    match_method
    candidate_count
    """,
    follows=PATIENT,
)
_table(
    "claim_match", "marts", "one wanted claim payment that has exactly one submitted claim that it answers", "file_id segment_index",
    """
    file_id
    segment_index
    submitted_file_id
    submitted_claim_segment_index
    match_method
    candidate_count
    """,
    follows=PATIENT,
)
_table(
    "claim_patient", "steps", "one wanted claim payment", "payment_key",
    """
    file_id
    segment_index
    payment_key
    member_key
    first_name_key
    patient_birth_date
    person_key
    """,
    follows=PATIENT,
)
_table(
    "paid_history_line", "marts", "one paid line of the paid-history extracts that stands", "file_id segment_index",
    """
    file_id
    segment_index                   row of the extract
    claim_key                       payer_key and payer's claim number
    payer_key                       mappings/payer.csv
    member_key
    first_name_key
    person_name_key
    patient_birth_date
    person_key
    billed_procedure_code
    modifiers
    place_of_service_code
    diagnosis_codes
    diagnosis_code_set
    line_units
    payee_id
    service_date
    charge_amount
    paid_amount                     netted with what was taken back
    allowed_amount
    payment_date
    trace_number
    payer_claim_control_number
    """,
)
_table(
    "paid_line", "marts", "one paid service of the wanted lines that stands; from remittances", "file_id segment_index",
    """
    file_id
    segment_index                   service_line, its first part where the payer split it
    claim_segment_index
    claim_key
    submitted_file_id               empty where no submitted line answers
    submitted_claim_segment_index
    payer_key
    member_key
    first_name_key
    patient_birth_date
    person_key
    billed_procedure_code
    sorted_modifiers
    material_modifiers
    place_of_service_code
    diagnosis_codes
    primary_diagnosis_code
    diagnosis_basis
    diagnosis_code_set
    line_units
    payee_id
    policy_id
    service_date
    charge_amount                   of all parts
    paid_amount                     of all parts
    allowed_amount                  of all parts
    payment_date
    trace_number
    payer_claim_control_number
    is_first_payer
    takeback_amount                 of the whole claim
    is_replaced_since
    """,
    follows=PATIENT,
)
_table(
    "paid_service", "steps", "one paid service that stands, of the remittances or of the paid-history extracts", "file_id segment_index",
    """
    file_id
    segment_index                   paid_line; paid_history_line
    claim_segment_index             empty for paid history
    claim_key
    submitted_file_id               empty where no submitted line answers
    submitted_claim_segment_index
    payer_key
    member_key
    first_name_key
    patient_birth_date
    person_key
    billed_procedure_code
    sorted_modifiers
    material_modifiers
    place_of_service_code
    diagnosis_codes
    primary_diagnosis_code
    diagnosis_basis
    diagnosis_code_set
    line_units
    payee_id
    policy_id
    service_date
    charge_amount
    paid_amount
    allowed_amount
    payment_date
    trace_number
    payer_claim_control_number
    is_first_payer
    takeback_amount                 of the whole claim
    is_replaced_since
    """,
    follows=PATIENT,
)
_table(
    "denied_service", "marts", "one denied line, or one claim denied at claim level: what was billed, for whom, for which diagnoses", "item_id",
    """
    item_id
    file_id
    segment_index
    claim_segment_index
    is_claim_level
    claim_key
    payer_claim_control_number
    payer_key
    payee_id
    member_key
    first_name_key
    patient_birth_date
    person_key
    billed_procedure_code
    modifiers
    sorted_modifiers
    material_modifiers
    place_of_service_code
    diagnosis_codes
    primary_diagnosis_code
    diagnosis_basis
    diagnosis_code_set
    line_units
    policy_id
    charge_amount
    service_date
    history_from_date
    match_method
    match_confidence
    submitted_file_id               submitted_claim
    submitted_claim_segment_index
    submitted_segment_index
    is_open                         open_item
    """,
    follows=PATIENT,
)
_table(
    "precedent_candidate", "marts", "one pair of an open denied line and an earlier paid line of the same patient and procedure", "item_id precedent_file_id precedent_segment_index",
    """
    item_id
    file_id                         denied_line
    claim_segment_index             denied_line
    precedent_file_id
    precedent_segment_index
    precedent_claim_key
    precedent_service_date
    precedent_paid_date
    precedent_tier
    precedent_differences
    """,
    sort="item_id precedent_file_id precedent_segment_index",
    follows=PATIENT,
)
_table(
    "precedent", "marts", "one open denied line with at least one precedent of any tier", "item_id",
    """
    item_id
    file_id                         denied_line
    claim_segment_index             denied_line
    precedent_tier
    is_candidate
    precedent_strength
    precedent_differences
    precedent_file_id
    precedent_segment_index
    precedent_claim_number
    precedent_service_date
    precedent_paid_date
    precedent_paid_amount
    precedent_allowed_amount
    precedent_charge_amount
    precedent_units
    precedent_modifiers
    precedent_policy_id
    precedent_trace_number
    precedent_count
    precedent_age_months
    takeback_amount                 of the claim that was paid
    is_replaced_since
    """,
    follows=PATIENT,
)
_table(
    "previous_denial", "steps", "one open denied line whose patient, procedure and diagnosis the same payer denied before", "item_id",
    """
    item_id
    previous_denial_count
    previous_denial_service_date
    """,
    follows=PATIENT,
)
_table(
    "counter_evidence", "marts", "one open denied line with anything that speaks against its precedent", "item_id",
    """
    item_id
    file_id                         denied_line
    claim_segment_index             denied_line
    counter_evidence
    """,
    follows=PATIENT,
)
_table(
    "decided_pair", "marts", "one paid service line that stands and whose diagnosis is beyond doubt", "file_id segment_index",
    """
    file_id
    segment_index                   service_line
    claim_segment_index
    payer_key
    billed_procedure_code
    primary_diagnosis_code          the only one of the submitted lines with the claim's number, the procedure, day and charge
    uncorrected_member_key          claim_name
    last_name_key
    """,
    follows=CLAIM,
)
_table(
    "other_patient_evidence", "marts", "one open item whose payer decided on the same procedure and primary diagnosis for other patients", "item_id",
    """
    item_id
    other_patient_count
    other_patient_paid_count
    other_patient_denied_count
    other_patient_paid_percent
    """,
)
_column(
    "index",
    denial_number="ordinal of the denial among those of the item, from 1",
    event_number="ordinal of the event among those of the item, from 1",
    round_number="ordinal of the round, from 1: each new denial starts one",
)
_column("date", event_date="day of the event", state_since="day since which item_state holds", follow_up_date="day on which an answer is due")
_column("count", entry_count="entries of the work log")
_column("date", first_appeal_date="day on which the first appeal was sent")
_column("text", "", True, last_note="the latest note")
_column(
    "code",
    item_place="where the item stands: open, waiting, small_balance, nothing_denied, closed",
    change="what a night changed of the item: new, changed, closed, reopened",
)
_column("date", night_date="as-of date of the night", first_night_date="first night on which the item was there")
_column("text", change_reason="what changed and why, in words")
for _name, _kind, _grain in (
    ("item_history_before", "mapping", "as item_history, as the last run left it"),
    ("item_history", "marts", "one item and one night that changed what the worklist says of it"),
):
    _table(
        _name, _kind, _grain, "item_id night_date",
        """
        item_id
        night_date                      run_parameter.as_of_date
        change
        change_reason
        item_place
        item_outcome                    of an item that is closed
        next_step
        deadline
        denied_amount
        paid_amount
        family
        payer_key
        denial_date
        file_id                         of the denial
        segment_index                   of the denial
        precedent_tier
        entry_count
        first_night_date
        """,
        sort="night_date item_id",
        follows=NIGHT if _kind == "marts" else "",
    )
_table(
    "item_before", "steps", "one item that a night before tonight spoke of, as the last of those nights left it", "item_id",
    """
    item_id
    night_date                      the last night before run_parameter.as_of_date
    item_place
    item_outcome                    of an item that is closed
    next_step
    deadline
    denied_amount
    paid_amount
    family
    payer_key
    denial_date
    file_id                         of the denial
    segment_index                   of the denial
    precedent_tier
    entry_count
    first_night_date
    """,
)
_table(
    "item_change", "steps", "one item of which tonight says something else than the night before", "item_id",
    """
    item_id
    night_date                      run_parameter.as_of_date
    change
    change_reason
    item_place
    item_outcome                    of an item that is closed
    next_step                       of a closed item: the last one
    deadline                        of a closed item: the last one
    denied_amount
    paid_amount
    family
    payer_key
    denial_date
    file_id                         of the denial
    segment_index                   of the denial
    precedent_tier
    entry_count
    first_night_date
    """,
)
_table(
    "known_denial", "steps", "one denial as a night before tonight said it", "item_id file_id segment_index night_date",
    """
    item_id                         item_history_before
    file_id
    segment_index                   SVC, or CLP for a claim-level denial
    night_date
    denial_date
    payer_key
    family
    denied_amount
    paid_amount
    """,
)
_table(
    "item_denial", "marts", "one denial of an item by one decision of the payer", "item_id file_id segment_index",
    """
    item_id
    file_id
    segment_index                   SVC, or CLP for a claim-level denial
    claim_segment_index
    denial_number                   by date
    denial_date
    payer_key
    family
    denied_amount
    paid_amount                     at that decision
    denial_basis
    """,
    follows=CLAIM,
)
_column("code", settlement="what stands in the place of a denial that has gone: decided, reclassified, replaced, reversed")
_column("money", "USD", settled_paid_amount="paid by what stands in the place of a denial; empty where that is not one line")
_column("date", settled_date="payment date of what stands in the place of a denial")
_table(
    "item_settlement", "marts", "one item that was denied and is denied no more", "item_id",
    """
    item_id
    file_id                         of the last denial
    segment_index                   SVC, or CLP for a claim-level denial
    claim_segment_index
    settlement
    settled_paid_amount
    settled_date
    payer_name                      of what stands in its place
    patient_control_number          of what stands in its place
    payee_id                        of what stands in its place
    """,
    follows=CLAIM,
)
_column("date", outcome_date="day on which the denial ended", first_deadline="earliest deadline")
_column(
    "count",
    days_taken="days from the denial to its end",
    tried_count="worked items with an outcome that counts",
    success_count="those of tried_count that brought money",
)
_column("money", "USD", recovered_amount="what the payer paid more than at the denial")
_table(
    "item_outcome", "marts", "one denial that has ended", "item_id denial_number",
    """
    item_id
    denial_number
    file_id                         of the denial
    segment_index                   SVC, or CLP for a claim-level denial
    claim_segment_index
    payer_key
    family
    denial_date
    denied_amount
    item_outcome                    mappings/outcome.csv
    outcome_date
    days_taken
    recovered_amount
    worked_steps                    work_log.action between denial and outcome
    """,
    follows=CLAIM,
)
_table(
    "worked_step", "marts", "one step that was worked in a round of an item", "item_id round_number denial_number next_step",
    """
    item_id
    round_number
    denial_number                   the denial that it was worked for
    next_step                       mappings/work_event.csv
    file_id                         of the denial
    claim_segment_index
    payer_key
    family
    item_outcome                    of the round: denied_again where a letter ended it, else of the denial; empty while open
    """,
    follows=CLAIM,
)
_table(
    "step_success", "marts", "one payer, family of denials and step that was worked and has an outcome", "payer_key family next_step",
    """
    payer_key
    family
    next_step
    tried_count
    success_count
    """,
)
_table(
    "item_event", "steps", "one event of an item that somebody worked on, in their order", "item_id event_number",
    """
    item_id
    event_number
    event_date
    event                           work_log.action and coding_outcome; denied and paid from remittances
    work_log_id                     empty for a decision of the payer
    """,
    follows=CLAIM,
)
_table(
    "item_walk", "steps", "one event of an item, with the state it leads to", "item_id event_number",
    """
    item_id
    event_number
    event_date
    event
    work_log_id
    item_state                      before the event
    next_item_state                 mappings/transition.csv
    round_number
    appeal_level                    next one to be used
    """,
    follows=CLAIM,
)
_table(
    "work_state", "marts", "one item that somebody worked on", "item_id",
    """
    item_id
    file_id                         of the last denial
    segment_index                   SVC, or CLP for a claim-level denial
    claim_segment_index
    last_action
    last_action_date
    item_status                     as logged: `waiting` also when the answer is due
    status_since
    owner
    call_reference
    claim_number_from_call
    denial_date_from_call
    appeal_limit_days
    corrected_claim_limit_days
    turnaround_days
    coding_outcome
    denial_reason_from_call
    corrected_diagnosis
    appeal_address
    appeal_fax
    client_continues
    last_worked_by
    last_note
    item_state                      mappings/transition.csv, from event to event
    state_since
    follow_up_date                  start of the wait, and turnaround_days learnt or of mappings/item_state.csv
    appeal_level
    round_number
    first_appeal_date
    entry_count
    """,
    follows=CLAIM,
)
_column("money", "USD", last_denied_amount="denied by the last denial of the item")
_column("flag", is_first_of_claim="no item of the claim was denied before this one")
_table(
    "denied_item", "marts", "one item that was ever denied", "item_id",
    """
    item_id
    file_id                         of the first denial
    segment_index                   SVC, or CLP for a claim-level denial
    claim_segment_index
    denial_date                     of the first denial
    denied_amount                   by the first denial
    is_first_of_claim
    charge_amount                   of the claim, where is_first_of_claim
    first_appeal_date
    item_outcome                    of the last denial; empty while it stands
    outcome_date
    last_denied_amount              where the last denial has ended
    """,
    follows=CLAIM,
)
_table(
    "open_item", "marts", "one denied line that no biller's word has closed", "item_id",
    """
    item_id
    file_id                         of the denial
    segment_index                   SVC, or CLP for a claim-level denial
    claim_segment_index
    line_segment_index              empty for a claim-level denial
    claim_key
    payer_key
    payer_id                        of the claim payment
    payer_name
    payer_family
    payer_phone
    payer_fax
    payee_npi
    payee_tax_number
    patient_last_name
    patient_first_name
    member_id
    patient_control_number
    payer_claim_control_number
    filing_indicator_code
    denial_date
    denial_date_basis
    denied_amount
    charge_amount
    paid_amount
    group_code
    reason_codes
    remark_codes
    family
    family_basis
    medical_necessity
    rule_id
    guard
    has_frequency_signal
    policy_id
    flags
    item_state                      where nothing is logged: the start of mappings/item_state.csv
    state_since
    item_status                     as logged: `waiting` also when the answer is due
    status_since
    follow_up_date
    appeal_level                    1 where nothing is logged
    claim_number_from_call
    denial_date_from_call
    denial_reason_from_call
    appeal_limit_days
    corrected_claim_limit_days
    appeal_address
    appeal_fax
    corrected_diagnosis
    client_continues
    owner
    call_reference
    last_action
    last_action_date
    last_worked_by
    last_note
    entry_count
    """,
    follows=CLAIM,
)
_table(
    "closed_item", "marts", "one denied line that a biller's word has closed", "item_id",
    """
    item_id
    file_id                         of the denial
    segment_index                   SVC, or CLP for a claim-level denial
    claim_segment_index
    payer_key
    payer_name
    patient_control_number
    payee_id                        claim_payment.payee_npi, else payee_tax_number
    denial_date
    denied_amount
    paid_amount
    family
    item_outcome
    status_since                    day on which it was closed
    last_action
    entry_count
    """,
    follows=CLAIM,
)
_table(
    "deadline", "marts", "one open item and one action that has a limit", "item_id deadline_action",
    """
    item_id
    deadline_action
    deadline_rule_id
    anchor_date
    anchor_source
    deadline
    work_by_date
    days_left
    deadline_state
    is_deadline_verified
    deadline_basis
    """,
)
_table(
    "situation", "steps", "one open item, described by what the rules of next_step.csv look at", "item_id",
    """
    item_id
    client
    works_past_limit
    continue_basis
    family
    medical_necessity
    guard
    frequency_signal
    precedent_class
    payer_family
    medicare_part
    group_code
    code_next_step
    diagnosis_known
    item_state
    item_status
    appeal_state
    corrected_claim_state
    reopening_state
    new_claim_state
    situation_key
    """,
)
_table(
    "situation_rule", "steps", "one distinct situation", "situation_key",
    """
    situation_key
    rule_id
    """,
)
_table(
    "decision", "marts", "one open item", "item_id",
    """
    item_id
    next_step
    next_step_rule_id
    next_step_reason
    client
    deadline_action
    deadline_rule_id
    deadline
    work_by_date
    days_left
    deadline_state
    deadline_basis
    is_deadline_verified
    is_worked_past_limit
    item_state
    item_status
    follow_up_date
    appeal_level
    """,
)
_table(
    "payer_price", "steps", "one payer and procedure, and one payer for all procedures (procedure `any`)", "payer_key billed_procedure_code",
    """
    payer_key
    billed_procedure_code
    paid_line_count
    allowed_per_ten_thousand
    """,
)
_table(
    "expected_recovery", "marts", "one open item", "item_id",
    """
    item_id
    expected_allowed_amount
    expected_allowed_basis
    success_rate
    success_rate_basis
    step_cost_amount
    expected_recovery_amount
    is_not_worth_its_cost
    """,
)
_table(
    "ranking", "marts", "one open item that is worked: not set aside as a small balance", "item_id",
    """
    item_id
    urgency_tier
    urgency
    urgency_weight
    priority_amount
    rank
    """,
)
_table(
    "worklist", "marts", "one denied line, or one claim denied at claim level, that is to be worked", "item_id",
    """
    item_id
    rank
    next_step
    next_step_reason
    deadline
    deadline_basis
    days_left
    expected_recovery_amount
    success_rate
    success_rate_basis
    denied_amount
    payer_name
    payer_id
    patient_name
    member_id
    patient_control_number
    payer_claim_control_number
    service_date
    procedure_code
    modifiers
    diagnosis_codes
    diagnosis_basis
    group_code
    reason_codes
    remark_codes
    family
    family_basis
    denial_date
    denial_date_basis
    precedent_tier
    precedent_claim_number
    precedent_paid_date
    precedent_paid_amount
    precedent_trace_number
    precedent_count
    counter_evidence
    policy_id
    payer_phone
    payer_fax
    owner
    status
    status_since
    call_reference
    flags
    rule_id
    source
    client
    work_by_date
    urgency_tier
    urgency
    charge_amount
    paid_amount
    expected_allowed_amount
    expected_allowed_basis
    step_cost_amount
    precedent_strength
    precedent_service_date
    precedent_allowed_amount
    precedent_age_months
    precedent_differences
    other_patient_count
    other_patient_paid_count
    other_patient_denied_count
    match_method
    match_confidence
    payer_family
    next_step_rule_id
    deadline_rule_id
    is_deadline_verified
    item_state
    follow_up_date
    appeal_level
    denial_reason_from_call
    appeal_address
    appeal_fax
    corrected_diagnosis
    last_action
    last_action_date
    last_worked_by
    last_note
    first_night_date
    urgency_weight
    priority_amount
    """,
    sort="rank",
)
_table(
    "worklist_excluded", "marts", "one open item that is not on the worklist", "item_id",
    """
    item_id
    exclusion_reason                nothing_denied, or small_balance: below the threshold of the site
    denied_amount
    family
    next_step
    file_id
    segment_index
    """,
)
_table(
    "worklist_delta", "marts", "one item that tonight is new, changed, closed or taken up again", "item_id",
    """
    change
    change_reason
    item_id
    item_place
    item_outcome                    of an item that is closed
    recovered_amount
    days_taken
    worked_steps
    rank                            of an item on the worklist
    next_step
    deadline
    denied_amount
    payer_name
    patient_control_number
    family
    owner
    client
    """,
    sort="change item_id",
)
_table(
    "small_balance", "marts", "one payer, family and next step of lines whose denied amount is below the threshold", "payer_key family next_step",
    """
    payer_key
    payer_name
    family
    next_step
    item_count
    denied_amount
    expected_recovery_amount
    first_deadline
    """,
    sort="denied_amount payer_key family next_step",
)
_table(
    "run_summary_delta", "marts", "one change and outcome of tonight", "change item_outcome",
    """
    change
    item_outcome                    empty text where the item is not closed
    item_count
    denied_amount
    recovered_amount
    """,
)
_table(
    "run_summary_family", "marts", "one family of denials", "family",
    """
    family
    item_count
    denied_amount
    worklist_count
    worklist_denied_amount
    expected_recovery_amount
    """,
)
_table(
    "run_summary_step", "marts", "one next step", "next_step",
    """
    next_step
    item_count
    denied_amount
    expected_recovery_amount
    due_within_week_count
    """,
)
_table(
    "run_summary_m1", "marts", "one remark code that the client reads in its own way, and one reason code it came with", "remark_code reason_code",
    """
    remark_code
    reason_code
    item_count
    denied_amount
    label_only_count
    """,
)
_table(
    "unmapped_code", "marts", "one reason code of denials that no rule knows, and the remark codes beside it", "reason_code remark_codes",
    """
    reason_code                     none where the adjustment has none
    remark_codes
    item_count
    denied_amount                   of the adjustments with the reason code
    first_seen_date
    last_seen_date
    """,
)

# --------------------------------------------------------------------------------------------------------------------
# What the report shows, and analysts ask
# --------------------------------------------------------------------------------------------------------------------
_column("date", month_date="first day of the month")
_column("flag", is_balanced="the remittance is whole, and no balance of it is broken")
_column(
    "count",
    balance_error_count="findings of category balance and severity error in the remittance",
    denied_per_ten_thousand="what is denied of 10,000 charged",
    share_per_ten_thousand="what the reason holds of 10,000 denied",
    running_per_ten_thousand="what the reason and those before it hold of 10,000 denied",
    average_decision_days="days from the receipt of a claim to its payment date, on average, without a fraction",
    ended_count="denials that have ended in a way that counts",
    won_count="those of ended_count that brought money",
)
_column("index", pareto_number="place of the reason by denied dollars, from 1")
_table(
    "remittance_summary", "marts", "one remittance of the facts: one payment", "file_id segment_index",
    """
    file_id
    segment_index                   ST
    trace_number
    payment_date
    payment_amount
    payment_method_code
    payer_key
    payer_name
    payee_name
    claim_count                     CLP segments
    is_complete
    is_balanced                     finding
    balance_error_count             finding
    is_accepted                     remittance_status
    exclusion_reason                remittance_status
    """,
)
_table(
    "denial_trend", "marts", "one payer and month in which it decided", "month_date payer_key",
    """
    month_date                      of denial_date
    payer_key
    payer_name
    claim_count                     claim payments that stand
    charge_amount                   of these
    item_count                      denials, ended ones too
    denied_amount                   of these
    denied_per_ten_thousand         empty where nothing was charged
    """,
)
_table(
    "carc_pareto", "marts", "one reason code of denials that stand", "reason_code",
    """
    pareto_number
    reason_code                     none where the adjustment has none
    wording                         carc; empty where the code is in no list
    item_count
    denied_amount                   of the adjustments with the reason code
    share_per_ten_thousand
    running_per_ten_thousand
    """,
    sort="pareto_number",
)
_table(
    "payer_scorecard", "marts", "one payer that has decided about a claim", "payer_key",
    """
    payer_key
    payer_name
    claim_count                     claim payments, by the latest decision about each claim
    charge_amount                   of these
    paid_amount                     of these
    average_decision_days           empty where no date of receipt is known
    item_count
    denied_amount
    denied_per_ten_thousand         empty where nothing was charged
    worklist_count
    worklist_denied_amount
    expected_recovery_amount        of the lines on the worklist
    ended_count
    won_count
    recovered_amount                of ended denials
    """,
)

_column(
    "code",
    measure="measure of mappings/claim_integrity_measure.csv",
    measure_unit="what measure_value counts: per_ten_thousand or days",
    definition_basis="source: the formula stands in the source; ours: our reading of the measure that the source names",
    computable="what the measure takes: yes (an 835), with_837, with_work_log, partly, no",
    reduction_codes="reason codes of what was taken off the charge and is not the patient's, joined by a space",
)
_column(
    "text",
    numerator="what is counted above the line, in words",
    denominator="what is counted below the line, in words",
    limits="what the measure counts here, and what the data cannot say",
)
_column("date", period_to_date="last day of the period: of the month, or the day of the run", received_date="day on which the file arrived: its modification time, UTC")
_column(
    "count",
    denial_count="denials, ended ones too: each decision that denied an item again is one",
    standing_count="denials without an end yet",
    worked_count="denials for which a step was worked, by the work log",
    unbalanced_count="remittances that are cut off or have a broken balance",
    not_counted_count="remittances that do not count: copies and the like",
    error_count="findings of severity error",
    warning_count="findings of severity warning",
    information_count="findings of severity information",
    unmatched_count="denied lines without a submitted line or claim",
    unmatched_per_ten_thousand="what unmatched_count is of 10,000 denied lines",
    unknown_diagnosis_count="denied lines whose diagnosis is unknown",
    unknown_diagnosis_per_ten_thousand="what unknown_diagnosis_count is of 10,000 denied lines",
    usual_count="earlier lines of the same service with usual_allowed_amount",
    earlier_count="earlier lines of the same service, with any amount",
    remittance_count="remittances: ST of an 835",
    measure_number="number of the measure among the six, from 1",
    upper_count="numerator: claims, lines or days, or money in cents",
    lower_count="denominator in the same unit; three months of submitted claims stand against three times the numerator",
    measure_value="upper_count over lower_count, in measure_unit, cut off; empty where a part is not known",
)
_column(
    "money",
    "USD",
    standing_amount="denied on denials without an end yet",
    worked_amount="denied on those of worked_count",
    ended_amount="denied on those of ended_count",
    won_amount="denied on those of won_count",
    usual_allowed_amount="what the payer allowed for more than half of the lines of the same service in earlier months",
    shortfall_amount="usual_allowed_amount, or the charge where that is less, less what was allowed now",
)
_table(
    "claim_integrity_measure", "mapping", "one measure of HFMA's Claim Integrity Task Force", "measure",
    """
    measure                         mappings/claim_integrity_measure.csv
    measure_number
    wording
    numerator
    denominator
    measure_unit
    definition_basis
    computable
    limits
    rule_source
    """,
)
_table(
    "recovery_funnel", "marts", "one payer and family of denials", "payer_key family",
    """
    payer_key
    payer_name
    family
    denial_count                    item_denial
    denied_amount
    standing_count                  no row of item_outcome
    standing_amount
    worked_count                    work_log between the denial and the next
    worked_amount
    ended_count                     item_outcome, mappings/outcome.csv
    ended_amount
    won_count
    won_amount
    recovered_amount                of those that were won
    """,
)
_column("code", price_key="hash of what must be the same before two allowed amounts are compared, with reduction_codes")
_table(
    "price_line", "marts", "one paid service line whose price can be compared with that of others", "file_id segment_index",
    """
    file_id
    segment_index                   SVC
    claim_segment_index
    price_key                       payer, kind of plan, payee, place, procedure, modifiers in any order, units, reduction_codes
    reduction_codes                 classified_adjustment, what the patient bears left out
    allowed_amount                  charge less CO, OA and PI adjustments
    payment_date
    """,
    follows=CLAIM,
)
_column("index", month_number="month, counted from the year 0 with twelve a year")
_column("date", last_paid_date="last day on which the usual amount was allowed")
_table(
    "low_price", "steps", "one price, month and allowed amount below what was usual in the months before", "price_key month_number allowed_amount",
    """
    price_key                       price_line
    month_number                    price_line.payment_date
    allowed_amount
    usual_allowed_amount
    usual_count
    earlier_count
    last_paid_date                  of usual_allowed_amount, in the months before
    """,
)
_table(
    "low_line", "steps", "one paid line for which the payer allowed less than it usually allowed for the same before", "file_id segment_index",
    """
    file_id
    segment_index                   price_line
    reduction_codes
    usual_allowed_amount
    usual_count
    earlier_count
    precedent_file_id               of the first line on last_paid_date with usual_allowed_amount
    precedent_segment_index
    """,
)
_table(
    "underpayment", "marts", "one paid line for which the payer allowed less than it usually allowed for the same before", "file_id segment_index",
    """
    file_id
    segment_index                   SVC
    claim_key
    payer_key
    payer_name
    filing_indicator_code           the same on both sides
    payee_npi                       the same on both sides
    patient_control_number
    payer_claim_control_number
    trace_number
    payment_date
    service_date
    billed_procedure_code           the same on both sides
    modifiers                       the same on both sides, in any order
    paid_units                      the same on both sides
    reduction_codes                 the same on both sides
    charge_amount
    paid_amount
    allowed_amount                  charge less CO, OA and PI adjustments
    usual_allowed_amount
    shortfall_amount
    usual_count
    earlier_count
    precedent_file_id               the latest of usual_count
    precedent_segment_index
    precedent_claim_number
    precedent_service_date
    precedent_paid_date
    precedent_trace_number
    """,
    sort="payment_date file_id segment_index",
)
_table(
    "data_quality", "marts", "one file and one payer that it has remittances of", "file_id payer_key",
    """
    file_id
    payer_key                       none for a file without remittances, and for what is found outside any
    payer_name
    file_name
    received_date                   source_file
    kind
    file_status
    quarantine_code
    remittance_count
    unbalanced_count                remittance_summary
    not_counted_count               remittance_status
    claim_count                     remittance; source_file where there is none
    line_count                      remittance; source_file where there is none
    error_count                     finding
    warning_count                   finding
    information_count               finding
    item_count                      denied_line
    unmatched_count                 denied_service
    unmatched_per_ten_thousand      empty where nothing was denied
    unknown_diagnosis_count         denied_service
    unknown_diagnosis_per_ten_thousand  empty where nothing was denied
    """,
)
_table(
    "claim_integrity", "marts", "one measure of HFMA's Claim Integrity Task Force and one month", "month_date measure",
    """
    month_date
    measure
    measure_number
    wording                         mappings/claim_integrity_measure.csv
    period_to_date
    upper_count
    lower_count
    measure_value
    measure_unit                    mappings/claim_integrity_measure.csv
    computable                      mappings/claim_integrity_measure.csv
    limits                          mappings/claim_integrity_measure.csv
    """,
    sort="month_date measure_number measure",
)
