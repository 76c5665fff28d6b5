-- Grain: one payer and family of denials. Reads item_denial, item_outcome, outcome, worked_step, claim_payment_current, payer.
-- Why: where denials get lost: how many were worked at all, how many of those have ended, how many of those brought money, and
-- how much. Every denial counts once, those of earlier nights too. A denial is worked when a step was taken for it, which only
-- the work log knows: without one, everything that was paid later ended without work.
WITH worked AS (
    SELECT DISTINCT item_id, denial_number
    FROM worked_step
),
named AS (
    SELECT payer_key, max(payer_name) AS payer_name
    FROM claim_payment_current
    GROUP BY payer_key
),
all_denied AS (
    SELECT payer_key, family, count(*) AS denial_count, sum(denied_amount) AS denied_amount
    FROM item_denial
    GROUP BY payer_key, family
),
all_worked AS (
    SELECT denial.payer_key, denial.family, count(*) AS worked_count, sum(denial.denied_amount) AS worked_amount
    FROM worked
    INNER JOIN item_denial AS denial ON denial.item_id = worked.item_id AND denial.denial_number = worked.denial_number
    GROUP BY denial.payer_key, denial.family
),
-- An outcome holds the payer, the family and the amount of its denial. One that does not count says nothing of success: such a
-- denial is over, but neither won nor lost.
all_over AS (
    SELECT
        ended.payer_key,
        ended.family,
        count(*) AS over_count,
        sum(ended.denied_amount) AS over_amount,
        count(*) FILTER (WHERE outcome.is_counted) AS ended_count,
        sum(CASE WHEN outcome.is_counted THEN ended.denied_amount ELSE 0 END) AS ended_amount,
        count(*) FILTER (WHERE outcome.is_counted AND outcome.is_success) AS won_count,
        sum(CASE WHEN outcome.is_counted AND outcome.is_success THEN ended.denied_amount ELSE 0 END) AS won_amount,
        sum(CASE WHEN outcome.is_counted AND outcome.is_success THEN ended.recovered_amount ELSE 0 END) AS recovered_amount
    FROM item_outcome AS ended
    INNER JOIN outcome ON outcome.item_outcome = ended.item_outcome
    GROUP BY ended.payer_key, ended.family
)
SELECT
    denied.payer_key,
    coalesce(named.payer_name, payer.payer_name, denied.payer_key) AS payer_name,
    denied.family,
    denied.denial_count,
    cast(denied.denied_amount AS DECIMAL(18, 2)) AS denied_amount,
    denied.denial_count - coalesce(ended.over_count, 0) AS standing_count,
    cast(denied.denied_amount - coalesce(ended.over_amount, 0) AS DECIMAL(18, 2)) AS standing_amount,
    coalesce(worked.worked_count, 0) AS worked_count,
    cast(coalesce(worked.worked_amount, 0) AS DECIMAL(18, 2)) AS worked_amount,
    coalesce(ended.ended_count, 0) AS ended_count,
    cast(coalesce(ended.ended_amount, 0) AS DECIMAL(18, 2)) AS ended_amount,
    coalesce(ended.won_count, 0) AS won_count,
    cast(coalesce(ended.won_amount, 0) AS DECIMAL(18, 2)) AS won_amount,
    cast(coalesce(ended.recovered_amount, 0) AS DECIMAL(18, 2)) AS recovered_amount
FROM all_denied AS denied
LEFT JOIN all_worked AS worked ON worked.payer_key = denied.payer_key AND worked.family = denied.family
LEFT JOIN all_over AS ended ON ended.payer_key = denied.payer_key AND ended.family = denied.family
LEFT JOIN named ON named.payer_key = denied.payer_key
LEFT JOIN payer ON payer.payer_key = denied.payer_key
