-- Grain: one remittance of the facts. Reads remittance_head, remittance_status, finding.
-- Why: what the bank statement is held against: trace number, amount and date of each payment, whether its claims, lines and
-- provider adjustments add up to it, and whether it counts or is a copy of another one.
WITH unbalanced AS (
    SELECT file_id, transaction_segment_index, count(*) AS balance_error_count
    FROM finding
    WHERE category = 'balance' AND severity = 'error'
    GROUP BY file_id, transaction_segment_index
)
SELECT
    remittance.file_id,
    remittance.segment_index,
    remittance.trace_number,
    remittance.payment_date,
    remittance.payment_amount,
    remittance.payment_method_code,
    status.payer_key,
    status.payer_name,
    remittance.payee_name,
    remittance.claim_count,
    remittance.is_complete,
    coalesce(remittance.is_complete, FALSE) AND unbalanced.balance_error_count IS NULL AS is_balanced,
    coalesce(unbalanced.balance_error_count, 0) AS balance_error_count,
    status.is_accepted,
    status.exclusion_reason
FROM remittance_head AS remittance
INNER JOIN remittance_status AS status
    ON status.file_id = remittance.file_id AND status.segment_index = remittance.segment_index
LEFT JOIN unbalanced
    ON unbalanced.file_id = remittance.file_id AND unbalanced.transaction_segment_index = remittance.segment_index
