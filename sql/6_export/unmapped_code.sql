-- Grain: one reason code of denials that no rule knows, and the remark codes beside it. Reads classified_adjustment,
-- denied_line, denied_payment.
-- Why: where the rules have holes, and what the holes cost: the most dollars first are the rules to write next.
SELECT
    coalesce(adjusted.reason_code, 'none') AS reason_code,
    coalesce(denied_line.remark_codes, '') AS remark_codes,
    count(DISTINCT adjusted.item_id) AS item_count,
    CAST(sum(adjusted.adjustment_amount) AS DECIMAL(18, 2)) AS denied_amount,
    min(payment.payment_date) AS first_seen_date,
    max(payment.payment_date) AS last_seen_date
FROM classified_adjustment AS adjusted
JOIN denied_line ON denied_line.item_id = adjusted.item_id
LEFT JOIN denied_payment AS payment
    ON payment.file_id = adjusted.file_id AND payment.segment_index = adjusted.claim_segment_index
WHERE adjusted.outcome = 'denied' AND adjusted.family = 'unmapped'
GROUP BY coalesce(adjusted.reason_code, 'none'), coalesce(denied_line.remark_codes, '')
