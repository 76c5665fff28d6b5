-- Grain: one CLP of every remittance. Reads claim_ledger_entry, claim_repeat, claim_reversal, claim_correction, claim_payment,
-- remittance_status.
-- Why: the ledger says of every claim payment what it is, what it restates, and whether it stands. What does not stand has
-- its reason: reversed, reversal, reversal_without_original, repeat, duplicate_body, duplicate_payment, conflict,
-- predetermination, forwarded, pending. Its numbers and its money stand beside it, for those who look for one claim among all;
-- control_key is its number as numbers are compared, for payers leave out zeros before it.
WITH linked AS (
    SELECT
        entry.file_id,
        entry.segment_index,
        entry.remittance_segment_index,
        entry.claim_key,
        entry.claim_effect,
        entry.exclusion_reason,
        entry.statement_from_date,
        entry.ledger_date,
        entry.ledger_number,
        entry.decision_number,
        repeated.file_id IS NOT NULL AS is_repeat,
        reversal.file_id IS NOT NULL AS is_paired,
        reversed.file_id IS NOT NULL AS is_reversed,
        correction.file_id IS NOT NULL AS is_correction,
        coalesce(repeated.restates_file_id, reversal.original_file_id, correction.restates_file_id) AS restates_file_id,
        coalesce(
            repeated.restates_segment_index, reversal.original_segment_index, correction.restates_segment_index
        ) AS restates_segment_index,
        CASE WHEN repeated.file_id IS NOT NULL THEN 'same_event' ELSE coalesce(reversal.link_method, correction.link_method) END
            AS link_method
    FROM claim_ledger_entry AS entry
    LEFT JOIN claim_repeat AS repeated ON repeated.file_id = entry.file_id AND repeated.segment_index = entry.segment_index
    LEFT JOIN claim_reversal AS reversal ON reversal.file_id = entry.file_id AND reversal.segment_index = entry.segment_index
    LEFT JOIN claim_reversal AS reversed
        ON reversed.original_file_id = entry.file_id AND reversed.original_segment_index = entry.segment_index
    LEFT JOIN claim_correction AS correction
        ON correction.file_id = entry.file_id AND correction.segment_index = entry.segment_index
),
typed AS (
    SELECT
        file_id,
        segment_index,
        remittance_segment_index,
        claim_key,
        claim_effect,
        CASE
            WHEN exclusion_reason IS NOT NULL THEN exclusion_reason
            WHEN is_repeat THEN 'repeat'
            WHEN claim_effect = 'reversal' AND is_paired THEN 'reversal'
            WHEN claim_effect = 'reversal' THEN 'reversal_without_original'
            WHEN is_reversed THEN 'reversed'
        END AS exclusion_reason,
        CASE
            WHEN exclusion_reason IS NOT NULL THEN exclusion_reason
            WHEN is_repeat THEN 'repeat'
            WHEN claim_effect = 'reversal' THEN 'reversal'
            WHEN is_correction THEN 'correction'
            WHEN claim_effect = 'secondary' OR claim_effect = 'tertiary' THEN claim_effect
            ELSE 'original'
        END AS event_type,
        restates_file_id,
        restates_segment_index,
        link_method,
        statement_from_date,
        ledger_date,
        ledger_number,
        decision_number
    FROM linked
),
named AS (
    SELECT
        file_id,
        segment_index,
        remittance_segment_index,
        claim_key,
        claim_effect,
        CASE
            -- several parts of one claim, decided together
            WHEN event_type = 'original'
                AND count(*) OVER (PARTITION BY claim_key, file_id, remittance_segment_index, event_type, statement_from_date) > 1
                THEN 'split'
            ELSE event_type
        END AS event_type,
        exclusion_reason,
        restates_file_id,
        restates_segment_index,
        link_method,
        ledger_date,
        ledger_number,
        decision_number
    FROM typed
)
SELECT
    named.file_id,
    named.segment_index,
    named.remittance_segment_index,
    named.claim_key,
    remittance_status.payer_key,
    claim_payment.patient_control_number,
    ltrim(upper(trim(claim_payment.patient_control_number)), '0') AS control_key,
    claim_payment.payer_claim_control_number,
    named.claim_effect,
    named.event_type,
    named.exclusion_reason IS NULL AS is_current,
    named.exclusion_reason,
    named.restates_file_id,
    named.restates_segment_index,
    named.link_method,
    named.ledger_date,
    named.ledger_number,
    named.decision_number,
    claim_payment.charge_amount,
    claim_payment.paid_amount
FROM named
LEFT JOIN claim_payment ON claim_payment.file_id = named.file_id AND claim_payment.segment_index = named.segment_index
LEFT JOIN remittance_status
    ON remittance_status.file_id = named.file_id AND remittance_status.segment_index = named.remittance_segment_index
