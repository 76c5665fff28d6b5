-- Grain: one reversal (CLP02 = 22) that was paired with the claim payment it takes back. Reads claim_ledger_entry, claim_repeat,
-- service_line.
-- Why: a reversal and its original cancel out, on whatever nights they came. Both have the same amounts with opposite signs.
-- First those with the payer's own claim number, then, among the rest of the claim and for the same day of service, those with
-- the root of that number, and last those with the amounts alone: a payer may give the reversal a new number. The day matters, for
-- some practices give all visits of a patient one number; where the day of one is unknown, it says nothing. Each original is taken
-- back once, the oldest first, and never by a reversal before it: going through the events in order, a reversal finds an
-- original as long as more originals than reversals have passed.
WITH claim_with_reversal AS (
    SELECT DISTINCT claim_key FROM claim_ledger_entry WHERE claim_effect = 'reversal'
),
first_line AS (
    SELECT line.file_id, line.claim_segment_index, min(line.service_date) AS service_date
    FROM service_line AS line
    INNER JOIN claim_ledger_entry AS entry ON entry.file_id = line.file_id AND entry.segment_index = line.claim_segment_index
    INNER JOIN claim_with_reversal ON claim_with_reversal.claim_key = entry.claim_key
    GROUP BY line.file_id, line.claim_segment_index
),
entry AS (
    SELECT
        entry.file_id,
        entry.segment_index,
        entry.claim_key,
        entry.ledger_number,
        entry.control_number_root,
        entry.payer_claim_control_number,
        entry.statement_from_date,
        first_line.service_date,
        concat_ws('|', entry.claim_key, CAST(entry.charge_amount AS VARCHAR), CAST(entry.paid_amount AS VARCHAR)) AS amount_group,
        CASE WHEN entry.claim_effect = 'reversal' THEN -1 ELSE 1 END AS direction
    FROM claim_ledger_entry AS entry
    JOIN claim_with_reversal ON claim_with_reversal.claim_key = entry.claim_key
    LEFT JOIN claim_repeat ON claim_repeat.file_id = entry.file_id AND claim_repeat.segment_index = entry.segment_index
    LEFT JOIN first_line ON first_line.file_id = entry.file_id AND first_line.claim_segment_index = entry.segment_index
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
dated AS (
    SELECT
        entry.file_id, entry.segment_index, entry.ledger_number, entry.direction, entry.amount_group, entry.control_number_root,
        -- the first day of a statement need not be that of a line: days of one kind are compared
        CASE
            WHEN NOT bool_or(entry.statement_from_date IS NULL) OVER same_amounts THEN CAST(entry.statement_from_date AS VARCHAR)
            WHEN NOT bool_or(entry.service_date IS NULL) OVER same_amounts THEN CAST(entry.service_date AS VARCHAR)
            ELSE 'any day'
        END AS claim_day
    FROM entry
    LEFT JOIN taken ON taken.file_id = entry.file_id AND taken.segment_index = entry.segment_index
    WHERE taken.file_id IS NULL
    WINDOW same_amounts AS (PARTITION BY entry.amount_group)
),
root_balance AS (
    SELECT
        file_id, segment_index, ledger_number, direction, amount_group, claim_day, control_number_root,
        sum(direction) OVER (PARTITION BY amount_group, claim_day, control_number_root ORDER BY ledger_number) AS balance
    FROM dated
    WHERE control_number_root IS NOT NULL
),
root_lowest AS (
    SELECT
        file_id, segment_index, ledger_number, direction, amount_group, claim_day, control_number_root, balance,
        min(balance) OVER (
            PARTITION BY amount_group, claim_day, control_number_root ORDER BY ledger_number
            ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
        ) AS lowest_before
    FROM root_balance
),
root_place AS (
    SELECT
        file_id, segment_index, direction, amount_group, claim_day, control_number_root,
        row_number() OVER (
            PARTITION BY amount_group, claim_day, control_number_root, direction ORDER BY ledger_number
        ) AS place
    FROM root_lowest
    WHERE direction = 1 OR balance >= least(0, coalesce(lowest_before, 0))
),
root_pair AS (
    SELECT
        reversal.file_id,
        reversal.segment_index,
        original.file_id AS original_file_id,
        original.segment_index AS original_segment_index
    FROM root_place AS reversal
    JOIN root_place AS original
        ON original.amount_group = reversal.amount_group
        AND original.claim_day = reversal.claim_day
        AND original.control_number_root = reversal.control_number_root
        AND original.place = reversal.place
    WHERE reversal.direction = -1 AND original.direction = 1
),
taken_by_root AS (
    SELECT file_id, segment_index FROM root_pair
    UNION ALL
    SELECT original_file_id, original_segment_index FROM root_pair
),
amount_balance AS (
    SELECT
        dated.file_id, dated.segment_index, dated.ledger_number, dated.direction, dated.amount_group, dated.claim_day,
        sum(dated.direction) OVER (PARTITION BY dated.amount_group, dated.claim_day ORDER BY dated.ledger_number) AS balance
    FROM dated
    LEFT JOIN taken_by_root AS taken ON taken.file_id = dated.file_id AND taken.segment_index = dated.segment_index
    WHERE taken.file_id IS NULL
),
amount_lowest AS (
    SELECT
        file_id, segment_index, ledger_number, direction, amount_group, claim_day, balance,
        min(balance) OVER (
            PARTITION BY amount_group, claim_day ORDER BY ledger_number ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
        ) AS lowest_before
    FROM amount_balance
),
amount_place AS (
    SELECT
        file_id, segment_index, direction, amount_group, claim_day,
        row_number() OVER (PARTITION BY amount_group, claim_day, direction ORDER BY ledger_number) AS place
    FROM amount_lowest
    WHERE direction = 1 OR balance >= least(0, coalesce(lowest_before, 0))
)
SELECT file_id, segment_index, original_file_id, original_segment_index, 'control_number' AS link_method
FROM number_pair
UNION ALL
SELECT file_id, segment_index, original_file_id, original_segment_index, 'control_number_root' AS link_method
FROM root_pair
UNION ALL
SELECT
    reversal.file_id,
    reversal.segment_index,
    original.file_id AS original_file_id,
    original.segment_index AS original_segment_index,
    'amounts' AS link_method
FROM amount_place AS reversal
JOIN amount_place AS original
    ON original.amount_group = reversal.amount_group AND original.claim_day = reversal.claim_day AND original.place = reversal.place
WHERE reversal.direction = -1 AND original.direction = 1
