-- Grain: one paid service line that stands and whose diagnosis is beyond doubt: the submitted lines of its claim's number with its
-- procedure, day and charge all have one primary diagnosis. Reads service_line_current, submitted_claim, submitted_line,
-- claim_frequency, claim_name.
-- Why: what a payer paid for a procedure and a diagnosis is counted over the whole history; found once for each claim, and kept
-- narrow. A claim that was sent twice answers a line twice: the line counts once. The member is who claim_name says, before corrections.
WITH claim AS (
    SELECT claim.file_id, claim.segment_index, claim.patient_control_number
    FROM submitted_claim AS claim
    LEFT JOIN claim_frequency ON claim_frequency.code = claim.claim_frequency_code
    WHERE NOT coalesce(claim_frequency.is_void, FALSE) AND ltrim(upper(trim(claim.patient_control_number)), '0') <> ''
),
billed AS (
    SELECT
        claim.patient_control_number, line.procedure_code, line.service_date, line.charge_amount,
        split_part(line.diagnosis_codes, ' ', 1) AS primary_diagnosis_code
    FROM submitted_line AS line
    INNER JOIN claim ON claim.file_id = line.file_id AND claim.segment_index = line.claim_segment_index
    WHERE line.diagnosis_codes IS NOT NULL
),
answered AS (
    SELECT
        line.file_id,
        line.segment_index,
        line.claim_segment_index,
        line.billed_procedure_code,
        min(billed.primary_diagnosis_code) AS primary_diagnosis_code
    FROM service_line_current AS line
    INNER JOIN billed
        ON billed.patient_control_number = line.patient_control_number
        AND billed.procedure_code = line.billed_procedure_code
        AND billed.service_date = line.service_date
        AND billed.charge_amount = line.charge_amount
    WHERE line.paid_amount > 0 AND coalesce(line.is_latest, TRUE)
    GROUP BY line.file_id, line.segment_index, line.claim_segment_index, line.billed_procedure_code
    HAVING min(billed.primary_diagnosis_code) = max(billed.primary_diagnosis_code)
)
SELECT
    answered.file_id,
    answered.segment_index,
    answered.claim_segment_index,
    named.payer_key,
    answered.billed_procedure_code,
    answered.primary_diagnosis_code,
    named.uncorrected_member_key,
    named.last_name_key
FROM answered
INNER JOIN claim_name AS named
    ON named.file_id = answered.file_id AND named.segment_index = answered.claim_segment_index
WHERE named.uncorrected_member_key IS NOT NULL
