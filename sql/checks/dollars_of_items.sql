-- Grain: denied dollars that the worklist, what is excluded from it and what is closed do not add up to. Reads denied_line,
-- worklist, worklist_excluded, closed_item.
WITH total AS (
    SELECT 'denied' AS place, denied_amount FROM denied_line
    UNION ALL
    SELECT 'placed' AS place, denied_amount FROM worklist
    UNION ALL
    SELECT 'placed' AS place, denied_amount FROM worklist_excluded
    UNION ALL
    SELECT 'placed' AS place, denied_amount FROM closed_item
),
compared AS (
    SELECT
        coalesce(sum(CASE WHEN place = 'denied' THEN denied_amount END), 0) AS denied_amount,
        coalesce(sum(CASE WHEN place = 'placed' THEN denied_amount END), 0) AS placed_amount
    FROM total
)
SELECT denied_amount, placed_amount
FROM compared
WHERE denied_amount <> placed_amount
