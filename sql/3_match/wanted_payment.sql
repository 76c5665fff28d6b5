-- Grain: one claim payment that is matched: of a wanted line, denied at claim level, or without lines. Reads wanted_line,
-- denied_line, claim_member, claim_payment_current, claim_payment, service_line_current, file_number.
-- Why: the small side of the claim part of the ladder, with the keys by which payers name a claim and what a caller needs of it.
-- The corrected member id is not the one that was submitted, so every id that the payer names counts. Member ids are compared
-- without blanks and hyphens, which people write and payers leave out.
WITH with_lines AS (
    SELECT DISTINCT file_number.file_number * 4294967296 + line.claim_segment_index AS payment_key
    FROM service_line_current AS line
    INNER JOIN file_number ON file_number.file_id = line.file_id
),
wanted AS (
    SELECT DISTINCT payment_key FROM wanted_line
    UNION
    SELECT member.payment_key
    FROM claim_member AS member
    LEFT JOIN with_lines ON with_lines.payment_key = member.payment_key
    WHERE with_lines.payment_key IS NULL
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
    upper(trim(payment.patient_control_number)) AS control_number,
    ltrim(upper(trim(payment.patient_control_number)), '0') AS control_key,
    nullif(upper(trim(payment.payer_claim_control_number)), '') AS payer_claim_key,
    nullif(translate(upper(claim.insured_id), ' -', ''), '') AS insured_key,
    nullif(translate(upper(claim.patient_id), ' -', ''), '') AS patient_id_key,
    nullif(translate(upper(payment.member_id), ' -', ''), '') AS named_member_key,
    payment.charge_amount,
    payment.statement_from_date,
    payment.denial_date AS decided_date,
    payment.claim_key,
    payment.payer_claim_control_number,
    payment.claim_status_code,
    coalesce(payment.payee_npi, payment.payee_tax_number) AS payee_id,
    payment.paid_amount,
    payment.payment_date,
    payment.trace_number,
    with_lines.payment_key IS NOT NULL AS has_lines
FROM wanted
INNER JOIN claim_member AS member ON member.payment_key = wanted.payment_key
LEFT JOIN with_lines ON with_lines.payment_key = member.payment_key
LEFT JOIN claim_payment_current AS payment ON payment.file_id = member.file_id AND payment.segment_index = member.segment_index
LEFT JOIN claim_payment AS claim ON claim.file_id = member.file_id AND claim.segment_index = member.segment_index
