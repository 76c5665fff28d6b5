-- Grain: one family of denials. Reads denied_line, ranking, expected_recovery.
-- Why: what was denied, by family, and how much of it is on the worklist.
SELECT
    denied_line.family,
    count(*) AS item_count,
    cast(sum(denied_line.denied_amount) AS DECIMAL(18, 2)) AS denied_amount,
    count(ranking.item_id) AS worklist_count,
    cast(sum(CASE WHEN ranking.item_id IS NOT NULL THEN denied_line.denied_amount ELSE 0 END) AS DECIMAL(18, 2))
        AS worklist_denied_amount,
    cast(sum(CASE WHEN ranking.item_id IS NOT NULL THEN expected.expected_recovery_amount ELSE 0 END) AS DECIMAL(18, 2))
        AS expected_recovery_amount
FROM denied_line
LEFT JOIN expected_recovery AS expected ON expected.item_id = denied_line.item_id
LEFT JOIN ranking ON ranking.item_id = denied_line.item_id
GROUP BY denied_line.family
