-- Grain: one submitted claim that a wanted payment may answer. Reads claim_candidate, submitted_claim, file_number.
-- Why: what later steps ask of a submitted claim, by its narrow key.
WITH wanted AS (
    SELECT DISTINCT submitted_claim_key
    FROM claim_candidate
    WHERE can_be_answered
)
SELECT
    claim.file_id,
    claim.segment_index,
    wanted.submitted_claim_key,
    claim.charge_amount,
    claim.statement_from_date,
    nullif(translate(upper(claim.subscriber_id), ' -', ''), '') AS member_key,
    claim.patient_birth_date,
    claim.diagnosis_codes,
    claim.diagnosis_code_set
FROM submitted_claim AS claim
INNER JOIN file_number ON file_number.file_id = claim.file_id
INNER JOIN wanted ON wanted.submitted_claim_key = file_number.file_number * 4294967296 + claim.segment_index
