-- Grain: one submitted claim of the facts. Reads submitted_claim, claim_frequency.
-- Why: by what a payer's decision names a claim, as it is compared. Made once, when the file of the claim comes, and kept: a night
-- looks among all claims that were ever submitted by these narrow keys. Member ids are compared without blanks and hyphens, which
-- people write and payers leave out; control numbers without zeros in front.
SELECT
    claim.file_id,
    claim.segment_index,
    upper(trim(claim.patient_control_number)) AS control_number,
    ltrim(upper(trim(claim.patient_control_number)), '0') AS control_key,
    nullif(upper(trim(claim.original_claim_number)), '') AS payer_claim_key,
    nullif(translate(upper(claim.subscriber_id), ' -', ''), '') AS member_key,
    nullif(regexp_replace(upper(claim.patient_last_name), '[^A-Z]', '', 'g'), '') AS last_name_key,
    nullif(regexp_replace(split_part(upper(trim(claim.patient_first_name)), ' ', 1), '[^A-Z]', '', 'g'), '') AS first_name_key,
    claim.charge_amount,
    claim.transaction_date AS submission_date,
    coalesce(claim_frequency.is_void, FALSE) AS is_void,
    coalesce(claim_frequency.is_replacement, FALSE) AS is_replacement
FROM submitted_claim AS claim
LEFT JOIN claim_frequency ON claim_frequency.code = claim.claim_frequency_code
