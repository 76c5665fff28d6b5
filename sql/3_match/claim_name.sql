-- Grain: one claim payment that stands. Reads claim_payment_current, claim_payment, service_line_current.
-- Why: by what names a payer speaks of a claim and its patient, as the remittance says them and as they are compared, beside what
-- a caller needs of it. Made once and kept: the night looks among all claims by these narrow keys. Member ids are compared without
-- blanks and hyphens, which people write and payers leave out.
WITH with_lines AS (
    SELECT DISTINCT file_id, claim_segment_index
    FROM service_line_current
),
named AS (
    SELECT
        payment.file_id,
        payment.segment_index,
        payment.claim_key,
        payment.payer_key,
        nullif(translate(upper(payment.member_id), ' -', ''), '') AS named_member_key,
        coalesce(regexp_replace(upper(payment.patient_last_name), '[^A-Z]', '', 'g'), '') AS last_name_key,
        nullif(regexp_replace(split_part(upper(trim(payment.patient_first_name)), ' ', 1), '[^A-Z]', '', 'g'), '') AS first_name_key,
        nullif(translate(upper(claim.insured_id), ' -', ''), '') AS insured_key,
        nullif(translate(upper(claim.patient_id), ' -', ''), '') AS patient_id_key,
        upper(trim(payment.patient_control_number)) AS control_number,
        nullif(upper(trim(payment.payer_claim_control_number)), '') AS payer_claim_key,
        payment.payer_claim_control_number,
        payment.claim_status_code,
        coalesce(payment.payee_npi, payment.payee_tax_number) AS payee_id,
        payment.charge_amount,
        payment.paid_amount,
        payment.statement_from_date,
        payment.denial_date AS decided_date,
        payment.payment_date,
        payment.trace_number,
        with_lines.file_id IS NOT NULL AS has_lines
    FROM claim_payment_current AS payment
    LEFT JOIN claim_payment AS claim ON claim.file_id = payment.file_id AND claim.segment_index = payment.segment_index
    LEFT JOIN with_lines ON with_lines.file_id = payment.file_id AND with_lines.claim_segment_index = payment.segment_index
)
SELECT
    file_id,
    segment_index,
    claim_key,
    payer_key,
    named_member_key,
    last_name_key,
    first_name_key,
    CASE
        WHEN last_name_key <> '' AND first_name_key IS NOT NULL THEN concat_ws('|', last_name_key, first_name_key)
    END AS person_name_key,
    insured_key,
    patient_id_key,
    control_number,
    payer_claim_key,
    payer_claim_control_number,
    claim_status_code,
    payee_id,
    charge_amount,
    paid_amount,
    statement_from_date,
    decided_date,
    payment_date,
    trace_number,
    has_lines
FROM named
