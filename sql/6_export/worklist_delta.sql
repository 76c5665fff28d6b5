-- Grain: one item that tonight is new, changed, closed or taken up again. Reads item_history, worklist, item_outcome,
-- service_line_current, claim_payment_current, decision, work_state, payer, run_parameter.
-- Why: what a biller wants to know in the morning: what came, what went and what it brought, what turned.
WITH last_outcome AS (
    SELECT item_id, recovered_amount, days_taken, worked_steps
    FROM item_outcome
    QUALIFY row_number() OVER (PARTITION BY item_id ORDER BY denial_number DESC) = 1
),
claim AS (
    SELECT history.item_id, claim.payer_name, claim.patient_control_number
    FROM item_history AS history
    CROSS JOIN run_parameter AS parameter
    INNER JOIN service_line_current AS line ON line.item_id = history.item_id AND line.is_latest
    INNER JOIN claim_payment_current AS claim
        ON claim.file_id = line.file_id AND claim.segment_index = line.claim_segment_index
    WHERE history.night_date = parameter.as_of_date
    UNION ALL
    SELECT history.item_id, claim.payer_name, claim.patient_control_number
    FROM item_history AS history
    CROSS JOIN run_parameter AS parameter
    INNER JOIN claim_payment_current AS claim ON claim.item_id = history.item_id AND claim.is_latest
    WHERE history.night_date = parameter.as_of_date
)
SELECT
    history.change,
    history.change_reason,
    history.item_id,
    history.item_place,
    history.item_outcome,
    CASE WHEN history.item_place = 'closed' OR history.change = 'changed' THEN last_outcome.recovered_amount END AS recovered_amount,
    CASE WHEN history.item_place = 'closed' THEN last_outcome.days_taken END AS days_taken,
    CASE WHEN history.item_place = 'closed' THEN last_outcome.worked_steps END AS worked_steps,
    worklist.rank,
    history.next_step,
    history.deadline,
    history.denied_amount,
    coalesce(claim.payer_name, payer.payer_name, history.payer_key) AS payer_name,
    claim.patient_control_number,
    history.family,
    coalesce(work_state.owner, '') AS owner,
    coalesce(decision.client, '') AS client
FROM item_history AS history
CROSS JOIN run_parameter AS parameter
LEFT JOIN worklist ON worklist.item_id = history.item_id
LEFT JOIN work_state ON work_state.item_id = history.item_id
LEFT JOIN last_outcome ON last_outcome.item_id = history.item_id
LEFT JOIN claim ON claim.item_id = history.item_id
LEFT JOIN payer ON payer.payer_key = history.payer_key
LEFT JOIN decision ON decision.item_id = history.item_id
WHERE history.night_date = parameter.as_of_date
