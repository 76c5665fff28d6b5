-- grain: one denied line with at least one precedent of any tier
-- reads: precedent_candidate, denied_service, paid_line, precedent_strength (mapping)
-- why:   the one earlier payment to name on the call: of the best tier, the latest. The count is of claims: in the tiers that
--        allow a reprocessing request where the best one does, else in the best one's tier.
with ranked as (
    select
        candidate.item_id,
        candidate.precedent_file_id,
        candidate.precedent_segment_index,
        candidate.precedent_claim_key,
        candidate.precedent_tier,
        candidate.precedent_differences,
        candidate.precedent_service_date,
        strength.is_candidate,
        strength.strength,
        row_number() over (
            partition by candidate.item_id
            order by
                strength.tier_rank,
                candidate.precedent_service_date desc,
                candidate.precedent_paid_date desc nulls last,
                candidate.precedent_file_id,
                candidate.precedent_segment_index
        ) as place
    from precedent_candidate as candidate
    inner join precedent_strength as strength on strength.precedent_tier = candidate.precedent_tier
),
best as (
    select
        item_id, precedent_file_id, precedent_segment_index, precedent_tier, precedent_differences, precedent_service_date,
        is_candidate, strength
    from ranked
    where place = 1
),
counted as (
    select ranked.item_id, count(distinct ranked.precedent_claim_key) as precedent_count
    from ranked
    inner join best on best.item_id = ranked.item_id
    where ranked.precedent_tier = best.precedent_tier or (ranked.is_candidate and best.is_candidate)
    group by ranked.item_id
)
select
    best.item_id,
    best.precedent_tier,
    best.is_candidate,
    best.strength as precedent_strength,
    best.precedent_differences,
    best.precedent_file_id,
    best.precedent_segment_index,
    paid.payer_claim_control_number as precedent_claim_number,
    best.precedent_service_date,
    paid.payment_date as precedent_paid_date,
    paid.paid_amount as precedent_paid_amount,
    paid.allowed_amount as precedent_allowed_amount,
    paid.charge_amount as precedent_charge_amount,
    paid.line_units as precedent_units,
    paid.policy_id as precedent_policy_id,
    paid.trace_number as precedent_trace_number,
    counted.precedent_count,
    cast(
        (year(denied.service_date) - year(best.precedent_service_date)) * 12
        + month(denied.service_date) - month(best.precedent_service_date)
        - case when day(denied.service_date) < day(best.precedent_service_date) then 1 else 0 end
        as bigint
    ) as precedent_age_months
from best
inner join counted on counted.item_id = best.item_id
inner join denied_service as denied on denied.item_id = best.item_id
inner join paid_line as paid
    on paid.file_id = best.precedent_file_id and paid.segment_index = best.precedent_segment_index
