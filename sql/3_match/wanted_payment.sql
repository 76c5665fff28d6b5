-- Grain: one claim payment that is matched: of a wanted line, denied at claim level, or without lines. Reads wanted_line,
-- denied_line, claim_member, claim_name.
-- Why: the small side of the claim part of the ladder, with the keys by which payers name a claim and what a caller needs of it.
-- The corrected member id is not the one that was submitted, so every id that the payer names counts.
WITH wanted AS (
    SELECT DISTINCT payment_key FROM wanted_line
    UNION
    SELECT payment_key FROM claim_member WHERE NOT has_lines
    UNION
    SELECT member.payment_key
    FROM denied_line
    INNER JOIN claim_member AS member
        ON member.file_id = denied_line.file_id AND member.segment_index = denied_line.claim_segment_index
    WHERE denied_line.line_segment_index IS NULL
)
SELECT
    member.file_id,
    member.segment_index,
    member.payment_key,
    member.payer_key,
    member.member_key,
    member.last_name_key,
    member.first_name_key,
    named.control_number,
    ltrim(named.control_number, '0') AS control_key,
    named.payer_claim_key,
    named.insured_key,
    named.patient_id_key,
    named.named_member_key,
    named.charge_amount,
    named.statement_from_date,
    named.decided_date,
    named.claim_key,
    named.payer_claim_control_number,
    named.claim_status_code,
    named.payee_id,
    named.paid_amount,
    named.payment_date,
    named.trace_number,
    member.has_lines
FROM wanted
INNER JOIN claim_member AS member ON member.payment_key = wanted.payment_key
LEFT JOIN claim_name AS named ON named.file_id = member.file_id AND named.segment_index = member.segment_index
