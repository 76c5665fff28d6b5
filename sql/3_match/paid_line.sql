-- grain: one service line that stands and was paid more than nothing
-- reads: service_line_current, claim_payment_current, claim_patient, line_match, submitted_line, submitted_claim, modifier_set,
--        claim_status (mapping)
-- why:   the history that a payer's representative can look up. A reversed payment does not stand, so it is not here.
--        Narrow on purpose: it is the large side of the precedent join.
select
    line.file_id,
    line.segment_index,
    line.claim_segment_index,
    line.claim_key,
    line.payer_key,
    patient.member_key,
    patient.first_name_key,
    patient.patient_birth_date,
    patient.person_key,
    upper(line.billed_procedure_code) as billed_procedure_code,
    modifier_set.sorted_modifiers,
    modifier_set.material_modifiers,
    submitted.place_of_service_code,
    submitted.diagnosis_codes,
    split_part(submitted.diagnosis_codes, ' ', 1) as primary_diagnosis_code,
    coalesce(submitted.diagnosis_basis, 'unknown') as diagnosis_basis,
    submitted_claim.diagnosis_code_set,
    submitted.line_units,
    coalesce(payment.payee_npi, payment.payee_tax_number) as payee_id,
    line.policy_id,
    line.service_date,
    line.charge_amount,
    line.paid_amount,
    line.allowed_amount,
    payment.payment_date,
    payment.trace_number,
    payment.payer_claim_control_number,
    coalesce(claim_status.effect = 'pay_or_deny', false) as is_first_payer
from service_line_current as line
inner join claim_payment_current as payment
    on payment.file_id = line.file_id and payment.segment_index = line.claim_segment_index
inner join claim_patient as patient
    on patient.file_id = line.file_id and patient.segment_index = line.claim_segment_index
left join modifier_set on modifier_set.modifiers = coalesce(line.modifiers, '')
left join claim_status on claim_status.code = payment.claim_status_code
left join line_match on line_match.file_id = line.file_id and line_match.segment_index = line.segment_index
left join submitted_line as submitted
    on submitted.file_id = line_match.submitted_file_id and submitted.segment_index = line_match.submitted_segment_index
left join submitted_claim
    on submitted_claim.file_id = line_match.submitted_file_id
    and submitted_claim.segment_index = line_match.submitted_claim_segment_index
where line.paid_amount > 0
