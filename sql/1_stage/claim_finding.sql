-- Grain: one claim payment of the ledger that a person should look at. Reads claim_payment_event.
-- Why: what could not be paired is not guessed, and would go unseen in the current tables.
--   reversal_without_original   takes back a claim payment that never came, or only with other amounts
--   reversal_without_correction takes back a claim payment, and no corrected decision has come since
--   correction_without_original follows a reversal whose original never came
WITH named AS (
    SELECT DISTINCT reversal.file_id, reversal.segment_index
    FROM claim_payment_event AS reversal
    JOIN claim_payment_event AS event
        ON event.claim_key = reversal.claim_key AND event.payer_claim_control_number = reversal.payer_claim_control_number
    WHERE reversal.exclusion_reason = 'reversal_without_original'
        AND event.event_type <> 'reversal'
        AND event.ledger_number < reversal.ledger_number
),
-- A correction stands for what it restates, or beside the reversal in its remittance.
corrected AS (
    SELECT reversal.file_id, reversal.segment_index
    FROM claim_payment_event AS reversal
    JOIN claim_payment_event AS correction
        ON correction.restates_file_id = reversal.restates_file_id
        AND correction.restates_segment_index = reversal.restates_segment_index
    WHERE reversal.exclusion_reason = 'reversal' AND correction.event_type = 'correction'
    UNION
    SELECT reversal.file_id, reversal.segment_index
    FROM claim_payment_event AS reversal
    JOIN claim_payment_event AS beside
        ON beside.claim_key = reversal.claim_key AND beside.decision_number = reversal.decision_number
    WHERE reversal.exclusion_reason = 'reversal' AND beside.is_current
)
SELECT
    event.file_id,
    event.segment_index,
    'reversal_without_original' AS finding_code,
    CASE
        WHEN named.file_id IS NULL
            THEN 'The reversal takes back a claim payment that never came: look for the missing remittance, or ask the payer for it.'
        ELSE 'The reversal has the payer''s number of a claim payment with other amounts, which still counts: ask the payer which of '
            || 'them it takes back.'
    END AS message,
    event.payer_key,
    CAST(NULL AS VARCHAR) AS other_file_id,
    CAST(NULL AS BIGINT) AS other_segment_index,
    event.paid_amount AS finding_amount
FROM claim_payment_event AS event
LEFT JOIN named ON named.file_id = event.file_id AND named.segment_index = event.segment_index
WHERE event.exclusion_reason = 'reversal_without_original'
UNION ALL
SELECT
    event.file_id,
    event.segment_index,
    'reversal_without_correction' AS finding_code,
    'The payer took the claim payment back, and no corrected decision has come since: look for it, or ask the payer for the reason.'
        AS message,
    event.payer_key,
    event.restates_file_id AS other_file_id,
    event.restates_segment_index AS other_segment_index,
    event.paid_amount AS finding_amount
FROM claim_payment_event AS event
LEFT JOIN corrected ON corrected.file_id = event.file_id AND corrected.segment_index = event.segment_index
WHERE event.exclusion_reason = 'reversal' AND corrected.file_id IS NULL
UNION ALL
SELECT
    event.file_id,
    event.segment_index,
    'correction_without_original' AS finding_code,
    'The claim payment follows a reversal whose original never came: the earlier decision of the payer is unknown.' AS message,
    event.payer_key,
    event.restates_file_id AS other_file_id,
    event.restates_segment_index AS other_segment_index,
    event.paid_amount AS finding_amount
FROM claim_payment_event AS event
JOIN claim_payment_event AS restated
    ON restated.file_id = event.restates_file_id AND restated.segment_index = event.restates_segment_index
WHERE event.event_type = 'correction' AND restated.exclusion_reason = 'reversal_without_original'
