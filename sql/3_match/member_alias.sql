-- Grain: one member id of a payer and last name that the payer corrected (NM1*74). Reads claim_payment_current, claim_payment.
-- Why: a corrected id counts as the one it was corrected to, also on the claims that were paid under the wrong one. It may
-- have been corrected again: two steps are followed.
WITH corrected AS (
    SELECT
        file_id,
        segment_index,
        nullif(translate(upper(insured_id), ' -', ''), '') AS insured_key,
        translate(upper(corrected_insured_id), ' -', '') AS corrected_key
    FROM claim_payment
    WHERE trim(corrected_insured_id) <> ''
),
latest AS (
    SELECT
        payment.payer_key,
        coalesce(regexp_replace(upper(payment.patient_last_name), '[^A-Z]', '', 'g'), '') AS last_name_key,
        corrected.insured_key AS alias_key,
        max_by(
            corrected.corrected_key,
            concat_ws('|', coalesce(cast(payment.payment_date AS VARCHAR), ''), corrected.corrected_key)
        ) AS corrected_key
    FROM corrected
    INNER JOIN claim_payment_current AS payment
        ON payment.file_id = corrected.file_id AND payment.segment_index = corrected.segment_index
    WHERE corrected.insured_key IS NOT NULL AND corrected.corrected_key <> corrected.insured_key
    GROUP BY payment.payer_key, coalesce(regexp_replace(upper(payment.patient_last_name), '[^A-Z]', '', 'g'), ''), corrected.insured_key
)
SELECT
    once.payer_key,
    once.last_name_key,
    once.alias_key,
    coalesce(again.corrected_key, once.corrected_key) AS corrected_key
FROM latest AS once
LEFT JOIN latest AS again
    ON again.payer_key = once.payer_key
    AND again.last_name_key = once.last_name_key
    AND again.alias_key = once.corrected_key
