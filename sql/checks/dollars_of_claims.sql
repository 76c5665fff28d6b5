-- Grain: one file whose claim payments do not add up. Reads claim_payment, claim_payment_current, claim_payment_event.
-- Why: charges and payments of all facts equal those that stand plus those that were excluded, to the cent.
WITH entry AS (
    SELECT file_id, 1 AS claim_count, charge_amount, paid_amount
    FROM claim_payment
    UNION ALL
    SELECT file_id, -1 AS claim_count, -charge_amount, -paid_amount
    FROM claim_payment_current
    UNION ALL
    SELECT claim_payment.file_id, -1 AS claim_count, -claim_payment.charge_amount, -claim_payment.paid_amount
    FROM claim_payment
    JOIN claim_payment_event AS event
        ON event.file_id = claim_payment.file_id AND event.segment_index = claim_payment.segment_index
    WHERE NOT event.is_current
)
SELECT
    file_id,
    sum(claim_count) AS claim_count_difference,
    sum(charge_amount) AS charge_difference,
    sum(paid_amount) AS paid_difference
FROM entry
GROUP BY file_id
HAVING sum(claim_count) <> 0 OR coalesce(sum(charge_amount), 0) <> 0 OR coalesce(sum(paid_amount), 0) <> 0
