-- Grain: one CLP of every remittance. Reads claim_payment, remittance_head, remittance_status, claim_status.
-- Why: what stands follows from the order of a claim's events, and that order may depend on their dates and contents only.
-- On one day the remittance that takes a payment back comes after the one that made it; within a remittance the segments count.
-- Payers that lost the provider's claim number return 0 or nothing: the claim then goes by the payer's number.
WITH entry AS (
    SELECT
        claim_payment.file_id,
        claim_payment.segment_index,
        claim_payment.remittance_segment_index,
        md5(concat_ws('|',
            remittance_status.payer_key,
            coalesce(
                nullif(nullif(trim(claim_payment.patient_control_number), ''), '0'),
                'payer ' || nullif(trim(claim_payment.payer_claim_control_number), ''),
                concat_ws('|', claim_payment.file_id, CAST(claim_payment.segment_index AS VARCHAR))
            )
        )) AS claim_key,
        coalesce(claim_status.effect, 'unknown') AS claim_effect,
        claim_payment.claim_status_code,
        CASE
            WHEN NOT remittance_status.is_accepted THEN remittance_status.exclusion_reason
            WHEN claim_status.effect = 'predetermination' THEN 'predetermination'
            WHEN claim_status.effect = 'forwarded_only' THEN 'forwarded'
            WHEN claim_status.effect = 'pending' THEN 'pending'
        END AS exclusion_reason,
        claim_payment.payer_claim_control_number,
        CASE
            WHEN length(claim_payment.payer_claim_control_number) > 6
                THEN left(claim_payment.payer_claim_control_number, length(claim_payment.payer_claim_control_number) - 2)
        END AS control_number_root,
        abs(coalesce(claim_payment.charge_amount, 0)) AS charge_amount,
        abs(coalesce(claim_payment.paid_amount, 0)) AS paid_amount,
        claim_payment.statement_from_date,
        coalesce(remittance.payment_date, remittance.production_date, remittance.group_date) AS ledger_date,
        coalesce(remittance.production_date, remittance.payment_date) AS production_date
    FROM claim_payment
    LEFT JOIN remittance_head AS remittance
        ON remittance.file_id = claim_payment.file_id AND remittance.segment_index = claim_payment.remittance_segment_index
    LEFT JOIN remittance_status
        ON remittance_status.file_id = claim_payment.file_id
        AND remittance_status.segment_index = claim_payment.remittance_segment_index
    LEFT JOIN claim_status ON claim_status.code = claim_payment.claim_status_code
),
marked AS (
    SELECT
        file_id,
        segment_index,
        remittance_segment_index,
        claim_key,
        claim_effect,
        claim_status_code,
        exclusion_reason,
        payer_claim_control_number,
        control_number_root,
        charge_amount,
        paid_amount,
        statement_from_date,
        ledger_date,
        production_date,
        bool_or(claim_effect = 'reversal') OVER (PARTITION BY claim_key, file_id, remittance_segment_index) AS is_with_reversal
    FROM entry
)
SELECT
    file_id,
    segment_index,
    remittance_segment_index,
    claim_key,
    claim_effect,
    claim_status_code,
    exclusion_reason,
    payer_claim_control_number,
    control_number_root,
    CAST(charge_amount AS DECIMAL(18, 2)) AS charge_amount,
    CAST(paid_amount AS DECIMAL(18, 2)) AS paid_amount,
    statement_from_date,
    ledger_date,
    production_date,
    is_with_reversal,
    CAST(row_number() OVER (
        PARTITION BY claim_key
        ORDER BY ledger_date, production_date, is_with_reversal, file_id, remittance_segment_index, segment_index
    ) AS BIGINT) AS ledger_number,
    CAST(dense_rank() OVER (
        PARTITION BY claim_key
        ORDER BY ledger_date, production_date, is_with_reversal, file_id, remittance_segment_index
    ) AS BIGINT) AS decision_number
FROM marked
