-- Grain: one service line that stands and was paid more than nothing. Reads service_line_current, claim_payment_current,
-- claim_patient, line_match, submitted_line, submitted_claim, modifier_set, claim_status.
-- Why: the history that a payer's representative can look up. A reversed payment does not stand, so it is not here. Narrow
-- on purpose: it is the large side of the precedent join.
SELECT
    line.file_id,
    line.segment_index,
    line.claim_segment_index,
    line.claim_key,
    line.payer_key,
    patient.member_key,
    patient.first_name_key,
    patient.patient_birth_date,
    patient.person_key,
    upper(line.billed_procedure_code) AS billed_procedure_code,
    modifier_set.sorted_modifiers,
    modifier_set.material_modifiers,
    submitted.place_of_service_code,
    submitted.diagnosis_codes,
    split_part(submitted.diagnosis_codes, ' ', 1) AS primary_diagnosis_code,
    coalesce(submitted.diagnosis_basis, 'unknown') AS diagnosis_basis,
    submitted_claim.diagnosis_code_set,
    submitted.line_units,
    coalesce(payment.payee_npi, payment.payee_tax_number) AS payee_id,
    line.policy_id,
    line.service_date,
    line.charge_amount,
    line.paid_amount,
    line.allowed_amount,
    payment.payment_date,
    payment.trace_number,
    payment.payer_claim_control_number,
    coalesce(claim_status.effect = 'pay_or_deny', FALSE) AS is_first_payer
FROM service_line_current AS line
INNER JOIN claim_payment_current AS payment
    ON payment.file_id = line.file_id AND payment.segment_index = line.claim_segment_index
INNER JOIN claim_patient AS patient
    ON patient.file_id = line.file_id AND patient.segment_index = line.claim_segment_index
LEFT JOIN modifier_set ON modifier_set.modifiers = coalesce(line.modifiers, '')
LEFT JOIN claim_status ON claim_status.code = payment.claim_status_code
LEFT JOIN line_match ON line_match.file_id = line.file_id AND line_match.segment_index = line.segment_index
LEFT JOIN submitted_line AS submitted
    ON submitted.file_id = line_match.submitted_file_id AND submitted.segment_index = line_match.submitted_segment_index
LEFT JOIN submitted_claim
    ON submitted_claim.file_id = line_match.submitted_file_id
    AND submitted_claim.segment_index = line_match.submitted_claim_segment_index
WHERE line.paid_amount > 0
