-- Grain: one service line that stands and that no submitted claim answers beyond doubt at first sight. Reads
-- service_line_current, submitted_claim, submitted_line, claim_frequency, file_number.
-- Why: every line is accounted for, and most of a history is not worth the whole ladder: a claim of the same control number
-- with the same procedure on the same day settles it, where the claim has no second such line with other diagnoses. What is
-- left goes through the ladder (wanted_line) where a claim of that number is there, and is unmatched where none is.
WITH submitted AS (
    SELECT
        file_number.file_number * 4294967296 + claim.segment_index AS submitted_claim_key,
        ltrim(upper(trim(claim.patient_control_number)), '0') AS control_key
    FROM submitted_claim AS claim
    INNER JOIN file_number ON file_number.file_id = claim.file_id
    LEFT JOIN claim_frequency ON claim_frequency.code = claim.claim_frequency_code
    WHERE NOT coalesce(claim_frequency.is_void, FALSE)
),
billed AS (
    SELECT
        file_number.file_number * 4294967296 + line.claim_segment_index AS submitted_claim_key,
        upper(coalesce(line.procedure_code, line.revenue_code)) AS billed_procedure_code,
        line.service_date,
        line.diagnosis_codes
    FROM submitted_line AS line
    INNER JOIN file_number ON file_number.file_id = line.file_id
),
twofold AS (
    SELECT submitted_claim_key, billed_procedure_code, service_date
    FROM billed
    GROUP BY submitted_claim_key, billed_procedure_code, service_date
    HAVING min(coalesce(diagnosis_codes, '')) <> max(coalesce(diagnosis_codes, ''))
),
answer AS (
    SELECT submitted.control_key, billed.billed_procedure_code, billed.service_date
    FROM billed
    INNER JOIN submitted ON submitted.submitted_claim_key = billed.submitted_claim_key
    LEFT JOIN twofold
        ON twofold.submitted_claim_key = billed.submitted_claim_key
        AND twofold.billed_procedure_code = billed.billed_procedure_code
        AND twofold.service_date = billed.service_date
    WHERE twofold.submitted_claim_key IS NULL
),
decided AS (
    SELECT
        line.file_id,
        line.segment_index,
        line.claim_segment_index,
        file_number.file_number * 4294967296 + line.claim_segment_index AS payment_key,
        file_number.file_number * 4294967296 + line.segment_index AS line_key,
        ltrim(upper(trim(line.patient_control_number)), '0') AS control_key,
        upper(coalesce(line.billed_procedure_code, line.revenue_code)) AS billed_procedure_code,
        line.service_date
    FROM service_line_current AS line
    INNER JOIN file_number ON file_number.file_id = line.file_id
),
unanswered AS (
    SELECT
        decided.file_id, decided.segment_index, decided.claim_segment_index, decided.payment_key, decided.line_key,
        decided.control_key
    FROM decided
    LEFT JOIN answer
        ON answer.control_key = decided.control_key
        AND answer.billed_procedure_code = decided.billed_procedure_code
        AND answer.service_date = decided.service_date
    WHERE answer.control_key IS NULL OR decided.control_key = ''
)
SELECT
    unanswered.file_id,
    unanswered.segment_index,
    unanswered.claim_segment_index,
    unanswered.payment_key,
    unanswered.line_key,
    found.control_key IS NOT NULL AS has_claim
FROM unanswered
LEFT JOIN (SELECT DISTINCT control_key FROM submitted WHERE control_key <> '') AS found ON found.control_key = unanswered.control_key
