-- Grain: one reason code of denials that stand. Reads denied_adjustment, carc.
-- Why: which few reasons hold most of the money: the most dollars first, each with what it and those before it hold of 10,000.
WITH by_reason AS (
    SELECT
        coalesce(reason_code, 'none') AS reason_code,
        count(DISTINCT item_id) AS item_count,
        cast(sum(adjustment_amount) AS DECIMAL(18, 2)) AS denied_amount
    FROM denied_adjustment
    GROUP BY coalesce(reason_code, 'none')
),
ordered AS (
    SELECT
        row_number() OVER (ORDER BY denied_amount DESC, reason_code) AS pareto_number,
        reason_code,
        item_count,
        denied_amount,
        cast(denied_amount * 100 AS BIGINT) AS denied_cents,
        cast(sum(cast(denied_amount * 100 AS BIGINT)) OVER () AS BIGINT) AS all_cents,
        cast(sum(cast(denied_amount * 100 AS BIGINT)) OVER (ORDER BY denied_amount DESC, reason_code) AS BIGINT) AS cents_so_far
    FROM by_reason
)
SELECT
    ordered.pareto_number,
    ordered.reason_code,
    carc.wording,
    ordered.item_count,
    ordered.denied_amount,
    (ordered.denied_cents * 10000) // nullif(ordered.all_cents, 0) AS share_per_ten_thousand,
    (ordered.cents_so_far * 10000) // nullif(ordered.all_cents, 0) AS running_per_ten_thousand
FROM ordered
LEFT JOIN carc ON carc.code = ordered.reason_code
