-- Grain: one denied line that is not on the worklist. Reads denied_line, ranking, decision, work_state.
-- Why: with the worklist it holds every denied line exactly once, so that denied dollars add up.
SELECT
    denied_line.item_id,
    CASE
        WHEN work_state.item_status = 'closed' THEN 'closed'
        WHEN denied_line.denied_amount <= 0 THEN 'nothing_denied'
        ELSE 'small_balance'
    END AS exclusion_reason,
    denied_line.denied_amount,
    denied_line.family,
    decision.next_step,
    denied_line.file_id,
    denied_line.segment_index
FROM denied_line
LEFT JOIN ranking ON ranking.item_id = denied_line.item_id
LEFT JOIN decision ON decision.item_id = denied_line.item_id
LEFT JOIN work_state ON work_state.item_id = denied_line.item_id
WHERE ranking.item_id IS NULL
