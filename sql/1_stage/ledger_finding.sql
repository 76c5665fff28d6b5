-- Grain: one thing of the ledger that a person should look at. Reads remittance, remittance_status,
-- claim_payment_event.
-- Why: what could not be paired is not guessed, and what is held is not counted; both would go unseen in the current tables.
--   payment_conflict            the payment of an earlier remittance with other claims: held until a person decides
--   duplicate_held              a remittance that came before, by its segments or its payment: not counted again
--   reversal_without_original   takes back a claim payment that never came
--   correction_without_original follows a reversal whose original never came
WITH held AS (
    SELECT
        status.file_id,
        status.segment_index,
        CASE WHEN status.exclusion_reason = 'conflict' THEN 'payment_conflict' ELSE 'duplicate_held' END AS finding_code,
        CASE WHEN status.exclusion_reason = 'conflict' THEN 'error' ELSE 'information' END AS severity,
        CASE
            WHEN status.exclusion_reason = 'conflict'
                THEN 'The payment came before with other claims. It is held and does not count: ask the payer which one is right.'
            ELSE 'The remittance came before. It is held and does not count again; nothing is to be done.'
        END AS message,
        status.payer_key,
        status.duplicate_of_file_id AS other_file_id,
        status.duplicate_of_segment_index AS other_segment_index,
        remittance.payment_amount AS finding_amount
    FROM remittance_status AS status
    JOIN remittance ON remittance.file_id = status.file_id AND remittance.segment_index = status.segment_index
    WHERE NOT status.is_accepted
),
unpaired AS (
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
)
SELECT file_id, segment_index, finding_code, severity, message, payer_key, other_file_id, other_segment_index, finding_amount
FROM held
UNION ALL
SELECT
    file_id, segment_index, finding_code, 'warning' AS severity, message, payer_key, other_file_id, other_segment_index, finding_amount
FROM unpaired
