-- Grain: one claim payment that stands. Reads claim_payment_current, claim_payment, claim_match, submitted_claim.
-- Why: who `the same patient` is. A member id that the payer corrected (NM1*74) counts as the one it was corrected to, on
-- every claim of a patient of that name; a family shares one member id, so the first name and the date of birth stay beside
-- it. person_key finds the patient at another payer, where the member id is another one.
WITH named AS (
    SELECT
        payment.file_id,
        payment.segment_index,
        payment.payer_key,
        payment.payment_date,
        nullif(upper(trim(coalesce(nullif(trim(payment.member_id), ''), submitted.subscriber_id))), '') AS member_key,
        nullif(upper(trim(claim.insured_id)), '') AS insured_key,
        nullif(upper(trim(claim.corrected_insured_id)), '') AS corrected_key,
        coalesce(regexp_replace(upper(payment.patient_last_name), '[^A-Z]', '', 'g'), '') AS last_name_key,
        nullif(regexp_replace(split_part(upper(trim(payment.patient_first_name)), ' ', 1), '[^A-Z]', '', 'g'), '') AS first_name_key,
        submitted.patient_birth_date
    FROM claim_payment_current AS payment
    INNER JOIN claim_payment AS claim ON claim.file_id = payment.file_id AND claim.segment_index = payment.segment_index
    LEFT JOIN claim_match ON claim_match.file_id = payment.file_id AND claim_match.segment_index = payment.segment_index
    LEFT JOIN submitted_claim AS submitted
        ON submitted.file_id = claim_match.submitted_file_id
        AND submitted.segment_index = claim_match.submitted_claim_segment_index
),
alias AS (
    SELECT
        payer_key,
        last_name_key,
        insured_key AS alias_key,
        max_by(corrected_key, concat_ws('|', coalesce(cast(payment_date AS VARCHAR), ''), corrected_key)) AS corrected_key
    FROM named
    WHERE corrected_key IS NOT NULL AND insured_key IS NOT NULL AND corrected_key <> insured_key
    GROUP BY payer_key, last_name_key, insured_key
)
SELECT
    named.file_id,
    named.segment_index,
    -- A corrected id may have been corrected again: two steps are followed.
    coalesce(again.corrected_key, once.corrected_key, named.member_key) AS member_key,
    named.first_name_key,
    named.patient_birth_date,
    CASE
        WHEN named.patient_birth_date IS NOT NULL AND named.first_name_key IS NOT NULL AND named.last_name_key <> ''
            THEN md5(concat_ws('|', named.last_name_key, named.first_name_key, cast(named.patient_birth_date AS VARCHAR)))
    END AS person_key
FROM named
LEFT JOIN alias AS once
    ON once.payer_key = named.payer_key
    AND once.last_name_key = named.last_name_key
    AND once.alias_key = named.member_key
LEFT JOIN alias AS again
    ON again.payer_key = named.payer_key
    AND again.last_name_key = named.last_name_key
    AND again.alias_key = once.corrected_key
