-- grain: one worklist item that somebody worked on
-- reads: work_log
-- why:   the latest entry wins, field by field: a later call that says nothing of the denial date does not undo what an
--        earlier one learnt.
with entry as (
    select
        item_id,
        action_date,
        action,
        item_status,
        owner,
        call_reference,
        denial_date_from_call,
        appeal_limit_days,
        corrected_claim_limit_days,
        turnaround_days,
        coding_outcome,
        claim_number_from_call,
        concat_ws('|', coalesce(cast(action_date as varchar), ''), work_log_id) as entry_order
    from work_log
)
select
    item_id,
    max_by(action, entry_order) filter (where action is not null) as last_action,
    max(action_date) as last_action_date,
    max_by(item_status, entry_order) filter (where item_status is not null) as item_status,
    max_by(action_date, entry_order) filter (where item_status is not null) as status_since,
    max_by(owner, entry_order) filter (where owner is not null) as owner,
    max_by(call_reference, entry_order) filter (where call_reference is not null) as call_reference,
    max_by(claim_number_from_call, entry_order) filter (where claim_number_from_call is not null) as claim_number_from_call,
    max_by(denial_date_from_call, entry_order) filter (where denial_date_from_call is not null) as denial_date_from_call,
    max_by(appeal_limit_days, entry_order) filter (where appeal_limit_days is not null) as appeal_limit_days,
    max_by(corrected_claim_limit_days, entry_order) filter (where corrected_claim_limit_days is not null)
        as corrected_claim_limit_days,
    max_by(turnaround_days, entry_order) filter (where turnaround_days is not null) as turnaround_days,
    max_by(coding_outcome, entry_order) filter (where coding_outcome is not null) as coding_outcome
from entry
group by item_id
