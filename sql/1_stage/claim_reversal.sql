-- Grain: one reversal (CLP02 = 22) that was paired with the claim payment it takes back. Reads claim_ledger_entry, claim_repeat.
-- Why: a reversal and its original cancel out, on whatever nights they came. Both have the same amounts with opposite signs.
-- First those with the payer's own claim number, then, among the rest of the claim, those with the amounts alone: a payer may
-- give the reversal a new number. Each original is taken back once, the oldest first, and never by a reversal before it: going
-- through the events in order, a reversal finds an original as long as more originals than reversals have passed.
WITH claim_with_reversal AS (
    SELECT DISTINCT claim_key FROM claim_ledger_entry WHERE claim_effect = 'reversal'
),
entry AS (
    SELECT
        entry.file_id,
        entry.segment_index,
        entry.claim_key,
        entry.ledger_number,
        entry.control_number_root,
        entry.payer_claim_control_number,
        concat_ws('|', entry.claim_key, CAST(entry.charge_amount AS VARCHAR), CAST(entry.paid_amount AS VARCHAR)) AS amount_group,
        CASE WHEN entry.claim_effect = 'reversal' THEN -1 ELSE 1 END AS direction
    FROM claim_ledger_entry AS entry
    JOIN claim_with_reversal ON claim_with_reversal.claim_key = entry.claim_key
    LEFT JOIN claim_repeat ON claim_repeat.file_id = entry.file_id AND claim_repeat.segment_index = entry.segment_index
    WHERE entry.exclusion_reason IS NULL AND claim_repeat.file_id IS NULL
),
number_balance AS (
    SELECT
        file_id, segment_index, ledger_number, direction, amount_group, payer_claim_control_number,
        sum(direction) OVER (
            PARTITION BY amount_group, payer_claim_control_number ORDER BY ledger_number
        ) AS balance
    FROM entry
    WHERE payer_claim_control_number IS NOT NULL
),
number_lowest AS (
    SELECT
        file_id, segment_index, ledger_number, direction, amount_group, payer_claim_control_number, balance,
        min(balance) OVER (
            PARTITION BY amount_group, payer_claim_control_number ORDER BY ledger_number
            ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
        ) AS lowest_before
    FROM number_balance
),
number_place AS (
    SELECT
        file_id, segment_index, direction, amount_group, payer_claim_control_number,
        row_number() OVER (
            PARTITION BY amount_group, payer_claim_control_number, direction ORDER BY ledger_number
        ) AS place
    FROM number_lowest
    WHERE direction = 1 OR balance >= least(0, coalesce(lowest_before, 0))
),
number_pair AS (
    SELECT
        reversal.file_id,
        reversal.segment_index,
        original.file_id AS original_file_id,
        original.segment_index AS original_segment_index
    FROM number_place AS reversal
    JOIN number_place AS original
        ON original.amount_group = reversal.amount_group
        AND original.payer_claim_control_number = reversal.payer_claim_control_number
        AND original.place = reversal.place
    WHERE reversal.direction = -1 AND original.direction = 1
),
taken AS (
    SELECT file_id, segment_index FROM number_pair
    UNION ALL
    SELECT original_file_id, original_segment_index FROM number_pair
),
amount_balance AS (
    SELECT
        entry.file_id, entry.segment_index, entry.ledger_number, entry.direction, entry.amount_group, entry.control_number_root,
        sum(entry.direction) OVER (PARTITION BY entry.amount_group ORDER BY entry.ledger_number) AS balance
    FROM entry
    LEFT JOIN taken ON taken.file_id = entry.file_id AND taken.segment_index = entry.segment_index
    WHERE taken.file_id IS NULL
),
amount_lowest AS (
    SELECT
        file_id, segment_index, ledger_number, direction, amount_group, control_number_root, balance,
        min(balance) OVER (
            PARTITION BY amount_group ORDER BY ledger_number ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
        ) AS lowest_before
    FROM amount_balance
),
amount_place AS (
    SELECT
        file_id, segment_index, direction, amount_group, control_number_root,
        row_number() OVER (PARTITION BY amount_group, direction ORDER BY ledger_number) AS place
    FROM amount_lowest
    WHERE direction = 1 OR balance >= least(0, coalesce(lowest_before, 0))
)
SELECT file_id, segment_index, original_file_id, original_segment_index, 'control_number' AS link_method
FROM number_pair
UNION ALL
SELECT
    reversal.file_id,
    reversal.segment_index,
    original.file_id AS original_file_id,
    original.segment_index AS original_segment_index,
    CASE WHEN original.control_number_root = reversal.control_number_root THEN 'control_number_root' ELSE 'amounts' END AS link_method
FROM amount_place AS reversal
JOIN amount_place AS original ON original.amount_group = reversal.amount_group AND original.place = reversal.place
WHERE reversal.direction = -1 AND original.direction = 1
