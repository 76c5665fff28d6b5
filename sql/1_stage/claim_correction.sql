-- Grain: one claim payment that follows a reversal of its claim. Reads claim_ledger_entry, claim_repeat, claim_reversal.
-- Why: the corrected decision is linked to what it restates. It is the first later event of the claim that shares with the
-- reversal its remittance, the payer's number or its root, or the charge; the original is what the reversal took back, or the
-- reversal itself where its original never came.
WITH reversal AS (
    SELECT
        entry.file_id,
        entry.segment_index,
        entry.remittance_segment_index,
        entry.claim_key,
        entry.ledger_number,
        entry.charge_amount,
        entry.payer_claim_control_number,
        entry.control_number_root,
        coalesce(pair.original_file_id, entry.file_id) AS original_file_id,
        coalesce(pair.original_segment_index, entry.segment_index) AS original_segment_index
    FROM claim_ledger_entry AS entry
    LEFT JOIN claim_repeat ON claim_repeat.file_id = entry.file_id AND claim_repeat.segment_index = entry.segment_index
    LEFT JOIN claim_reversal AS pair ON pair.file_id = entry.file_id AND pair.segment_index = entry.segment_index
    WHERE entry.claim_effect = 'reversal' AND entry.exclusion_reason IS NULL AND claim_repeat.file_id IS NULL
),
later AS (
    SELECT
        reversal.file_id AS reversal_file_id,
        reversal.segment_index AS reversal_segment_index,
        reversal.ledger_number AS reversal_number,
        reversal.original_file_id,
        reversal.original_segment_index,
        entry.file_id,
        entry.segment_index,
        entry.ledger_number,
        CASE
            WHEN entry.file_id = reversal.file_id AND entry.remittance_segment_index = reversal.remittance_segment_index
                THEN 'same_remittance'
            WHEN entry.payer_claim_control_number = reversal.payer_claim_control_number
                OR entry.control_number_root = reversal.control_number_root
                THEN 'control_number'
            WHEN entry.charge_amount = reversal.charge_amount THEN 'charge'
        END AS link_method
    FROM reversal
    JOIN claim_ledger_entry AS entry
        ON entry.claim_key = reversal.claim_key AND entry.ledger_number > reversal.ledger_number
    LEFT JOIN claim_repeat ON claim_repeat.file_id = entry.file_id AND claim_repeat.segment_index = entry.segment_index
    WHERE entry.claim_effect <> 'reversal' AND entry.exclusion_reason IS NULL AND claim_repeat.file_id IS NULL
),
next_event AS (
    SELECT file_id, segment_index, original_file_id, original_segment_index, link_method, reversal_number
    FROM later
    WHERE link_method IS NOT NULL
    QUALIFY row_number() OVER (PARTITION BY reversal_file_id, reversal_segment_index ORDER BY ledger_number) = 1
)
SELECT
    file_id,
    segment_index,
    original_file_id AS restates_file_id,
    original_segment_index AS restates_segment_index,
    link_method
FROM next_event
QUALIFY row_number() OVER (PARTITION BY file_id, segment_index ORDER BY reversal_number) = 1
