-- Grain: one denied line that is not on the worklist. Reads denied_line, ranking, decision, item_denial, item_outcome.
-- Why: with the worklist it holds every denied line exactly once, so that denied dollars add up.
SELECT
    denied_line.item_id,
    CASE
        WHEN decision.item_status = 'closed' THEN 'closed'
        WHEN denied_line.denied_amount <= 0 THEN 'nothing_denied'
        ELSE 'small_balance'
    END AS exclusion_reason,
    denied_line.denied_amount,
    denied_line.family,
    decision.next_step,
    ended.item_outcome,
    denied_line.file_id,
    denied_line.segment_index
FROM denied_line
LEFT JOIN ranking ON ranking.item_id = denied_line.item_id
LEFT JOIN decision ON decision.item_id = denied_line.item_id
LEFT JOIN item_denial
    ON item_denial.item_id = denied_line.item_id
    AND item_denial.file_id = denied_line.file_id
    AND item_denial.segment_index = denied_line.segment_index
LEFT JOIN item_outcome AS ended
    ON ended.item_id = item_denial.item_id AND ended.denial_number = item_denial.denial_number
WHERE ranking.item_id IS NULL
