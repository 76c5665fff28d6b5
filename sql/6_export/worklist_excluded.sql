-- grain: one denied line that is not on the worklist
-- reads: denied_line, ranking, decision, work_state
-- why:   with the worklist it holds every denied line exactly once, so that denied dollars add up.
select
    denied_line.item_id,
    case
        when work_state.item_status = 'closed' then 'closed'
        when denied_line.denied_amount <= 0 then 'nothing_denied'
        else 'small_balance'
    end as exclusion_reason,
    denied_line.denied_amount,
    denied_line.family,
    decision.next_step,
    denied_line.file_id,
    denied_line.segment_index
from denied_line
left join ranking on ranking.item_id = denied_line.item_id
left join decision on decision.item_id = denied_line.item_id
left join work_state on work_state.item_id = denied_line.item_id
where ranking.item_id is null
