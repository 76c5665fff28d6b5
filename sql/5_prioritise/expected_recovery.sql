-- grain: one denied line
-- reads: denied_line, denied_service, decision, precedent, payer_price, claim_payment_current, prior (mapping), step (mapping)
-- why:   what working the line is worth: what the payer would allow of it, times how often the step succeeds, less what the
--        step costs. Each factor is a column. The allowed amount comes from the precedent, else from what the payer allows of
--        charges, else it is the charge, and says so. Never more than what was denied, never less than nothing.
with priced as (
    select
        denied_line.item_id,
        denied_line.denied_amount,
        denied_line.paid_amount,
        denied_line.family,
        decision.next_step,
        payment.payer_family,
        coalesce(strength.worklist_tier, 'none') as precedent_tier,
        cast(denied_line.charge_amount * 100 as bigint) as charge_cents,
        case when precedent.is_candidate then cast(precedent.precedent_charge_amount * 100 as bigint) end as precedent_charge_cents,
        case
            when precedent.is_candidate
                then cast(coalesce(nullif(precedent.precedent_allowed_amount, 0), precedent.precedent_paid_amount) * 100 as bigint)
        end as precedent_allowed_cents,
        by_procedure.allowed_per_ten_thousand as procedure_ratio,
        by_payer.allowed_per_ten_thousand as payer_ratio
    from denied_line
    inner join decision on decision.item_id = denied_line.item_id
    inner join claim_payment_current as payment
        on payment.file_id = denied_line.file_id and payment.segment_index = denied_line.claim_segment_index
    left join denied_service on denied_service.item_id = denied_line.item_id
    left join precedent on precedent.item_id = denied_line.item_id
    left join precedent_strength as strength on strength.precedent_tier = precedent.precedent_tier
    left join payer_price as by_procedure
        on by_procedure.payer_key = denied_line.payer_key
        and by_procedure.billed_procedure_code = denied_service.billed_procedure_code
    left join payer_price as by_payer
        on by_payer.payer_key = denied_line.payer_key and by_payer.billed_procedure_code = 'any'
),
estimated as (
    select
        item_id,
        denied_amount,
        paid_amount,
        family,
        next_step,
        payer_family,
        precedent_tier,
        case
            when precedent_allowed_cents is not null and precedent_charge_cents = charge_cents then precedent_allowed_cents
            when precedent_allowed_cents is not null and precedent_charge_cents > 0
                then (charge_cents * ((precedent_allowed_cents * 1000000) // precedent_charge_cents)) // 1000000
            when procedure_ratio is not null then (charge_cents * procedure_ratio) // 10000
            when payer_ratio is not null then (charge_cents * payer_ratio) // 10000
            else charge_cents
        end as allowed_cents,
        case
            when precedent_allowed_cents is not null and (precedent_charge_cents = charge_cents or precedent_charge_cents > 0)
                then 'precedent'
            when procedure_ratio is not null then 'payer and procedure'
            when payer_ratio is not null then 'payer'
            else 'charge'
        end as expected_allowed_basis
    from priced
),
allowed as (
    select
        item_id,
        family,
        next_step,
        payer_family,
        precedent_tier,
        expected_allowed_basis,
        cast(
            greatest(least(denied_amount, cast(allowed_cents as decimal(18, 0)) * cast(0.01 as decimal(18, 2)) - paid_amount), 0) as decimal(18, 2)
        ) as expected_allowed_amount
    from estimated
),
fitting as (
    select
        allowed.item_id,
        prior.prior_id,
        prior.success_rate,
        prior.wording,
        row_number() over (
            partition by allowed.item_id
            order by
                case when prior.family is not null then 1 else 0 end
                + case when prior.precedent_tier is not null then 1 else 0 end
                + case when prior.payer_family is not null then 1 else 0 end desc,
                prior.prior_id
        ) as place
    from allowed
    inner join prior
        on prior.next_step = allowed.next_step
        and (prior.family is null or prior.family = allowed.family)
        and (prior.precedent_tier is null or prior.precedent_tier = allowed.precedent_tier)
        and (prior.payer_family is null or prior.payer_family = allowed.payer_family)
),
valued as (
    select
        allowed.item_id,
        allowed.expected_allowed_amount,
        allowed.expected_allowed_basis,
        coalesce(fitting.success_rate, step.default_success_rate) as success_rate,
        concat('assumption: ', coalesce(fitting.wording, concat('default of ', step.next_step))) as success_rate_basis,
        step.step_cost_amount
    from allowed
    inner join step on step.next_step = allowed.next_step
    left join fitting on fitting.item_id = allowed.item_id and fitting.place = 1
),
net as (
    select
        item_id,
        expected_allowed_amount,
        expected_allowed_basis,
        success_rate,
        success_rate_basis,
        step_cost_amount,
        cast(expected_allowed_amount * success_rate as decimal(18, 2)) - step_cost_amount as net_amount
    from valued
)
select
    item_id,
    expected_allowed_amount,
    expected_allowed_basis,
    success_rate,
    success_rate_basis,
    step_cost_amount,
    cast(case when net_amount > 0 then net_amount else 0 end as decimal(18, 2)) as expected_recovery_amount,
    net_amount <= 0 as is_not_worth_its_cost
from net
