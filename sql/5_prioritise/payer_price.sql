-- Grain: one payer and procedure, and one payer for all procedures (procedure `any`). Reads paid_line.
-- Why: what a payer allows of a charge, from its own payments. Whole cents and a ratio in parts of ten thousand: no engine
-- divides money in its own way.
WITH cents AS (
    SELECT
        payer_key,
        billed_procedure_code,
        cast(coalesce(nullif(allowed_amount, 0), paid_amount) * 100 AS BIGINT) AS allowed_cents,
        cast(charge_amount * 100 AS BIGINT) AS charge_cents
    FROM paid_line
    WHERE charge_amount > 0 AND is_first_payer
),
summed AS (
    SELECT
        payer_key, billed_procedure_code,
        cast(sum(allowed_cents) AS BIGINT) AS allowed_cents, cast(sum(charge_cents) AS BIGINT) AS charge_cents,
        count(*) AS paid_line_count
    FROM cents
    WHERE billed_procedure_code IS NOT NULL
    GROUP BY payer_key, billed_procedure_code
    UNION ALL
    SELECT
        payer_key, 'any' AS billed_procedure_code,
        cast(sum(allowed_cents) AS BIGINT) AS allowed_cents, cast(sum(charge_cents) AS BIGINT) AS charge_cents,
        count(*) AS paid_line_count
    FROM cents
    GROUP BY payer_key
)
SELECT
    payer_key,
    billed_procedure_code,
    paid_line_count,
    least((allowed_cents * 10000) // charge_cents, 10000) AS allowed_per_ten_thousand
FROM summed
