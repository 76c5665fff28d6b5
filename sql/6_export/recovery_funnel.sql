-- Grain: one payer and family of denials. Reads item_denial, item_outcome, outcome, worked_step, claim_payment_current, payer.
-- Why: where denials get lost: how many were worked at all, how many of those have ended, how many of those brought money, and
-- how much. Every denial counts once, those of earlier nights too. A denial is worked when a step was taken for it, which only
-- the work log knows: without one, everything that was paid later ended without work.
WITH worked AS (
    SELECT DISTINCT item_id, denial_number
    FROM worked_step
),
-- An outcome that does not count says nothing of success: such a denial is over, but neither won nor lost.
ended AS (
    SELECT
        item_outcome.item_id,
        item_outcome.denial_number,
        item_outcome.recovered_amount,
        outcome.is_counted,
        outcome.is_counted AND outcome.is_success AS is_won
    FROM item_outcome
    INNER JOIN outcome ON outcome.item_outcome = item_outcome.item_outcome
),
named AS (
    SELECT payer_key, max(payer_name) AS payer_name
    FROM claim_payment_current
    GROUP BY payer_key
)
SELECT
    denial.payer_key,
    max(coalesce(named.payer_name, payer.payer_name, denial.payer_key)) AS payer_name,
    denial.family,
    count(*) AS denial_count,
    cast(sum(denial.denied_amount) AS DECIMAL(18, 2)) AS denied_amount,
    count(*) FILTER (WHERE ended.item_id IS NULL) AS standing_count,
    cast(sum(CASE WHEN ended.item_id IS NULL THEN denial.denied_amount ELSE 0 END) AS DECIMAL(18, 2)) AS standing_amount,
    count(worked.item_id) AS worked_count,
    cast(sum(CASE WHEN worked.item_id IS NOT NULL THEN denial.denied_amount ELSE 0 END) AS DECIMAL(18, 2)) AS worked_amount,
    count(*) FILTER (WHERE ended.is_counted) AS ended_count,
    cast(sum(CASE WHEN ended.is_counted THEN denial.denied_amount ELSE 0 END) AS DECIMAL(18, 2)) AS ended_amount,
    count(*) FILTER (WHERE ended.is_won) AS won_count,
    cast(sum(CASE WHEN ended.is_won THEN denial.denied_amount ELSE 0 END) AS DECIMAL(18, 2)) AS won_amount,
    cast(sum(CASE WHEN ended.is_won THEN ended.recovered_amount ELSE 0 END) AS DECIMAL(18, 2)) AS recovered_amount
FROM item_denial AS denial
LEFT JOIN ended ON ended.item_id = denial.item_id AND ended.denial_number = denial.denial_number
LEFT JOIN worked ON worked.item_id = denial.item_id AND worked.denial_number = denial.denial_number
LEFT JOIN named ON named.payer_key = denial.payer_key
LEFT JOIN payer ON payer.payer_key = denial.payer_key
GROUP BY denial.payer_key, denial.family
