-- Grain: one denial that has ended. Reads item_denial, item_settlement, denied_line, item_walk, work_event,
-- work_state, item_state.
-- Why: what became of a denial, what came in, how long it took, and which steps were worked: what rates of success are learnt
-- from. It ends with the next denial of the item, with a decision that denies nothing any more, with a reversal that leaves no
-- decision, or with a biller's word.
WITH ordered AS (
    SELECT
        item_id, denial_number, file_id, segment_index, claim_segment_index, denial_date, payer_key, family, denied_amount, paid_amount, denial_basis,
        lead(denial_date) OVER (PARTITION BY item_id ORDER BY denial_number) AS next_denial_date,
        lead(paid_amount) OVER (PARTITION BY item_id ORDER BY denial_number) AS next_paid_amount,
        denial_number = max(denial_number) OVER (PARTITION BY item_id) AS is_last
    FROM item_denial
),
ended AS (
    SELECT
        ordered.item_id,
        ordered.denial_number,
        ordered.file_id,
        ordered.segment_index,
        ordered.claim_segment_index,
        ordered.denial_date,
        ordered.payer_key,
        ordered.family,
        ordered.denied_amount,
        CASE
            WHEN NOT ordered.is_last AND ordered.next_paid_amount > ordered.paid_amount THEN 'partly_paid'
            WHEN NOT ordered.is_last THEN 'denied_again'
            WHEN denied_line.item_id IS NOT NULL THEN coalesce(item_state.item_outcome, 'closed_by_hand')
            WHEN settled.settlement = 'reclassified' THEN 'reclassified'
            WHEN settled.settled_paid_amount > ordered.paid_amount THEN 'paid'
            WHEN settled.settlement = 'decided' THEN 'settled'
            WHEN settled.settlement = 'replaced' THEN 'replaced'
            ELSE 'reversed'
        END AS item_outcome,
        CASE
            WHEN NOT ordered.is_last THEN ordered.next_denial_date
            WHEN denied_line.item_id IS NOT NULL THEN work_state.status_since
            ELSE settled.settled_date
        END AS outcome_date,
        CASE
            WHEN NOT ordered.is_last THEN ordered.next_paid_amount - ordered.paid_amount
            WHEN denied_line.item_id IS NULL THEN settled.settled_paid_amount - ordered.paid_amount
        END AS paid_more_amount
    FROM ordered
    LEFT JOIN denied_line ON denied_line.item_id = ordered.item_id
    LEFT JOIN work_state ON work_state.item_id = ordered.item_id
    LEFT JOIN item_state ON item_state.item_state = work_state.item_state
    LEFT JOIN item_settlement AS settled ON settled.item_id = ordered.item_id
    WHERE NOT ordered.is_last OR denied_line.item_id IS NULL OR work_state.item_status = 'closed'
),
walked AS (
    SELECT
        walk.item_id,
        walk.event_number,
        work_event.next_step,
        count(*) FILTER (WHERE walk.event = 'denied') OVER (PARTITION BY walk.item_id ORDER BY walk.event_number) AS denial_number
    FROM item_walk AS walk
    INNER JOIN work_event ON work_event.event = walk.event
),
step_worked AS (
    SELECT item_id, denial_number, next_step, min(event_number) AS event_number
    FROM walked
    WHERE next_step IS NOT NULL
    GROUP BY item_id, denial_number, next_step
),
step_list AS (
    SELECT item_id, denial_number, string_agg(next_step, ' ' ORDER BY event_number) AS worked_steps
    FROM step_worked
    GROUP BY item_id, denial_number
)
SELECT
    ended.item_id,
    ended.denial_number,
    ended.file_id,
    ended.segment_index,
    ended.claim_segment_index,
    ended.payer_key,
    ended.family,
    ended.denial_date,
    ended.denied_amount,
    ended.item_outcome,
    ended.outcome_date,
    cast(date_diff('day', ended.denial_date, ended.outcome_date) AS BIGINT) AS days_taken,
    cast(greatest(coalesce(ended.paid_more_amount, 0), 0) AS DECIMAL(18, 2)) AS recovered_amount,
    step_list.worked_steps
FROM ended
LEFT JOIN step_list ON step_list.item_id = ended.item_id AND step_list.denial_number = ended.denial_number
