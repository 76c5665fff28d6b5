-- grain: one family of denials
-- reads: denied_line, ranking, expected_recovery
-- why:   what was denied, by family, and how much of it is on the worklist.
select
    denied_line.family,
    count(*) as item_count,
    cast(sum(denied_line.denied_amount) as decimal(18, 2)) as denied_amount,
    count(ranking.item_id) as worklist_count,
    cast(sum(case when ranking.item_id is not null then denied_line.denied_amount else 0 end) as decimal(18, 2))
        as worklist_denied_amount,
    cast(sum(case when ranking.item_id is not null then expected.expected_recovery_amount else 0 end) as decimal(18, 2))
        as expected_recovery_amount
from denied_line
inner join expected_recovery as expected on expected.item_id = denied_line.item_id
left join ranking on ranking.item_id = denied_line.item_id
group by denied_line.family
