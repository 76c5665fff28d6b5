-- Grain: one open item that is not on the worklist. Reads open_item, ranking, decision.
-- Why: with the worklist and closed_item it holds every denied line exactly once, so that denied dollars add up.
SELECT
    open_item.item_id,
    CASE WHEN open_item.denied_amount <= 0 THEN 'nothing_denied' ELSE 'small_balance' END AS exclusion_reason,
    open_item.denied_amount,
    open_item.family,
    decision.next_step,
    open_item.file_id,
    open_item.segment_index
FROM open_item
LEFT JOIN ranking ON ranking.item_id = open_item.item_id
LEFT JOIN decision ON decision.item_id = open_item.item_id
WHERE ranking.item_id IS NULL
