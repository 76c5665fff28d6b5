-- Grain: one thing of the ledger that a person should look at. Reads remittance_head, remittance_status, claim_finding.
-- Why: what could not be paired is not guessed, and what is held is not counted; both would go unseen in the current tables.
--   payment_conflict            the payment of an earlier remittance with other claims: held until a person decides
--   duplicate_held              a remittance that came before, by its segments or its payment: not counted again
-- and what claim_finding says of claim payments.
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
    JOIN remittance_head AS remittance ON remittance.file_id = status.file_id AND remittance.segment_index = status.segment_index
    WHERE NOT status.is_accepted
)
SELECT file_id, segment_index, finding_code, severity, message, payer_key, other_file_id, other_segment_index, finding_amount
FROM held
UNION ALL
SELECT
    file_id, segment_index, finding_code, 'warning' AS severity, message, payer_key, other_file_id, other_segment_index, finding_amount
FROM claim_finding
