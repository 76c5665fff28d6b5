-- Grain: one change and outcome of tonight. Reads worklist_delta.
-- Why: the night in numbers: what is new, changed, closed and by what, taken up again.
SELECT
    change,
    coalesce(item_outcome, '') AS item_outcome,
    count(*) AS item_count,
    cast(sum(denied_amount) AS DECIMAL(18, 2)) AS denied_amount,
    cast(sum(coalesce(recovered_amount, 0)) AS DECIMAL(18, 2)) AS recovered_amount
FROM worklist_delta
GROUP BY change, coalesce(item_outcome, '')
