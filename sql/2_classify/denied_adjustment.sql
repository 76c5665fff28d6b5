-- Grain: one adjustment that denies. Reads classified_adjustment, denied_line, denied_payment.
-- Why: what is counted by reason code is a few in a hundred of all adjustments; they stand apart, with what is asked of them.
SELECT
    adjusted.file_id,
    adjusted.segment_index,
    adjusted.triplet_number,
    adjusted.claim_segment_index,
    adjusted.item_id,
    adjusted.reason_code,
    adjusted.family,
    denied_line.remark_codes,
    adjusted.adjustment_amount,
    payment.payment_date
FROM classified_adjustment AS adjusted
LEFT JOIN denied_line ON denied_line.item_id = adjusted.item_id
LEFT JOIN denied_payment AS payment
    ON payment.file_id = adjusted.file_id AND payment.segment_index = adjusted.claim_segment_index
WHERE adjusted.outcome = 'denied'
