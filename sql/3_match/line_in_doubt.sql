-- Grain: one service line that stands and that no submitted claim answers beyond doubt at first sight. Reads
-- service_line_current, submitted_name, submitted_line.
-- Why: every line is accounted for, and most of a history is not worth the whole ladder: a claim of the same control number
-- with the same procedure on the same day settles it, where the claim has no second such line with other diagnoses. What is
-- left goes through the ladder (wanted_line) where a claim of that number is there, and is unmatched where none is.
WITH submitted AS (
    SELECT file_id, segment_index, control_key
    FROM submitted_name
    WHERE NOT is_void
),
billed AS (
    SELECT
        file_id,
        claim_segment_index,
        upper(coalesce(procedure_code, revenue_code)) AS billed_procedure_code,
        service_date,
        min(coalesce(diagnosis_codes, '')) <> max(coalesce(diagnosis_codes, '')) AS is_twofold
    FROM submitted_line
    GROUP BY file_id, claim_segment_index, upper(coalesce(procedure_code, revenue_code)), service_date
),
answer AS (
    SELECT DISTINCT submitted.control_key, billed.billed_procedure_code, billed.service_date
    FROM billed
    INNER JOIN submitted
        ON submitted.file_id = billed.file_id AND submitted.segment_index = billed.claim_segment_index
    WHERE NOT billed.is_twofold
),
decided AS (
    SELECT
        file_id,
        segment_index,
        claim_segment_index,
        ltrim(upper(trim(patient_control_number)), '0') AS control_key,
        upper(coalesce(billed_procedure_code, revenue_code)) AS billed_procedure_code,
        service_date
    FROM service_line_current
),
unanswered AS (
    SELECT decided.file_id, decided.segment_index, decided.claim_segment_index, decided.control_key
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
    found.control_key IS NOT NULL AS has_claim
FROM unanswered
LEFT JOIN (SELECT DISTINCT control_key FROM submitted WHERE control_key <> '') AS found ON found.control_key = unanswered.control_key
