-- Grain: one paid service of the wanted lines that stands: a line that the payer split is one.
-- Reads wanted_line, wanted_payment, claim_patient, matched_line, submitted_service, submitted_candidate, modifier_set,
-- claim_status, payment_doubt.
-- Why: the history that a payer's representative can look up. A reversed payment does not stand, so it is not here, nor one that
-- a later decision took the place of, nor one that was taken back in full or whose claim we cancelled.
WITH part AS (
    SELECT
        wanted.line_key,
        wanted.payment_key,
        matched_line.submitted_line_key,
        matched_line.submitted_claim_key,
        wanted.billed_procedure_code,
        wanted.service_date,
        wanted.policy_id,
        wanted.charge_amount,
        wanted.paid_amount,
        wanted.allowed_amount
    FROM wanted_line AS wanted
    LEFT JOIN matched_line ON matched_line.line_key = wanted.line_key
    WHERE wanted.is_paid
),
service AS (
    SELECT
        payment_key,
        min(line_key) AS line_key,
        min(submitted_line_key) AS submitted_line_key,
        min(submitted_claim_key) AS submitted_claim_key,
        min(policy_id) AS policy_id,
        cast(sum(charge_amount) AS DECIMAL(18, 2)) AS charge_amount,
        cast(sum(paid_amount) AS DECIMAL(18, 2)) AS paid_amount,
        cast(sum(allowed_amount) AS DECIMAL(18, 2)) AS allowed_amount
    FROM part
    -- Unmatched lines stay apart; their keys are never below zero.
    GROUP BY payment_key, coalesce(submitted_line_key, -line_key), billed_procedure_code, service_date
)
SELECT
    wanted.file_id,
    wanted.segment_index,
    wanted.claim_segment_index,
    payment.claim_key,
    claim.file_id AS submitted_file_id,
    claim.segment_index AS submitted_claim_segment_index,
    payment.payer_key,
    patient.member_key,
    patient.first_name_key,
    patient.patient_birth_date,
    patient.person_key,
    wanted.billed_procedure_code,
    modifier_set.sorted_modifiers,
    modifier_set.material_modifiers,
    submitted.place_of_service_code,
    submitted.diagnosis_codes,
    split_part(submitted.diagnosis_codes, ' ', 1) AS primary_diagnosis_code,
    coalesce(submitted.diagnosis_basis, 'unknown') AS diagnosis_basis,
    submitted.diagnosis_code_set,
    submitted.line_units,
    payment.payee_id,
    service.policy_id,
    wanted.service_date,
    service.charge_amount,
    service.paid_amount,
    service.allowed_amount,
    payment.payment_date,
    payment.trace_number,
    payment.payer_claim_control_number,
    coalesce(claim_status.effect = 'pay_or_deny', FALSE) AS is_first_payer,
    coalesce(doubt.takeback_amount, 0) AS takeback_amount,
    coalesce(doubt.is_replaced_since, FALSE) AS is_replaced_since
FROM service
INNER JOIN wanted_line AS wanted ON wanted.line_key = service.line_key
INNER JOIN claim_patient AS patient ON patient.payment_key = service.payment_key
INNER JOIN wanted_payment AS payment ON payment.payment_key = service.payment_key
LEFT JOIN submitted_service AS submitted ON submitted.submitted_line_key = service.submitted_line_key
LEFT JOIN submitted_candidate AS claim ON claim.submitted_claim_key = service.submitted_claim_key
-- Payers leave modifiers out: then those that were billed count, as they do on the denied side.
LEFT JOIN modifier_set ON modifier_set.modifiers = coalesce(nullif(wanted.modifiers, ''), submitted.modifiers, '')
LEFT JOIN claim_status ON claim_status.code = payment.claim_status_code
LEFT JOIN payment_doubt AS doubt ON doubt.payment_key = service.payment_key
WHERE NOT coalesce(doubt.is_gone, FALSE)
