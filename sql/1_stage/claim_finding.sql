-- Grain: one claim payment of the ledger that a person should look at. Reads claim_payment_event.
-- Why: what could not be paired is not guessed, and would go unseen in the current tables.
--   reversal_without_original   takes back a claim payment that never came
--   correction_without_original follows a reversal whose original never came
SELECT
    event.file_id,
    event.segment_index,
    'reversal_without_original' AS finding_code,
    'The reversal takes back a claim payment that never came: look for the missing remittance, or ask the payer for it.'
        AS message,
    event.payer_key,
    CAST(NULL AS VARCHAR) AS other_file_id,
    CAST(NULL AS BIGINT) AS other_segment_index,
    event.paid_amount AS finding_amount
FROM claim_payment_event AS event
WHERE event.exclusion_reason = 'reversal_without_original'
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
