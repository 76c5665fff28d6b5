-- Grain: one denied line that is not on the worklist. Reads open_item, ranking, decision, denied_line, work_state, item_outcome.
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
    denied_line.item_id,
    'closed' AS exclusion_reason,
    denied_line.denied_amount,
    denied_line.family,
    cast(NULL AS VARCHAR) AS next_step,
    ended.item_outcome,
    denied_line.file_id,
    denied_line.segment_index
FROM denied_line
INNER JOIN work_state ON work_state.item_id = denied_line.item_id AND work_state.item_status = 'closed'
LEFT JOIN item_outcome AS ended
    ON ended.item_id = denied_line.item_id
    AND ended.file_id = denied_line.file_id
    AND ended.segment_index = denied_line.segment_index
