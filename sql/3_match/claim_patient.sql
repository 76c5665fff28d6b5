-- Grain: one wanted claim payment. Reads wanted_payment, matched_claim, submitted_candidate.
-- Why: who `the same patient` is: the member id, as corrected by the payer; a family shares one, so the first name and the
-- date of birth stay beside it. person_key finds the patient at another payer, where the member id is another one.
SELECT
    payment.file_id,
    payment.segment_index,
    payment.payment_key,
    payment.member_key,
    payment.first_name_key,
    submitted.patient_birth_date,
    CASE
        WHEN submitted.patient_birth_date IS NOT NULL AND payment.first_name_key IS NOT NULL AND payment.last_name_key <> ''
            THEN concat_ws('|', payment.last_name_key, payment.first_name_key, cast(submitted.patient_birth_date AS VARCHAR))
    END AS person_key
FROM wanted_payment AS payment
LEFT JOIN matched_claim ON matched_claim.payment_key = payment.payment_key
LEFT JOIN submitted_candidate AS submitted ON submitted.submitted_claim_key = matched_claim.submitted_claim_key
