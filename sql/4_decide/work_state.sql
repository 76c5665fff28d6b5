-- Grain: one worklist item that somebody worked on. Reads work_log.
-- Why: the latest entry wins, field by field: a later call that says nothing of the denial date does not undo what an
-- earlier one learnt.
WITH entry AS (
    SELECT
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
        concat_ws('|', coalesce(cast(action_date AS VARCHAR), ''), work_log_id) AS entry_order
    FROM work_log
)
SELECT
    item_id,
    max_by(action, entry_order) FILTER (WHERE action IS NOT NULL) AS last_action,
    max(action_date) AS last_action_date,
    max_by(item_status, entry_order) FILTER (WHERE item_status IS NOT NULL) AS item_status,
    max_by(action_date, entry_order) FILTER (WHERE item_status IS NOT NULL) AS status_since,
    max_by(owner, entry_order) FILTER (WHERE owner IS NOT NULL) AS owner,
    max_by(call_reference, entry_order) FILTER (WHERE call_reference IS NOT NULL) AS call_reference,
    max_by(claim_number_from_call, entry_order) FILTER (WHERE claim_number_from_call IS NOT NULL) AS claim_number_from_call,
    max_by(denial_date_from_call, entry_order) FILTER (WHERE denial_date_from_call IS NOT NULL) AS denial_date_from_call,
    max_by(appeal_limit_days, entry_order) FILTER (WHERE appeal_limit_days IS NOT NULL) AS appeal_limit_days,
    max_by(corrected_claim_limit_days, entry_order) FILTER (WHERE corrected_claim_limit_days IS NOT NULL)
        AS corrected_claim_limit_days,
    max_by(turnaround_days, entry_order) FILTER (WHERE turnaround_days IS NOT NULL) AS turnaround_days,
    max_by(coding_outcome, entry_order) FILTER (WHERE coding_outcome IS NOT NULL) AS coding_outcome
FROM entry
GROUP BY item_id
