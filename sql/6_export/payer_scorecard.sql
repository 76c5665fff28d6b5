-- Grain: one payer that has decided about a claim. Reads claim_payment_current, denied_line, worklist, item_outcome,
-- outcome.
-- Why: payers side by side, by the latest decision about each claim: what was charged, paid and is denied, how long they take,
-- what is still to be fetched, and how denials ended so far.
WITH decided AS (
    SELECT
        payer_key,
        max(payer_name) AS payer_name,
        count(*) AS claim_count,
        cast(sum(charge_amount) AS DECIMAL(18, 2)) AS charge_amount,
        cast(sum(paid_amount) AS DECIMAL(18, 2)) AS paid_amount,
        cast(sum(date_diff('day', claim_received_date, payment_date)) AS BIGINT) // nullif(count(*) FILTER (
            WHERE claim_received_date IS NOT NULL AND payment_date IS NOT NULL
        ), 0) AS average_decision_days
    FROM claim_payment_current
    WHERE is_latest
    GROUP BY payer_key
),
denied AS (
    SELECT
        denied_line.payer_key,
        count(*) AS item_count,
        cast(sum(denied_line.denied_amount) AS DECIMAL(18, 2)) AS denied_amount,
        count(worklist.item_id) AS worklist_count,
        cast(sum(coalesce(worklist.denied_amount, 0)) AS DECIMAL(18, 2)) AS worklist_denied_amount,
        cast(sum(coalesce(worklist.expected_recovery_amount, 0)) AS DECIMAL(18, 2)) AS expected_recovery_amount
    FROM denied_line
    LEFT JOIN worklist ON worklist.item_id = denied_line.item_id
    GROUP BY denied_line.payer_key
),
ended AS (
    SELECT
        item_outcome.payer_key,
        count(*) AS ended_count,
        count(*) FILTER (WHERE outcome.is_success) AS won_count,
        cast(sum(coalesce(item_outcome.recovered_amount, 0)) AS DECIMAL(18, 2)) AS recovered_amount
    FROM item_outcome
    INNER JOIN outcome ON outcome.item_outcome = item_outcome.item_outcome AND outcome.is_counted
    GROUP BY item_outcome.payer_key
)
SELECT
    decided.payer_key,
    decided.payer_name,
    decided.claim_count,
    decided.charge_amount,
    decided.paid_amount,
    decided.average_decision_days,
    coalesce(denied.item_count, 0) AS item_count,
    coalesce(denied.denied_amount, 0) AS denied_amount,
    CASE
        WHEN decided.charge_amount > 0
            THEN cast(coalesce(denied.denied_amount, 0) * 1000000 AS BIGINT) // cast(decided.charge_amount * 100 AS BIGINT)
    END AS denied_per_ten_thousand,
    coalesce(denied.worklist_count, 0) AS worklist_count,
    coalesce(denied.worklist_denied_amount, 0) AS worklist_denied_amount,
    coalesce(denied.expected_recovery_amount, 0) AS expected_recovery_amount,
    coalesce(ended.ended_count, 0) AS ended_count,
    coalesce(ended.won_count, 0) AS won_count,
    coalesce(ended.recovered_amount, 0) AS recovered_amount
FROM decided
LEFT JOIN denied ON denied.payer_key = decided.payer_key
LEFT JOIN ended ON ended.payer_key = decided.payer_key
