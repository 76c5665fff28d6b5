-- grain: one payer and procedure, and one payer for all procedures (procedure `any`)
-- reads: paid_line
-- why:   what a payer allows of a charge, from its own payments. Whole cents and a ratio in parts of ten thousand: no engine
--        divides money in its own way.
with cents as (
    select
        payer_key,
        billed_procedure_code,
        cast(coalesce(nullif(allowed_amount, 0), paid_amount) * 100 as bigint) as allowed_cents,
        cast(charge_amount * 100 as bigint) as charge_cents
    from paid_line
    where charge_amount > 0 and is_first_payer
),
summed as (
    select
        payer_key, billed_procedure_code,
        cast(sum(allowed_cents) as bigint) as allowed_cents, cast(sum(charge_cents) as bigint) as charge_cents,
        count(*) as paid_line_count
    from cents
    where billed_procedure_code is not null
    group by payer_key, billed_procedure_code
    union all
    select
        payer_key, 'any' as billed_procedure_code,
        cast(sum(allowed_cents) as bigint) as allowed_cents, cast(sum(charge_cents) as bigint) as charge_cents,
        count(*) as paid_line_count
    from cents
    group by payer_key
)
select
    payer_key,
    billed_procedure_code,
    paid_line_count,
    least((allowed_cents * 10000) // charge_cents, 10000) as allowed_per_ten_thousand
from summed
