-- Grain: one payer and procedure, and one payer for all procedures (procedure `any`). Reads
-- service_line_current, claim_status.
-- Why: what a payer allows of a charge, from its own payments. Whole cents and a ratio in parts of ten thousand: no engine
-- divides money in its own way.
WITH by_status AS (
    SELECT
        payer_key,
        billed_procedure_code,
        claim_status_code,
        cast(sum(coalesce(nullif(allowed_amount, 0), paid_amount)) * 100 AS BIGINT) AS allowed_cents,
        cast(sum(charge_amount) * 100 AS BIGINT) AS charge_cents,
        count(*) AS paid_line_count
    FROM service_line_current
    WHERE paid_amount > 0 AND charge_amount > 0
    GROUP BY payer_key, billed_procedure_code, claim_status_code
),
counted AS (
    SELECT
        by_status.payer_key,
        upper(by_status.billed_procedure_code) AS billed_procedure_code,
        by_status.allowed_cents,
        by_status.charge_cents,
        by_status.paid_line_count
    FROM by_status
    INNER JOIN claim_status ON claim_status.code = by_status.claim_status_code
    WHERE claim_status.effect = 'pay_or_deny'
),
summed AS (
    SELECT
        payer_key, billed_procedure_code,
        cast(sum(allowed_cents) AS BIGINT) AS allowed_cents, cast(sum(charge_cents) AS BIGINT) AS charge_cents,
        cast(sum(paid_line_count) AS BIGINT) AS paid_line_count
    FROM counted
    WHERE billed_procedure_code IS NOT NULL
    GROUP BY payer_key, billed_procedure_code
    UNION ALL
    SELECT
        payer_key, 'any' AS billed_procedure_code,
        cast(sum(allowed_cents) AS BIGINT) AS allowed_cents, cast(sum(charge_cents) AS BIGINT) AS charge_cents,
        cast(sum(paid_line_count) AS BIGINT) AS paid_line_count
    FROM counted
    GROUP BY payer_key
)
SELECT
    payer_key,
    billed_procedure_code,
    paid_line_count,
    least((allowed_cents * 10000) // charge_cents, 10000) AS allowed_per_ten_thousand
FROM summed
