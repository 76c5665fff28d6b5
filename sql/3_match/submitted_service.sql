-- Grain: one line of a submitted claim that a wanted payment may answer. Reads submitted_line, submitted_candidate,
-- file_number.
-- Why: the narrow keys by which lines are matched. content_key says whether two candidates differ in anything that a later
-- stage uses.
WITH numbered AS (
    SELECT
        line.file_id,
        line.segment_index,
        line.claim_segment_index,
        file_number.file_number * 4294967296 + line.segment_index AS submitted_line_key,
        file_number.file_number * 4294967296 + line.claim_segment_index AS submitted_claim_key,
        line.line_number,
        line.line_control_number,
        line.procedure_code,
        line.revenue_code,
        line.modifier_1,
        line.modifier_2,
        line.modifier_3,
        line.modifier_4,
        line.charge_amount,
        line.service_date,
        line.service_end_date,
        line.diagnosis_codes,
        line.diagnosis_basis,
        line.place_of_service_code,
        line.line_units
    FROM submitted_line AS line
    INNER JOIN file_number ON file_number.file_id = line.file_id
)
SELECT
    line.file_id,
    line.segment_index,
    line.claim_segment_index,
    line.submitted_line_key,
    line.submitted_claim_key,
    line.line_number,
    nullif(ltrim(upper(trim(line.line_control_number)), '0'), '') AS line_control_number,
    upper(coalesce(line.procedure_code, line.revenue_code)) AS billed_procedure_code,
    line.revenue_code,
    concat_ws(' ', line.modifier_1, line.modifier_2, line.modifier_3, line.modifier_4) AS modifiers,
    line.charge_amount,
    line.service_date,
    coalesce(line.service_end_date, line.service_date) AS service_end_date,
    line.diagnosis_codes,
    line.diagnosis_basis,
    claim.diagnosis_code_set,
    line.place_of_service_code,
    line.line_units
FROM numbered AS line
INNER JOIN submitted_candidate AS claim ON claim.submitted_claim_key = line.submitted_claim_key
