-- Grain: one denial that has ended. Reads item_denial, denied_line, service_line_current, claim_payment_current, item_walk,
-- work_event, work_state, item_state.
-- Why: what became of a denial, what came in, how long it took, and which steps were worked: what rates of success are learnt
-- from. It ends with the next denial of the item, with a decision that denies nothing any more, with a reversal that leaves no
-- decision, or with a biller's word.
WITH ordered AS (
    SELECT
        item_id, denial_number, file_id, segment_index, denial_date, payer_key, family, denied_amount, paid_amount, denial_basis,
        lead(denial_date) OVER (PARTITION BY item_id ORDER BY denial_number) AS next_denial_date,
        lead(paid_amount) OVER (PARTITION BY item_id ORDER BY denial_number) AS next_paid_amount,
        denial_number = max(denial_number) OVER (PARTITION BY item_id) AS is_last
    FROM item_denial
),
gone AS (
    SELECT ordered.item_id, ordered.file_id, ordered.segment_index
    FROM ordered
    LEFT JOIN denied_line ON denied_line.item_id = ordered.item_id
    WHERE ordered.is_last AND denied_line.item_id IS NULL
),
latest AS (
    SELECT gone.item_id, line.file_id, line.segment_index, line.paid_amount, claim.payment_date
    FROM gone
    INNER JOIN service_line_current AS line ON line.item_id = gone.item_id AND line.is_latest
    INNER JOIN claim_payment_current AS claim
        ON claim.file_id = line.file_id AND claim.segment_index = line.claim_segment_index
    UNION ALL
    SELECT gone.item_id, claim.file_id, claim.segment_index, claim.paid_amount, claim.payment_date
    FROM gone
    INNER JOIN claim_payment_current AS claim ON claim.item_id = gone.item_id AND claim.is_latest
),
-- A corrected claim may have other modifiers or another number: the one line of the same claim, day and procedure that stands.
own_line AS (
    SELECT gone.item_id, line.claim_key, line.service_date, line.billed_procedure_code
    FROM gone
    INNER JOIN service_line_current AS line ON line.file_id = gone.file_id AND line.segment_index = gone.segment_index
    WHERE NOT line.is_latest
),
replaced AS (
    SELECT
        own_line.item_id,
        count(line.file_id) AS line_count,
        cast(sum(line.paid_amount) AS DECIMAL(18, 2)) AS paid_amount,
        max(claim.payment_date) AS payment_date
    FROM own_line
    LEFT JOIN service_line_current AS line
        ON line.claim_key = own_line.claim_key
        AND line.service_date = own_line.service_date
        AND line.billed_procedure_code = own_line.billed_procedure_code
        AND line.is_latest
    LEFT JOIN claim_payment_current AS claim
        ON claim.file_id = line.file_id AND claim.segment_index = line.claim_segment_index
    GROUP BY own_line.item_id
),
ended AS (
    SELECT
        ordered.item_id,
        ordered.denial_number,
        ordered.denial_date,
        ordered.payer_key,
        ordered.family,
        ordered.denied_amount,
        CASE
            WHEN NOT ordered.is_last AND ordered.next_paid_amount > ordered.paid_amount THEN 'partly_paid'
            WHEN NOT ordered.is_last THEN 'denied_again'
            WHEN denied_line.item_id IS NOT NULL THEN coalesce(item_state.item_outcome, 'closed_by_hand')
            WHEN latest.file_id = ordered.file_id AND latest.segment_index = ordered.segment_index THEN 'reclassified'
            WHEN coalesce(latest.paid_amount, CASE WHEN replaced.line_count = 1 THEN replaced.paid_amount END)
                > ordered.paid_amount
                THEN 'paid'
            WHEN latest.item_id IS NOT NULL THEN 'settled'
            WHEN replaced.item_id IS NOT NULL THEN 'replaced'
            ELSE 'reversed'
        END AS item_outcome,
        CASE
            WHEN NOT ordered.is_last THEN ordered.next_denial_date
            WHEN denied_line.item_id IS NOT NULL THEN work_state.status_since
            ELSE coalesce(latest.payment_date, replaced.payment_date)
        END AS outcome_date,
        CASE
            WHEN NOT ordered.is_last THEN ordered.next_paid_amount - ordered.paid_amount
            WHEN denied_line.item_id IS NULL
                THEN coalesce(latest.paid_amount, CASE WHEN replaced.line_count = 1 THEN replaced.paid_amount END)
                    - ordered.paid_amount
        END AS paid_more_amount
    FROM ordered
    LEFT JOIN denied_line ON denied_line.item_id = ordered.item_id
    LEFT JOIN work_state ON work_state.item_id = ordered.item_id
    LEFT JOIN item_state ON item_state.item_state = work_state.item_state
    LEFT JOIN latest ON latest.item_id = ordered.item_id
    LEFT JOIN replaced ON replaced.item_id = ordered.item_id
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
