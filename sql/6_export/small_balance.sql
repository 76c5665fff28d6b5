-- Grain: one payer, family and next step of lines whose denied amount is below the threshold. Reads worklist_excluded,
-- denied_line, decision, expected_recovery, denied_payment.
-- Why: each is too small to be worked alone, but together they may be worth one call: grouped, not hidden.
SELECT
    denied_line.payer_key,
    max(payment.payer_name) AS payer_name,
    denied_line.family,
    decision.next_step,
    count(*) AS item_count,
    cast(sum(denied_line.denied_amount) AS DECIMAL(18, 2)) AS denied_amount,
    cast(sum(expected.expected_recovery_amount) AS DECIMAL(18, 2)) AS expected_recovery_amount,
    min(decision.deadline) AS first_deadline
FROM worklist_excluded AS excluded
INNER JOIN denied_line ON denied_line.item_id = excluded.item_id
INNER JOIN decision ON decision.item_id = excluded.item_id
INNER JOIN expected_recovery AS expected ON expected.item_id = excluded.item_id
INNER JOIN denied_payment AS payment
    ON payment.file_id = denied_line.file_id AND payment.segment_index = denied_line.claim_segment_index
WHERE excluded.exclusion_reason = 'small_balance'
GROUP BY denied_line.payer_key, denied_line.family, decision.next_step
