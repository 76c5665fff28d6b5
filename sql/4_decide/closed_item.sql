-- Grain: one denied line that a biller's word has closed. Reads denied_line, denied_payment, work_state, item_outcome.
-- Why: with open_item it holds every denied line once. Narrow: what the history of the nights says of a closed item, and no more.
SELECT
    denied_line.item_id,
    denied_line.file_id,
    denied_line.segment_index,
    denied_line.claim_segment_index,
    denied_line.payer_key,
    payment.payer_name,
    payment.patient_control_number,
    coalesce(payment.payee_npi, payment.payee_tax_number) AS payee_id,
    payment.denial_date,
    denied_line.denied_amount,
    denied_line.paid_amount,
    denied_line.family,
    ended.item_outcome,
    work_state.status_since,
    work_state.last_action,
    work_state.entry_count
FROM denied_line
INNER JOIN denied_payment AS payment
    ON payment.file_id = denied_line.file_id AND payment.segment_index = denied_line.claim_segment_index
INNER JOIN work_state ON work_state.item_id = denied_line.item_id AND work_state.item_status = 'closed'
LEFT JOIN item_outcome AS ended
    ON ended.item_id = denied_line.item_id
    AND ended.file_id = denied_line.file_id
    AND ended.segment_index = denied_line.segment_index
