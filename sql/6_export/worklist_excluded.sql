-- Grain: one denied line that is not on the worklist. Reads open_item, closed_item, ranking, decision.
-- Why: with the worklist it holds every denied line exactly once, so that denied dollars add up. What is closed has no next step.
SELECT
    open_item.item_id,
    CASE WHEN open_item.denied_amount <= 0 THEN 'nothing_denied' ELSE 'small_balance' END AS exclusion_reason,
    open_item.denied_amount,
    open_item.family,
    decision.next_step,
    cast(NULL AS VARCHAR) AS item_outcome,
    open_item.file_id,
    open_item.segment_index
FROM open_item
LEFT JOIN ranking ON ranking.item_id = open_item.item_id
LEFT JOIN decision ON decision.item_id = open_item.item_id
WHERE ranking.item_id IS NULL
UNION ALL
SELECT
    item_id,
    'closed' AS exclusion_reason,
    denied_amount,
    family,
    cast(NULL AS VARCHAR) AS next_step,
    item_outcome,
    file_id,
    segment_index
FROM closed_item
