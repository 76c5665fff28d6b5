-- Grain: a request to reprocess that no earlier payment of tier A or B supports: it would send a biller to a call with
-- nothing in hand. Reads worklist, precedent.
SELECT worklist.item_id, worklist.next_step_rule_id
FROM worklist
LEFT JOIN precedent ON precedent.item_id = worklist.item_id AND precedent.is_candidate
WHERE worklist.next_step = 'reprocess_request' AND precedent.item_id IS NULL
