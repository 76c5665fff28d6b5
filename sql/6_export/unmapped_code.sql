-- Grain: one reason code of denials that no rule knows, and the remark codes beside it. Reads denied_adjustment.
-- Why: where the rules have holes, and what the holes cost: the most dollars first are the rules to write next.
SELECT
    coalesce(reason_code, 'none') AS reason_code,
    coalesce(remark_codes, '') AS remark_codes,
    count(DISTINCT item_id) AS item_count,
    CAST(sum(adjustment_amount) AS DECIMAL(18, 2)) AS denied_amount,
    min(payment_date) AS first_seen_date,
    max(payment_date) AS last_seen_date
FROM denied_adjustment
WHERE family = 'unmapped'
GROUP BY coalesce(reason_code, 'none'), coalesce(remark_codes, '')
