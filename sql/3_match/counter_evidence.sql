-- grain: one denied line with anything that speaks against its precedent
-- reads: denied_service, precedent, previous_denial, precedent_strength (mapping)
-- why:   shown beside the precedent, in words, so that the caller is not surprised by it.
with known as (
    select
        denied.item_id,
        concat_ws(
            '; ',
            case
                when previous_denial.previous_denial_count > 0
                    then concat(
                        'denied before: ', cast(previous_denial.previous_denial_count as varchar),
                        ', latest service ', cast(previous_denial.previous_denial_service_date as varchar)
                    )
            end,
            case
                when previous_denial.previous_denial_service_date > precedent.precedent_service_date
                    then 'the last outcome was a denial'
            end,
            case
                when precedent.precedent_units <> denied.line_units
                    then concat(
                        'units differ: ', cast(cast(precedent.precedent_units as decimal(18, 2)) as varchar), ' paid, ',
                        cast(cast(denied.line_units as decimal(18, 2)) as varchar), ' now'
                    )
            end,
            case
                when list_contains(string_split(precedent.precedent_differences, ' '), 'modifiers') then 'modifiers differ'
            end,
            case
                when list_contains(string_split(precedent.precedent_differences, ' '), 'not_first_payer')
                    then 'paid as second or third payer'
            end,
            case
                when precedent.item_id is not null
                    and denied.policy_id is not null
                    and coalesce(precedent.precedent_policy_id, '') <> denied.policy_id
                    then concat('policy ', denied.policy_id, ' was not named with the earlier payment')
            end,
            case
                when precedent.precedent_age_months > strength.old_after_months
                    then concat('the earlier payment is ', cast(precedent.precedent_age_months as varchar), ' months old')
            end
        ) as counter_evidence
    from denied_service as denied
    left join precedent on precedent.item_id = denied.item_id
    left join previous_denial on previous_denial.item_id = denied.item_id
    left join precedent_strength as strength on strength.precedent_tier = precedent.precedent_tier
)
select item_id, counter_evidence
from known
where counter_evidence <> ''
