-- Grain: one item that tonight is new, changed, closed or taken up again. Reads item_change, worklist, item_outcome, open_item,
-- closed_item, item_settlement, work_state, payer, client.
-- Why: what a biller wants to know in the morning: what came, what went and what it brought, what turned.
WITH last_outcome AS (
    SELECT ended.item_id, ended.recovered_amount, ended.days_taken, ended.worked_steps
    FROM item_change AS changed
    INNER JOIN item_outcome AS ended ON ended.item_id = changed.item_id
    QUALIFY row_number() OVER (PARTITION BY ended.item_id ORDER BY ended.denial_number DESC) = 1
)
SELECT
    changed.change,
    changed.change_reason,
    changed.item_id,
    changed.item_place,
    changed.item_outcome,
    CASE WHEN changed.item_place = 'closed' OR changed.change = 'changed' THEN last_outcome.recovered_amount END AS recovered_amount,
    CASE WHEN changed.item_place = 'closed' THEN last_outcome.days_taken END AS days_taken,
    CASE WHEN changed.item_place = 'closed' THEN last_outcome.worked_steps END AS worked_steps,
    worklist.rank,
    changed.next_step,
    changed.deadline,
    changed.denied_amount,
    coalesce(open_item.payer_name, closed_item.payer_name, settled.payer_name, payer.payer_name, changed.payer_key) AS payer_name,
    coalesce(open_item.patient_control_number, closed_item.patient_control_number, settled.patient_control_number)
        AS patient_control_number,
    changed.family,
    coalesce(work_state.owner, '') AS owner,
    coalesce(client.client, '') AS client
FROM item_change AS changed
LEFT JOIN worklist ON worklist.item_id = changed.item_id
LEFT JOIN work_state ON work_state.item_id = changed.item_id
LEFT JOIN last_outcome ON last_outcome.item_id = changed.item_id
LEFT JOIN open_item ON open_item.item_id = changed.item_id
LEFT JOIN closed_item ON closed_item.item_id = changed.item_id
LEFT JOIN item_settlement AS settled ON settled.item_id = changed.item_id
LEFT JOIN payer ON payer.payer_key = changed.payer_key
LEFT JOIN client
    ON client.payee_id = coalesce(open_item.payee_npi, open_item.payee_tax_number, closed_item.payee_id, settled.payee_id)
