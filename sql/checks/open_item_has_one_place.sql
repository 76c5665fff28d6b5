-- Grain: an open item that is not in exactly one place, on the worklist or excluded from it. Reads open_item, worklist,
-- worklist_excluded.
WITH place AS (
    SELECT item_id FROM worklist
    UNION ALL
    SELECT item_id FROM worklist_excluded
),
counted AS (
    SELECT item_id, count(*) AS place_count
    FROM place
    GROUP BY item_id
)
SELECT coalesce(open_item.item_id, counted.item_id) AS item_id, coalesce(counted.place_count, 0) AS place_count
FROM open_item
FULL JOIN counted ON counted.item_id = open_item.item_id
WHERE open_item.item_id IS NULL OR coalesce(counted.place_count, 0) <> 1
