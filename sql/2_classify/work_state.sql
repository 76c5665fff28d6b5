-- Grain: one item that somebody worked on. Reads work_log, item_walk, item_state, work_event, item_denial.
-- Why: what billers did and learnt, as it stands. The latest entry wins, field by field: a later call that says nothing of the
-- denial date does not undo what an earlier one learnt. What a call learnt of a denial (its date, limits, turnaround) is over
-- when a new denial starts a round; owner, notes, addresses and coding's word stay. Nothing changes but by an event: that an
-- answer is due on the day of the run is for situation to say.
WITH last_event AS (
    SELECT item_id, max(event_number) AS event_number, max(round_number) AS round_number
    FROM item_walk
    GROUP BY item_id
),
of_entry AS (
    SELECT work_log_id, max(event_number) AS event_number, max(round_number) AS round_number
    FROM item_walk
    WHERE work_log_id IS NOT NULL
    GROUP BY work_log_id
),
moved AS (
    SELECT
        walk.item_id,
        walk.event_number,
        walk.event_date,
        walk.round_number,
        walk.next_item_state = 'appeal_sent' AND coalesce(walk.item_state, '') <> 'appeal_sent' AS is_appeal,
        -- a denial in a state that stays is news all the same
        walk.item_state <> walk.next_item_state OR work_event.starts_round AS is_move,
        coalesce(work_event.restarts_wait, FALSE) AS is_restart,
        work_event.starts_round AND walk.work_log_id IS NOT NULL AS is_denial_by_letter
    FROM item_walk AS walk
    LEFT JOIN work_event ON work_event.event = walk.event
),
life AS (
    SELECT
        item_id,
        max(CASE WHEN is_move THEN event_number ELSE 0 END) AS moved_number,
        coalesce(max_by(event_date, event_number) FILTER (WHERE is_move), min(event_date)) AS state_since,
        min(event_date) FILTER (WHERE is_appeal) AS first_appeal_date,
        max_by(event_date, event_number) FILTER (WHERE is_denial_by_letter) AS letter_date,
        max_by(round_number, event_number) FILTER (WHERE is_denial_by_letter) AS letter_round
    FROM moved
    GROUP BY item_id
),
wait AS (
    SELECT moved.item_id, max_by(moved.event_date, moved.event_number) AS wait_since
    FROM moved
    INNER JOIN life ON life.item_id = moved.item_id
    WHERE moved.event_number > life.moved_number AND moved.is_restart
    GROUP BY moved.item_id
),
entry AS (
    SELECT
        log.item_id,
        log.action_date,
        log.action,
        log.worked_by,
        log.item_status,
        log.owner,
        log.call_reference,
        log.claim_number_from_call,
        log.denial_reason_from_call,
        log.appeal_address,
        log.appeal_fax,
        log.coding_outcome,
        log.corrected_diagnosis,
        log.client_continues,
        log.note,
        of_entry.event_number,
        of_entry.round_number = last_event.round_number AS is_of_this_round,
        of_entry.event_number >= life.moved_number AS is_of_this_state,
        log.denial_date_from_call,
        log.appeal_limit_days,
        log.corrected_claim_limit_days,
        log.turnaround_days
    FROM work_log AS log
    INNER JOIN of_entry ON of_entry.work_log_id = log.work_log_id
    INNER JOIN last_event ON last_event.item_id = log.item_id
    INNER JOIN life ON life.item_id = log.item_id
),
said AS (
    SELECT
        item_id,
        max_by(action, event_number) FILTER (WHERE action IS NOT NULL) AS last_action,
        max(action_date) AS last_action_date,
        max_by(worked_by, event_number) FILTER (WHERE worked_by IS NOT NULL) AS last_worked_by,
        max_by(note, event_number) FILTER (WHERE note IS NOT NULL) AS last_note,
        max_by(item_status, event_number) FILTER (WHERE item_status IS NOT NULL AND is_of_this_state) AS item_status,
        max_by(action_date, event_number) FILTER (WHERE item_status IS NOT NULL AND is_of_this_state) AS status_date,
        max_by(owner, event_number) FILTER (WHERE owner IS NOT NULL) AS owner,
        max_by(call_reference, event_number) FILTER (WHERE call_reference IS NOT NULL) AS call_reference,
        max_by(claim_number_from_call, event_number) FILTER (WHERE claim_number_from_call IS NOT NULL) AS claim_number_from_call,
        max_by(denial_date_from_call, event_number) FILTER (WHERE denial_date_from_call IS NOT NULL AND is_of_this_round)
            AS denial_date_from_call,
        max_by(denial_reason_from_call, event_number) FILTER (WHERE denial_reason_from_call IS NOT NULL AND is_of_this_round)
            AS denial_reason_from_call,
        max_by(appeal_limit_days, event_number) FILTER (WHERE appeal_limit_days IS NOT NULL AND is_of_this_round)
            AS appeal_limit_days,
        max_by(corrected_claim_limit_days, event_number)
            FILTER (WHERE corrected_claim_limit_days IS NOT NULL AND is_of_this_round) AS corrected_claim_limit_days,
        max_by(turnaround_days, event_number) FILTER (WHERE turnaround_days IS NOT NULL AND is_of_this_state) AS turnaround_days,
        max_by(coding_outcome, event_number) FILTER (WHERE coding_outcome IS NOT NULL) AS coding_outcome,
        max_by(corrected_diagnosis, event_number) FILTER (WHERE corrected_diagnosis IS NOT NULL) AS corrected_diagnosis,
        max_by(appeal_address, event_number) FILTER (WHERE appeal_address IS NOT NULL) AS appeal_address,
        max_by(appeal_fax, event_number) FILTER (WHERE appeal_fax IS NOT NULL) AS appeal_fax,
        max_by(client_continues, event_number) FILTER (WHERE client_continues IS NOT NULL) AS client_continues,
        count(*) AS entry_count
    FROM entry
    GROUP BY item_id
),
standing AS (
    SELECT
        said.item_id,
        walk.next_item_state AS item_state,
        walk.appeal_level,
        walk.round_number,
        life.state_since,
        coalesce(said.item_status, state.item_status) AS item_status,
        coalesce(said.status_date, life.state_since) AS status_since,
        CASE
            WHEN coalesce(said.item_status, state.item_status) = 'waiting'
                THEN greatest(life.state_since, coalesce(said.status_date, life.state_since), coalesce(wait.wait_since, life.state_since))
                    + cast(coalesce(said.turnaround_days, state.turnaround_days, 0) AS INTEGER)
        END AS follow_up_date,
        life.first_appeal_date,
        CASE WHEN life.letter_round = walk.round_number THEN life.letter_date END AS letter_date
    FROM said
    INNER JOIN last_event ON last_event.item_id = said.item_id
    INNER JOIN item_walk AS walk ON walk.item_id = said.item_id AND walk.event_number = last_event.event_number
    INNER JOIN life ON life.item_id = said.item_id
    LEFT JOIN wait ON wait.item_id = said.item_id
    LEFT JOIN item_state AS state ON state.item_state = walk.next_item_state
),
last_denial AS (
    SELECT item_id, file_id, segment_index, claim_segment_index
    FROM item_denial
    QUALIFY row_number() OVER (PARTITION BY item_id ORDER BY denial_number DESC) = 1
)
SELECT
    said.item_id,
    last_denial.file_id,
    last_denial.segment_index,
    last_denial.claim_segment_index,
    said.last_action,
    said.last_action_date,
    standing.item_status,
    standing.status_since,
    said.owner,
    said.call_reference,
    said.claim_number_from_call,
    coalesce(said.denial_date_from_call, standing.letter_date) AS denial_date_from_call,
    said.appeal_limit_days,
    said.corrected_claim_limit_days,
    said.turnaround_days,
    said.coding_outcome,
    said.denial_reason_from_call,
    said.corrected_diagnosis,
    said.appeal_address,
    said.appeal_fax,
    said.client_continues,
    said.last_worked_by,
    said.last_note,
    standing.item_state,
    standing.state_since,
    standing.follow_up_date,
    standing.appeal_level,
    standing.round_number,
    standing.first_appeal_date,
    said.entry_count
FROM said
INNER JOIN standing ON standing.item_id = said.item_id
INNER JOIN last_denial ON last_denial.item_id = said.item_id
