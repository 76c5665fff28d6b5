-- Grain: an expected recovery below zero, above what the payer would allow, or above what was denied. Reads
-- expected_recovery, open_item.
SELECT expected.item_id, expected.expected_recovery_amount, expected.expected_allowed_amount, open_item.denied_amount
FROM expected_recovery AS expected
INNER JOIN open_item ON open_item.item_id = expected.item_id
WHERE expected.expected_recovery_amount < 0
    OR expected.expected_recovery_amount > expected.expected_allowed_amount
    OR (expected.expected_allowed_amount > open_item.denied_amount AND open_item.denied_amount > 0)
