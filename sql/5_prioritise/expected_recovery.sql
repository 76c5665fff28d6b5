-- Grain: one denied line. Reads denied_line, denied_service, decision, precedent, payer_price, claim_payment_current, prior,
-- step.
-- Why: what working the line is worth: what the payer would allow of it, times how often the step succeeds, less what the
-- step costs. Each factor is a column. The allowed amount comes from the precedent, else from what the payer allows of
-- charges, else it is the charge, and says so. Never more than what was denied, never less than nothing.
WITH priced AS (
    SELECT
        denied_line.item_id,
        denied_line.denied_amount,
        denied_line.paid_amount,
        denied_line.family,
        decision.next_step,
        payment.payer_family,
        coalesce(strength.worklist_tier, 'none') AS precedent_tier,
        cast(denied_line.charge_amount * 100 AS BIGINT) AS charge_cents,
        CASE WHEN precedent.is_candidate THEN cast(precedent.precedent_charge_amount * 100 AS BIGINT) END AS precedent_charge_cents,
        CASE
            WHEN precedent.is_candidate
                THEN cast(coalesce(nullif(precedent.precedent_allowed_amount, 0), precedent.precedent_paid_amount) * 100 AS BIGINT)
        END AS precedent_allowed_cents,
        by_procedure.allowed_per_ten_thousand AS procedure_ratio,
        by_payer.allowed_per_ten_thousand AS payer_ratio
    FROM denied_line
    INNER JOIN decision ON decision.item_id = denied_line.item_id
    INNER JOIN claim_payment_current AS payment
        ON payment.file_id = denied_line.file_id AND payment.segment_index = denied_line.claim_segment_index
    LEFT JOIN denied_service ON denied_service.item_id = denied_line.item_id
    LEFT JOIN precedent ON precedent.item_id = denied_line.item_id
    LEFT JOIN precedent_strength AS strength ON strength.precedent_tier = precedent.precedent_tier
    LEFT JOIN payer_price AS by_procedure
        ON by_procedure.payer_key = denied_line.payer_key
        AND by_procedure.billed_procedure_code = denied_service.billed_procedure_code
    LEFT JOIN payer_price AS by_payer
        ON by_payer.payer_key = denied_line.payer_key AND by_payer.billed_procedure_code = 'any'
),
estimated AS (
    SELECT
        item_id,
        denied_amount,
        paid_amount,
        family,
        next_step,
        payer_family,
        precedent_tier,
        CASE
            WHEN precedent_allowed_cents IS NOT NULL AND precedent_charge_cents = charge_cents THEN precedent_allowed_cents
            WHEN precedent_allowed_cents IS NOT NULL AND precedent_charge_cents > 0
                THEN (charge_cents * ((precedent_allowed_cents * 1000000) // precedent_charge_cents)) // 1000000
            WHEN procedure_ratio IS NOT NULL THEN (charge_cents * procedure_ratio) // 10000
            WHEN payer_ratio IS NOT NULL THEN (charge_cents * payer_ratio) // 10000
            ELSE charge_cents
        END AS allowed_cents,
        CASE
            WHEN precedent_allowed_cents IS NOT NULL AND (precedent_charge_cents = charge_cents OR precedent_charge_cents > 0)
                THEN 'precedent'
            WHEN procedure_ratio IS NOT NULL THEN 'payer and procedure'
            WHEN payer_ratio IS NOT NULL THEN 'payer'
            ELSE 'charge'
        END AS expected_allowed_basis
    FROM priced
),
allowed AS (
    SELECT
        item_id,
        family,
        next_step,
        payer_family,
        precedent_tier,
        expected_allowed_basis,
        cast(
            greatest(least(denied_amount, cast(allowed_cents AS DECIMAL(18, 0)) * cast(0.01 AS DECIMAL(18, 2)) - paid_amount), 0) AS DECIMAL(18, 2)
        ) AS expected_allowed_amount
    FROM estimated
),
fitting AS (
    SELECT
        allowed.item_id,
        prior.prior_id,
        prior.success_rate,
        prior.wording,
        row_number() OVER (
            PARTITION BY allowed.item_id
            ORDER BY
                CASE WHEN prior.family IS NOT NULL THEN 1 ELSE 0 END
                + CASE WHEN prior.precedent_tier IS NOT NULL THEN 1 ELSE 0 END
                + CASE WHEN prior.payer_family IS NOT NULL THEN 1 ELSE 0 END DESC,
                prior.prior_id
        ) AS place
    FROM allowed
    INNER JOIN prior
        ON prior.next_step = allowed.next_step
        AND (prior.family IS NULL OR prior.family = allowed.family)
        AND (prior.precedent_tier IS NULL OR prior.precedent_tier = allowed.precedent_tier)
        AND (prior.payer_family IS NULL OR prior.payer_family = allowed.payer_family)
),
valued AS (
    SELECT
        allowed.item_id,
        allowed.expected_allowed_amount,
        allowed.expected_allowed_basis,
        coalesce(fitting.success_rate, step.default_success_rate) AS success_rate,
        concat('assumption: ', coalesce(fitting.wording, concat('default of ', step.next_step))) AS success_rate_basis,
        step.step_cost_amount
    FROM allowed
    INNER JOIN step ON step.next_step = allowed.next_step
    LEFT JOIN fitting ON fitting.item_id = allowed.item_id AND fitting.place = 1
),
net AS (
    SELECT
        item_id,
        expected_allowed_amount,
        expected_allowed_basis,
        success_rate,
        success_rate_basis,
        step_cost_amount,
        cast(expected_allowed_amount * success_rate AS DECIMAL(18, 2)) - step_cost_amount AS net_amount
    FROM valued
)
SELECT
    item_id,
    expected_allowed_amount,
    expected_allowed_basis,
    success_rate,
    success_rate_basis,
    step_cost_amount,
    cast(CASE WHEN net_amount > 0 THEN net_amount ELSE 0 END AS DECIMAL(18, 2)) AS expected_recovery_amount,
    net_amount <= 0 AS is_not_worth_its_cost
FROM net
