-- grain: one next step
-- reads: worklist
-- why:   what is to be done, and what it is worth.
select
    next_step,
    count(*) as item_count,
    cast(sum(denied_amount) as decimal(18, 2)) as denied_amount,
    cast(sum(expected_recovery_amount) as decimal(18, 2)) as expected_recovery_amount,
    count(*) filter (where days_left between 0 and 7) as due_within_week_count
from worklist
group by next_step
