-- Grain: one next step. Reads worklist.
-- Why: what is to be done, and what it is worth.
SELECT
    next_step,
    count(*) AS item_count,
    cast(sum(denied_amount) AS DECIMAL(18, 2)) AS denied_amount,
    cast(sum(expected_recovery_amount) AS DECIMAL(18, 2)) AS expected_recovery_amount,
    count(*) FILTER (WHERE days_left BETWEEN 0 AND 7) AS due_within_week_count
FROM worklist
GROUP BY next_step
