-- Grain: one claim payment that stands. Reads claim_payment_current, claim_payment, service_line_current, submitted_name.
-- Why: by what names a payer speaks of a claim and its patient, as the remittance says them and as they are compared, beside what
-- a caller needs of it. Made once and kept: the night looks among all claims by these narrow keys. Member ids are compared without
-- blanks and hyphens, which people write and payers leave out. Where the payer names no member, the claims that were submitted
-- under the control number and an agreeing name do, if they agree. Where a claim has the control number and the member id, no other
-- step of the matching ladder is ever taken.
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
        nullif(translate(upper(claim.corrected_insured_id), ' -', ''), '') AS corrected_key,
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
),
numbered AS (
    SELECT DISTINCT named.file_id, named.segment_index
    FROM submitted_name AS claim
    INNER JOIN named ON ltrim(named.control_number, '0') = claim.control_key
    WHERE claim.control_key <> ''
        AND NOT claim.is_void
        AND (
            claim.member_key = named.named_member_key
            OR claim.member_key = named.insured_key
            OR claim.member_key = named.patient_id_key
        )
),
nameless AS (
    SELECT file_id, segment_index, last_name_key, first_name_key, ltrim(control_number, '0') AS control_key
    FROM named
    WHERE named_member_key IS NULL AND ltrim(control_number, '0') <> ''
),
billed AS (
    SELECT
        nameless.file_id,
        nameless.segment_index,
        nameless.last_name_key,
        nameless.first_name_key,
        claim.member_key,
        claim.last_name_key AS billed_last_name_key,
        claim.first_name_key AS billed_first_name_key
    FROM submitted_name AS claim
    INNER JOIN nameless ON nameless.control_key = claim.control_key
),
billed_member AS (
    SELECT file_id, segment_index, min(member_key) AS member_key
    FROM billed
    WHERE coalesce(
        starts_with(billed_last_name_key, last_name_key) OR starts_with(last_name_key, billed_last_name_key), TRUE
    )
        AND coalesce(
            starts_with(billed_first_name_key, first_name_key) OR starts_with(first_name_key, billed_first_name_key), TRUE
        )
    GROUP BY file_id, segment_index
    HAVING min(member_key) = max(member_key)
)
SELECT
    named.file_id,
    named.segment_index,
    named.claim_key,
    named.payer_key,
    named.named_member_key,
    coalesce(named.named_member_key, billed_member.member_key) AS uncorrected_member_key,
    named.last_name_key,
    named.first_name_key,
    CASE
        WHEN named.last_name_key <> '' AND named.first_name_key IS NOT NULL
            THEN concat_ws('|', named.last_name_key, named.first_name_key)
    END AS person_name_key,
    named.insured_key,
    named.patient_id_key,
    named.corrected_key,
    named.control_number,
    named.payer_claim_key,
    named.payer_claim_control_number,
    named.claim_status_code,
    named.payee_id,
    named.charge_amount,
    named.paid_amount,
    named.statement_from_date,
    named.decided_date,
    named.payment_date,
    named.trace_number,
    named.has_lines,
    numbered.file_id IS NOT NULL AS has_numbered_claim
FROM named
LEFT JOIN billed_member ON billed_member.file_id = named.file_id AND billed_member.segment_index = named.segment_index
LEFT JOIN numbered ON numbered.file_id = named.file_id AND numbered.segment_index = named.segment_index
