-- Grain: an expected recovery below zero, above what the payer would allow, or above what was denied. Reads
-- expected_recovery, denied_line.
SELECT expected.item_id, expected.expected_recovery_amount, expected.expected_allowed_amount, denied_line.denied_amount
FROM expected_recovery AS expected
INNER JOIN denied_line ON denied_line.item_id = expected.item_id
WHERE expected.expected_recovery_amount < 0
    OR expected.expected_recovery_amount > expected.expected_allowed_amount
    OR (expected.expected_allowed_amount > denied_line.denied_amount AND denied_line.denied_amount > 0)
