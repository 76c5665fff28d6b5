-- Grain: one item whose denied amount is not the sum of its denial adjustments. Reads classified_adjustment, denied_line.
-- Why: the worklist shows each denied dollar once.
WITH entry AS (
    SELECT item_id, adjustment_amount
    FROM classified_adjustment
    WHERE outcome = 'denied'
    UNION ALL
    SELECT item_id, -denied_amount
    FROM denied_line
)
SELECT item_id, sum(adjustment_amount) AS denied_difference
FROM entry
GROUP BY item_id
HAVING sum(adjustment_amount) <> 0
