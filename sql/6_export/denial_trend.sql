-- Grain: one payer and month in which it decided. Reads item_denial, claim_payment_current, payer.
-- Why: whether denials grow, and whose. Every denial counts in its own month, those that ended since too; so does the charge of
-- every claim payment that stands. A month with a denial that was reversed has its dollars and not the charge any more.
WITH denied AS (
    SELECT
        cast(date_trunc('month', denial_date) AS DATE) AS month_date,
        payer_key,
        count(*) AS item_count,
        sum(denied_amount) AS denied_amount
    FROM item_denial
    WHERE denial_date IS NOT NULL
    GROUP BY cast(date_trunc('month', denial_date) AS DATE), payer_key
),
decided AS (
    SELECT
        cast(date_trunc('month', denial_date) AS DATE) AS month_date,
        payer_key,
        max(payer_name) AS payer_name,
        count(*) AS claim_count,
        sum(charge_amount) AS charge_amount
    FROM claim_payment_current
    WHERE denial_date IS NOT NULL
    GROUP BY cast(date_trunc('month', denial_date) AS DATE), payer_key
),
month_of_payer AS (
    SELECT month_date, payer_key FROM denied
    UNION
    SELECT month_date, payer_key FROM decided
)
SELECT
    month_of_payer.month_date,
    month_of_payer.payer_key,
    coalesce(decided.payer_name, payer.payer_name, month_of_payer.payer_key) AS payer_name,
    coalesce(decided.claim_count, 0) AS claim_count,
    cast(coalesce(decided.charge_amount, 0) AS DECIMAL(18, 2)) AS charge_amount,
    coalesce(denied.item_count, 0) AS item_count,
    cast(coalesce(denied.denied_amount, 0) AS DECIMAL(18, 2)) AS denied_amount,
    CASE
        WHEN decided.charge_amount > 0
            THEN cast(coalesce(denied.denied_amount, 0) * 1000000 AS BIGINT) // cast(decided.charge_amount * 100 AS BIGINT)
    END AS denied_per_ten_thousand
FROM month_of_payer
LEFT JOIN denied ON denied.month_date = month_of_payer.month_date AND denied.payer_key = month_of_payer.payer_key
LEFT JOIN decided ON decided.month_date = month_of_payer.month_date AND decided.payer_key = month_of_payer.payer_key
LEFT JOIN payer ON payer.payer_key = month_of_payer.payer_key
