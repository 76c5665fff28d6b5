-- Grain: one open item. Reads open_item, denied_service, decision, item_state, precedent, precedent_strength, payer_price, prior,
-- step, step_success.
-- Why: what working the item is worth: what the payer would allow of it, times how often the step succeeds, less what the
-- step costs. Each factor is a column. The allowed amount comes from the precedent, else from what the payer allows of
-- charges, else it is the charge, and says so. Never more than what was denied, never less than nothing. Where an answer is
-- awaited, the step that was taken has the chances, and the follow-up only the cost.
WITH priced AS (
    SELECT
        open_item.item_id,
        open_item.denied_amount,
        open_item.paid_amount,
        open_item.payer_key,
        open_item.family,
        decision.next_step,
        coalesce(item_state.awaited_step, decision.next_step) AS valued_step,
        open_item.payer_family,
        coalesce(strength.worklist_tier, 'none') AS precedent_tier,
        cast(open_item.charge_amount * 100 AS BIGINT) AS charge_cents,
        CASE WHEN precedent.is_candidate THEN cast(precedent.precedent_charge_amount * 100 AS BIGINT) END AS precedent_charge_cents,
        CASE
            WHEN precedent.is_candidate
                THEN cast(coalesce(nullif(precedent.precedent_allowed_amount, 0), precedent.precedent_paid_amount) * 100 AS BIGINT)
        END AS precedent_allowed_cents,
        by_procedure.allowed_per_ten_thousand AS procedure_ratio,
        by_payer.allowed_per_ten_thousand AS payer_ratio
    FROM open_item
    INNER JOIN decision ON decision.item_id = open_item.item_id
    LEFT JOIN item_state ON item_state.item_state = decision.item_state
    LEFT JOIN denied_service ON denied_service.item_id = open_item.item_id
    LEFT JOIN precedent ON precedent.item_id = open_item.item_id
    LEFT JOIN precedent_strength AS strength ON strength.precedent_tier = precedent.precedent_tier
    LEFT JOIN payer_price AS by_procedure
        ON by_procedure.payer_key = open_item.payer_key
        AND by_procedure.billed_procedure_code = denied_service.billed_procedure_code
    LEFT JOIN payer_price AS by_payer
        ON by_payer.payer_key = open_item.payer_key AND by_payer.billed_procedure_code = 'any'
),
estimated AS (
    SELECT
        item_id,
        denied_amount,
        paid_amount,
        payer_key,
        family,
        next_step,
        valued_step,
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
        payer_key,
        family,
        next_step,
        valued_step,
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
        prior.strength_count,
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
        ON prior.next_step = allowed.valued_step
        AND (prior.family IS NULL OR prior.family = allowed.family)
        AND (prior.precedent_tier IS NULL OR prior.precedent_tier = allowed.precedent_tier)
        AND (prior.payer_family IS NULL OR prior.payer_family = allowed.payer_family)
),
assumed AS (
    SELECT
        allowed.item_id,
        allowed.payer_key,
        allowed.family,
        allowed.valued_step,
        allowed.expected_allowed_amount,
        allowed.expected_allowed_basis,
        cast(coalesce(fitting.success_rate, taken.default_success_rate) * 10000 AS BIGINT) AS per_ten_thousand,
        coalesce(fitting.strength_count, taken.strength_count) AS strength_count,
        coalesce(fitting.wording, concat('default of ', taken.next_step)) AS wording,
        step.step_cost_amount
    FROM allowed
    INNER JOIN step ON step.next_step = allowed.next_step
    INNER JOIN step AS taken ON taken.next_step = allowed.valued_step
    LEFT JOIN fitting ON fitting.item_id = allowed.item_id AND fitting.place = 1
),
-- A payer's outcomes say how that payer decides, and little of the next one: however many they are, a payer counts in what is
-- believed of the others as no more than one outcome above the step's strength_count. Hundredths of an outcome, in whole numbers.
weighed AS (
    SELECT
        success.payer_key,
        success.family,
        success.next_step,
        success.tried_count,
        success.success_count,
        (success.tried_count * 100 * (step.strength_count + 1)) // (success.tried_count + step.strength_count + 1)
            AS tried_weight,
        (success.success_count * 100 * (step.strength_count + 1)) // (success.tried_count + step.strength_count + 1)
            AS success_weight
    FROM step_success AS success
    INNER JOIN step ON step.next_step = success.next_step
),
everywhere AS (
    SELECT
        family,
        next_step,
        cast(sum(tried_count) AS BIGINT) AS tried_count,
        cast(sum(success_count) AS BIGINT) AS success_count,
        cast(sum(tried_weight) AS BIGINT) AS tried_weight,
        cast(sum(success_weight) AS BIGINT) AS success_weight
    FROM weighed
    GROUP BY family, next_step
),
counted AS (
    SELECT
        assumed.item_id,
        assumed.expected_allowed_amount,
        assumed.expected_allowed_basis,
        assumed.per_ten_thousand,
        assumed.strength_count,
        assumed.wording,
        assumed.step_cost_amount,
        coalesce(here.tried_count, 0) AS tried_count,
        coalesce(here.success_count, 0) AS success_count,
        coalesce(everywhere.tried_count, 0) - coalesce(here.tried_count, 0) AS elsewhere_tried_count,
        coalesce(everywhere.success_count, 0) - coalesce(here.success_count, 0) AS elsewhere_success_count,
        coalesce(everywhere.tried_weight, 0) - coalesce(here.tried_weight, 0) AS elsewhere_tried_weight,
        coalesce(everywhere.success_weight, 0) - coalesce(here.success_weight, 0) AS elsewhere_success_weight
    FROM assumed
    LEFT JOIN weighed AS here
        ON here.payer_key = assumed.payer_key AND here.family = assumed.family AND here.next_step = assumed.valued_step
    LEFT JOIN everywhere ON everywhere.family = assumed.family AND everywhere.next_step = assumed.valued_step
),
-- Twice the mean of a beta-binomial: the assumption weighs as strength_count outcomes against those at other payers, and what
-- comes of that weighs as much against the outcomes at this payer.
believed AS (
    SELECT
        item_id, expected_allowed_amount, expected_allowed_basis, strength_count, wording, step_cost_amount, tried_count,
        success_count, elsewhere_tried_count, elsewhere_success_count,
        (per_ten_thousand * strength_count * 100 + elsewhere_success_weight * 10000)
            // (strength_count * 100 + elsewhere_tried_weight) AS per_ten_thousand
    FROM counted
),
valued AS (
    SELECT
        item_id,
        expected_allowed_amount,
        expected_allowed_basis,
        cast(
            cast((per_ten_thousand * strength_count + success_count * 10000) // (strength_count + tried_count) AS DECIMAL(18, 0))
            * cast(0.0001 AS DECIMAL(18, 4)) AS DECIMAL(18, 4)
        ) AS success_rate,
        CASE
            WHEN tried_count > 0
                THEN concat(cast(success_count AS VARCHAR), ' of ', cast(tried_count AS VARCHAR), ' here')
            WHEN elsewhere_tried_count > 0
                THEN concat(
                    'assumption: ', wording, '; ', cast(elsewhere_success_count AS VARCHAR), ' of ',
                    cast(elsewhere_tried_count AS VARCHAR), ' at other payers'
                )
            ELSE concat('assumption: ', wording)
        END AS success_rate_basis,
        step_cost_amount
    FROM believed
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
