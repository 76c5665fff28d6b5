-- Grain: one claim that a take-back names. Reads provider_adjustment_detail.
-- Why: a claim can look paid while its money was taken out of a later payment. Take-backs are added with their signs: what was
-- put off, given back, or settled by a refund check, cancels out.
SELECT
    claim_key,
    count(*) AS takeback_count,
    CAST(coalesce(sum(adjustment_amount), 0) AS DECIMAL(18, 2)) AS takeback_amount,
    min(payment_date) AS first_takeback_date,
    max(payment_date) AS last_takeback_date
FROM provider_adjustment_detail
WHERE is_takeback AND claim_key IS NOT NULL
GROUP BY claim_key
