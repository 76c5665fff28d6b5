-- Grain: one file whose adjustments do not add up. Reads adjustment, classified_adjustment.
-- Why: every adjustment of the facts has gone to exactly one place, with its whole amount.
WITH entry AS (
    SELECT file_id, 1 AS adjustment_count, adjustment_amount
    FROM adjustment
    UNION ALL
    SELECT file_id, -1 AS adjustment_count, -adjustment_amount
    FROM classified_adjustment
)
SELECT
    file_id,
    sum(adjustment_count) AS adjustment_count_difference,
    sum(adjustment_amount) AS adjustment_difference
FROM entry
GROUP BY file_id
HAVING sum(adjustment_count) <> 0 OR coalesce(sum(adjustment_amount), 0) <> 0
