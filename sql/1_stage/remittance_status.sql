-- Grain: one remittance of the facts. Reads remittance_head, claim_payment and the payer mappings.
-- Why: the same payment arrives more than once, and money may be counted once only.
--   duplicate_body     its segments equal those of an earlier remittance, whatever the envelope
--   duplicate_payment  payer, trace number, date, amount and payee equal, and so does the set of claims
--   conflict           the payment is the same, but the claims are others: a person has to look, until then it does not count
-- Remittances that pay nothing reuse trace numbers, so only their segments are compared.
-- `earlier` is a matter of dates and file ids, never of the night or the order in which files came.
WITH payer_of_remittance AS (
    SELECT
        remittance.file_id,
        remittance.segment_index,
        coalesce(
            by_id.payer_key, by_plan.payer_key, by_tax_number.payer_key, by_name.payer_key,
            nullif(upper(trim(remittance.payer_id)), ''),
            nullif(regexp_replace(upper(remittance.payer_name), '[^A-Z0-9]', '', 'g'), ''),
            'unknown'
        ) AS payer_key
    FROM remittance_head AS remittance
    LEFT JOIN payer_identifier AS by_id ON by_id.identifier = remittance.payer_id
    LEFT JOIN payer_identifier AS by_plan ON by_plan.identifier = remittance.payer_plan_id
    LEFT JOIN payer_identifier AS by_tax_number ON by_tax_number.identifier = remittance.payer_tax_number
    LEFT JOIN payer_name_key AS by_name
        ON by_name.name_key = regexp_replace(upper(remittance.payer_name), '[^A-Z0-9]', '', 'g')
),
ordered AS (
    SELECT
        file_id,
        segment_index,
        -- a remittance that was cut off comes after its whole twin
        row_number() OVER (
            ORDER BY CASE WHEN is_complete THEN 0 ELSE 1 END, production_date, payment_date, file_id, segment_index
        ) AS place,
        coalesce(body_hash, concat_ws('|', file_id, CAST(segment_index AS VARCHAR))) AS body_hash,
        CASE
            WHEN payment_amount <> 0 AND trace_number IS NOT NULL THEN md5(concat_ws('|',
                coalesce(payer_tax_number, ''), trace_number, coalesce(CAST(payment_date AS VARCHAR), ''),
                CAST(payment_amount AS VARCHAR), coalesce(payee_id, '')
            ))
        END AS payment_hash
    FROM remittance_head AS remittance
),
by_body AS (
    SELECT
        file_id,
        segment_index,
        place,
        payment_hash,
        first_value(file_id) OVER (PARTITION BY body_hash ORDER BY place) AS first_file_id,
        first_value(segment_index) OVER (PARTITION BY body_hash ORDER BY place) AS first_segment_index,
        row_number() OVER (PARTITION BY body_hash ORDER BY place) AS copy_number
    FROM ordered
),
shared_payment AS (
    SELECT payment_hash
    FROM by_body
    WHERE copy_number = 1 AND payment_hash IS NOT NULL
    GROUP BY payment_hash
    HAVING count(*) > 1
),
claim_text AS (
    SELECT
        by_body.file_id,
        by_body.segment_index,
        concat_ws('|',
            coalesce(claim_payment.patient_control_number, ''), coalesce(claim_payment.payer_claim_control_number, ''),
            coalesce(claim_payment.claim_status_code, ''), coalesce(CAST(claim_payment.charge_amount AS VARCHAR), ''),
            coalesce(CAST(claim_payment.paid_amount AS VARCHAR), '')
        ) AS claim_text
    FROM by_body
    JOIN shared_payment ON shared_payment.payment_hash = by_body.payment_hash
    JOIN claim_payment
        ON claim_payment.file_id = by_body.file_id AND claim_payment.remittance_segment_index = by_body.segment_index
    WHERE by_body.copy_number = 1
),
claim_set AS (
    SELECT file_id, segment_index, md5(string_agg(claim_text, ',' ORDER BY claim_text)) AS claim_set_hash
    FROM claim_text
    GROUP BY file_id, segment_index
),
by_payment AS (
    SELECT
        by_body.file_id,
        by_body.segment_index,
        coalesce(claim_set.claim_set_hash, '') AS claim_set_hash,
        first_value(by_body.file_id) OVER same_payment AS first_file_id,
        first_value(by_body.segment_index) OVER same_payment AS first_segment_index,
        first_value(coalesce(claim_set.claim_set_hash, '')) OVER same_payment AS first_claim_set_hash,
        row_number() OVER same_payment AS copy_number
    FROM by_body
    JOIN shared_payment ON shared_payment.payment_hash = by_body.payment_hash
    LEFT JOIN claim_set ON claim_set.file_id = by_body.file_id AND claim_set.segment_index = by_body.segment_index
    WHERE by_body.copy_number = 1
    WINDOW same_payment AS (PARTITION BY by_body.payment_hash ORDER BY by_body.place)
),
decided AS (
    SELECT
        by_body.file_id,
        by_body.segment_index,
        CASE
            WHEN by_body.copy_number > 1 THEN 'duplicate_body'
            WHEN by_payment.copy_number > 1 AND by_payment.claim_set_hash = by_payment.first_claim_set_hash THEN 'duplicate_payment'
            WHEN by_payment.copy_number > 1 THEN 'conflict'
        END AS exclusion_reason,
        CASE
            WHEN by_body.copy_number > 1 THEN by_body.first_file_id
            WHEN by_payment.copy_number > 1 THEN by_payment.first_file_id
        END AS duplicate_of_file_id,
        CASE
            WHEN by_body.copy_number > 1 THEN by_body.first_segment_index
            WHEN by_payment.copy_number > 1 THEN by_payment.first_segment_index
        END AS duplicate_of_segment_index
    FROM by_body
    LEFT JOIN by_payment ON by_payment.file_id = by_body.file_id AND by_payment.segment_index = by_body.segment_index
)
SELECT
    remittance.file_id,
    remittance.segment_index,
    decided.exclusion_reason IS NULL AS is_accepted,
    decided.exclusion_reason,
    decided.duplicate_of_file_id,
    decided.duplicate_of_segment_index,
    payer_of_remittance.payer_key,
    coalesce(payer.payer_name, remittance.payer_name) AS payer_name,
    remittance.payer_id,
    coalesce(payer.payer_family, 'unknown') AS payer_family,
    least(remittance.production_date, remittance.payment_date, remittance.group_date) AS denial_date,
    CASE least(remittance.production_date, remittance.payment_date, remittance.group_date)
        WHEN remittance.production_date THEN 'production_date'
        WHEN remittance.payment_date THEN 'payment_date'
        WHEN remittance.group_date THEN 'group_date'
    END AS denial_date_basis
FROM remittance_head AS remittance
JOIN decided ON decided.file_id = remittance.file_id AND decided.segment_index = remittance.segment_index
JOIN payer_of_remittance
    ON payer_of_remittance.file_id = remittance.file_id AND payer_of_remittance.segment_index = remittance.segment_index
LEFT JOIN payer ON payer.payer_key = payer_of_remittance.payer_key
