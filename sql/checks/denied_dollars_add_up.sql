-- Grain: denied dollars that the worklist and what is excluded from it do not add up to. Reads denied_line, worklist,
-- worklist_excluded.
WITH total AS (
    SELECT 'denied' AS place, denied_amount FROM denied_line
    UNION ALL
    SELECT 'worked' AS place, denied_amount FROM worklist
    UNION ALL
    SELECT 'worked' AS place, denied_amount FROM worklist_excluded
),
compared AS (
    SELECT
        coalesce(sum(CASE WHEN place = 'denied' THEN denied_amount END), 0) AS denied_amount,
        coalesce(sum(CASE WHEN place = 'worked' THEN denied_amount END), 0) AS placed_amount
    FROM total
)
SELECT denied_amount, placed_amount
FROM compared
WHERE denied_amount <> placed_amount
