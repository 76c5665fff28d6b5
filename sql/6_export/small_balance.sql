-- Grain: one payer, family and next step of lines whose denied amount is below the threshold. Reads worklist_excluded,
-- open_item, decision, expected_recovery.
-- Why: each is too small to be worked alone, but together they may be worth one call: grouped, not hidden.
SELECT
    open_item.payer_key,
    max(open_item.payer_name) AS payer_name,
    open_item.family,
    decision.next_step,
    count(*) AS item_count,
    cast(sum(open_item.denied_amount) AS DECIMAL(18, 2)) AS denied_amount,
    cast(sum(expected.expected_recovery_amount) AS DECIMAL(18, 2)) AS expected_recovery_amount,
    min(decision.deadline) AS first_deadline
FROM worklist_excluded AS excluded
INNER JOIN open_item ON open_item.item_id = excluded.item_id
INNER JOIN decision ON decision.item_id = excluded.item_id
INNER JOIN expected_recovery AS expected ON expected.item_id = excluded.item_id
WHERE excluded.exclusion_reason = 'small_balance'
GROUP BY open_item.payer_key, open_item.family, decision.next_step
