"""Whose evidence a night can have changed, and what has to be looked at for that.

What a denied line rests on are payments of its patient. Two payments are of one patient where they share a key: the member id
at a payer, as corrected, or the name. From what a night touched follow three sets of claim payments:

    changed    those whose own match can be another one than before: of touched claims; those that a new submitted claim may
               answer by something else than their number, where no claim has that; those that a take-back names, or names no
               more; those whose member id was corrected; those of patients who are wanted now for a procedure, or no more.
    rewritten  those, and the open denied ones that share a key with them, or with a line of paid history that is another one than
               before: their rows are written anew, and all others are as they were.
    claim      those, and all that share a key with an open denied one of them: what the models read. One step is enough, because
               a payment's own match rests on itself, on what was submitted for it, and on small tables that are whole.

The keys of a payment before the night count as those after it do. All is found in narrow columns of kept tables. What is found
may be too much; too little would leave a row that is wrong.
"""

from __future__ import annotations

from collections.abc import Iterable

import duckdb

from pipeline.tables import OF_PATIENTS

# The schema of the tables that hold what touched patients reach.
REACHED = "reached"
# No more than the control numbers that claim_candidate takes for the beginning of a longer one have.
CUT_CHARACTERS = 8
# The ids by which a payer names the patient of a claim.
NAMED_MEMBERS = ("named_member_key", "insured_key", "patient_id_key")
# The marts of claims that are asked here.
READS = ("claim_name", "denied_patient", "open_item")
# What is asked here of a table that the models read.
COLUMNS = {"claim_name": ("control_number", "payer_claim_key", "charge_amount", "has_numbered_claim", *NAMED_MEMBERS)}


def find(connection: duckdb.DuckDBPyConnection) -> None:
    """Makes the tables `changed`, `rewritten` and `claim` of the schema REACHED. The schema `main` holds the tables of
    this night, `before` those of the generation before, `touched` the touched claims, `arrived` the new submitted ones."""
    connection.execute(f"CREATE SCHEMA {REACHED}")
    for name in OF_PATIENTS:
        compare(connection, REACHED, name)
    _find_changed(connection)
    _find_rewritten(connection)
    _find_claims(connection)


def compare(connection: duckdb.DuckDBPyConnection, schema: str, name: str) -> None:
    """Makes the table <name>_changed of a schema: the rows of a small table that are not in both generations."""
    connection.execute(f"""
        CREATE TABLE {schema}.{name}_changed AS
        (FROM main.{name} EXCEPT FROM before.{name}) UNION ALL (FROM before.{name} EXCEPT FROM main.{name})
    """)


def _joined(table: str, alias: str) -> str:
    """The join of a claim or denial, named `named`, with what its member id was corrected to."""
    return f"""
        LEFT JOIN {table} AS {alias}
            ON {alias}.payer_key = named.payer_key
            AND {alias}.last_name_key = named.last_name_key
            AND {alias}.alias_key = named.uncorrected_member_key
    """


def _member(alias: str) -> str:
    return f"coalesce({alias}.corrected_key, named.uncorrected_member_key)"


def _sharing(named: str, corrected: str, member_key: str, keys: str) -> tuple[str, str]:
    """The claims or denials, named `named`, that share a key with those of a table: by member id, and by name. `corrected`: what
    `member_key` joins."""
    by_name = f"SEMI JOIN {REACHED}.{keys} AS key ON key.payer_key = '' AND key.patient_key = named.person_name_key"
    by_member = f"""
        SEMI JOIN {REACHED}.{keys} AS key
            ON key.payer_key <> '' AND key.payer_key = named.payer_key AND key.patient_key = {member_key}
    """
    return f"{named} AS named {corrected} {by_member}", f"{named} AS named {by_name}"


def _find_changed(connection: duckdb.DuckDBPyConnection) -> None:
    """Claim payments whose own match can be another one, with their keys of now and before. Each cause is looked for by itself,
    in the columns that it needs: most nights have few of them."""
    connection.execute(f"""
        CREATE TABLE {REACHED}.alias_changed AS
        SELECT DISTINCT payer_key, last_name_key, alias_key FROM {REACHED}.member_alias_changed
    """)
    charged = "SELECT (member_key, charge_amount) FROM arrived.submitted_name WHERE member_key <> ''"
    causes = [
        "touched.claim_name AS named",
        f"""main.claim_name AS named
            SEMI JOIN {REACHED}.alias_changed AS alias
                ON alias.payer_key = named.payer_key
                AND alias.last_name_key = named.last_name_key
                AND alias.alias_key = named.uncorrected_member_key""",
        f"""main.claim_name AS named
            SEMI JOIN {REACHED}.provider_adjustment_detail_changed AS detail ON detail.claim_key = named.claim_key""",
        f"""main.claim_name AS named
            WHERE NOT named.has_numbered_claim AND (
                named.payer_claim_key IN (SELECT payer_claim_key FROM arrived.submitted_name WHERE payer_claim_key <> '')
                OR named.control_number IN (
                    SELECT left(claim.control_number, part.characters)
                    FROM arrived.submitted_name AS claim
                    CROSS JOIN unnest(generate_series({CUT_CHARACTERS}, length(claim.control_number) - 1)) AS part(characters)
                )
                OR {" OR ".join(f"(named.{name}, named.charge_amount) IN ({charged})" for name in NAMED_MEMBERS)}
            )""",
        *_sharing("main.claim_name", _joined("main.member_alias", "alias"), _member("alias"), "wanted_patient_changed"),
    ]
    connection.execute(f"""
        CREATE TABLE {REACHED}.changed AS
        SELECT named.file_id, named.segment_index, named.payer_key, named.person_name_key,
            {_member("alias")} AS member_key, {_member("alias_before")} AS member_key_before
        FROM main.claim_name AS named
        SEMI JOIN ({_payments(causes)}) AS found ON found.file_id = named.file_id AND found.segment_index = named.segment_index
        {_joined("main.member_alias", "alias")}
        {_joined("before.member_alias", "alias_before")}
    """)


def _find_rewritten(connection: duckdb.DuckDBPyConnection) -> None:
    """Claim payments whose rows are written anew: what was touched and changed, and denials that share a key with it."""
    connection.execute(f"""
        CREATE TABLE {REACHED}.key AS
        WITH of_payment AS (
            SELECT payer_key, member_key, person_name_key FROM {REACHED}.changed
            UNION ALL
            SELECT payer_key, member_key_before, person_name_key FROM {REACHED}.changed
            UNION ALL
            SELECT named.payer_key, {_member("alias_before")}, named.person_name_key
            FROM before.claim_name AS named
            {_joined("before.member_alias", "alias_before")}
            WHERE (named.file_id, named.segment_index) IN (SELECT (file_id, segment_index) FROM touched.claim)
            UNION ALL
            SELECT payer_key, member_key, person_name_key FROM {REACHED}.paid_history_line_changed
        )
        {_keys("of_payment")}
    """)
    connection.execute(f"""
        CREATE TABLE {REACHED}.denied AS
        SELECT DISTINCT named.file_id, named.claim_segment_index AS segment_index, named.payer_key, named.person_name_key,
            {_member("alias")} AS member_key
        FROM main.denied_patient AS named
        {_joined("main.member_alias", "alias")}
        SEMI JOIN main.open_item ON open_item.item_id = named.item_id
    """)
    connection.execute(f"""
        CREATE TABLE {REACHED}.rewritten AS
        SELECT file_id, segment_index FROM touched.claim
        UNION
        SELECT file_id, segment_index FROM {REACHED}.changed
        UNION
        {_payments(_sharing(f"{REACHED}.denied", "", "named.member_key", "key"))}
    """)


def _keys(payments: str) -> str:
    """The keys of payments, as wanted_patient writes them: without a payer where the patient goes by name."""
    return f"""
        SELECT payer_key, member_key AS patient_key FROM {payments} WHERE member_key IS NOT NULL
        UNION
        SELECT '', person_name_key FROM {payments} WHERE person_name_key IS NOT NULL
    """


def _payments(sources: Iterable[str]) -> str:
    """The claim payments of some sources, once each."""
    return " UNION ".join(f"SELECT named.file_id, named.segment_index FROM {source}" for source in sources)


def _find_claims(connection: duckdb.DuckDBPyConnection) -> None:
    """Claim payments that the models read."""
    connection.execute(f"""
        CREATE TABLE {REACHED}.denied_key AS
        WITH rewritten_denial AS (
            SELECT denied.payer_key, denied.member_key, denied.person_name_key
            FROM {REACHED}.denied
            SEMI JOIN {REACHED}.rewritten ON rewritten.file_id = denied.file_id AND rewritten.segment_index = denied.segment_index
        )
        {_keys("rewritten_denial")}
    """)
    connection.execute(f"""
        CREATE TABLE {REACHED}.claim AS
        SELECT file_id, segment_index FROM {REACHED}.rewritten
        UNION
        {_payments(_sharing("main.claim_name", _joined("main.member_alias", "alias"), _member("alias"), "denied_key"))}
    """)


def find_submitted(connection: duckdb.DuckDBPyConnection) -> None:
    """Makes the table `submitted` of the schema REACHED: claims that any step of claim_candidate's ladder may take for one of a
    payment there; for one with has_numbered_claim, the step by the control number alone. The schema must have claim_name."""
    names, others = f"{REACHED}.claim_name", f"{REACHED}.unnumbered"
    connection.execute(f"CREATE TABLE {others} AS FROM {names} WHERE NOT has_numbered_claim")
    lengths = connection.execute(f"""
        SELECT DISTINCT length(control_number) AS characters
        FROM {others}
        WHERE length(control_number) >= {CUT_CHARACTERS}
        ORDER BY characters
    """).fetchall()
    cut = [f"left(claim.control_number, {characters}) IN (SELECT control_number FROM {others})" for (characters,) in lengths]
    charged = " UNION ".join(f"SELECT ({name}, charge_amount) FROM {others} WHERE {name} <> ''" for name in NAMED_MEMBERS)
    connection.execute(f"""
        CREATE TABLE {REACHED}.submitted AS
        SELECT claim.file_id, claim.segment_index
        FROM main.submitted_name AS claim
        SEMI JOIN (SELECT ltrim(control_number, '0') AS control_key FROM {names}) AS named
            ON named.control_key = claim.control_key AND named.control_key <> ''
        UNION
        SELECT claim.file_id, claim.segment_index
        FROM main.submitted_name AS claim
        WHERE EXISTS (FROM {others}) AND (
            claim.payer_claim_key IN (SELECT payer_claim_key FROM {others} WHERE payer_claim_key <> '')
            OR (claim.member_key, claim.charge_amount) IN ({charged})
            {" ".join(f"OR {condition}" for condition in cut)}
        )
    """)
