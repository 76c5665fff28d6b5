-- Grain: one payer and procedure, and one payer for all procedures (procedure `any`). Reads
-- service_line_current, claim_status.
-- Why: what a payer allows of a charge, from its own payments. Whole cents and a ratio in parts of ten thousand: no engine
-- divides money in its own way.
WITH cents AS (
    SELECT
        line.payer_key,
        upper(line.billed_procedure_code) AS billed_procedure_code,
        cast(coalesce(nullif(line.allowed_amount, 0), line.paid_amount) * 100 AS BIGINT) AS allowed_cents,
        cast(line.charge_amount * 100 AS BIGINT) AS charge_cents
    FROM service_line_current AS line
    INNER JOIN claim_status ON claim_status.code = line.claim_status_code
    WHERE line.paid_amount > 0 AND line.charge_amount > 0 AND claim_status.effect = 'pay_or_deny'
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
