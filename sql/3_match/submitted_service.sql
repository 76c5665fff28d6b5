-- Grain: one submitted line that a payer can have decided on. Reads submitted_line, submitted_claim, modifier_set,
-- claim_frequency.
-- Why: the narrow keys by which lines are matched. A claim that only cancels another one (void) is never what a payment or
-- denial answers. content_key says whether two candidates differ in anything that a later stage uses.
SELECT
    line.file_id,
    line.segment_index,
    line.claim_segment_index,
    claim.transaction_date AS submission_date,
    line.line_number,
    nullif(upper(trim(line.line_control_number)), '') AS line_control_number,
    upper(coalesce(line.procedure_code, line.revenue_code)) AS billed_procedure_code,
    line.revenue_code,
    modifier_set.sorted_modifiers,
    line.charge_amount,
    line.service_date,
    coalesce(line.service_end_date, line.service_date) AS service_end_date,
    md5(concat_ws(
        '|',
        coalesce(line.diagnosis_codes, ''),
        coalesce(line.diagnosis_basis, ''),
        coalesce(line.place_of_service_code, ''),
        coalesce(modifier_set.sorted_modifiers, ''),
        coalesce(cast(line.line_units AS VARCHAR), '')
    )) AS content_key
FROM submitted_line AS line
INNER JOIN submitted_claim AS claim
    ON claim.file_id = line.file_id AND claim.segment_index = line.claim_segment_index
LEFT JOIN modifier_set
    ON modifier_set.modifiers = concat_ws(' ', line.modifier_1, line.modifier_2, line.modifier_3, line.modifier_4)
LEFT JOIN claim_frequency ON claim_frequency.code = claim.claim_frequency_code
WHERE NOT coalesce(claim_frequency.is_void, FALSE)
