-- grain: one denied line that is worked: neither closed nor set aside as a small balance
-- reads: denied_line, decision, expected_recovery, work_state, urgency_tier (mapping), run_parameter
-- why:   a total order: what runs out first, then what is worth most, then the denied amount; equal ones by item_id.
with worked as (
    select
        denied_line.item_id,
        denied_line.denied_amount,
        expected.expected_recovery_amount,
        urgency.urgency_tier,
        urgency.wording as urgency
    from denied_line
    inner join decision on decision.item_id = denied_line.item_id
    inner join expected_recovery as expected on expected.item_id = denied_line.item_id
    cross join run_parameter as parameter
    left join work_state on work_state.item_id = denied_line.item_id
    inner join urgency_tier as urgency
        on urgency.for_no_deadline = (decision.days_left is null)
        and (urgency.from_days is null or decision.days_left >= urgency.from_days)
        and (urgency.to_days is null or decision.days_left <= urgency.to_days)
    where coalesce(work_state.item_status, 'open') <> 'closed'
        and denied_line.denied_amount >= parameter.minimum_balance_amount
        and denied_line.denied_amount > 0
)
select
    item_id,
    urgency_tier,
    urgency,
    row_number() over (
        order by urgency_tier, expected_recovery_amount desc, denied_amount desc, item_id
    ) as rank
from worked
