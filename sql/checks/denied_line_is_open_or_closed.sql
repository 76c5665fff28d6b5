-- Grain: a denied line that is not exactly one of open and closed. Reads denied_line, open_item, closed_item.
WITH place AS (
    SELECT item_id FROM open_item
    UNION ALL
    SELECT item_id FROM closed_item
),
counted AS (
    SELECT item_id, count(*) AS place_count
    FROM place
    GROUP BY item_id
)
SELECT coalesce(denied_line.item_id, counted.item_id) AS item_id, coalesce(counted.place_count, 0) AS place_count
FROM denied_line
FULL JOIN counted ON counted.item_id = denied_line.item_id
WHERE denied_line.item_id IS NULL OR coalesce(counted.place_count, 0) <> 1
