-- Grain: one item that tonight is new, changed, closed or taken up again. Reads item_change, worklist, item_outcome,
-- service_line_current, claim_payment_current, work_state, payer, client.
-- Why: what a biller wants to know in the morning: what came, what went and what it brought, what turned.
WITH last_outcome AS (
    SELECT ended.item_id, ended.recovered_amount, ended.days_taken, ended.worked_steps
    FROM item_change AS changed
    INNER JOIN item_outcome AS ended ON ended.item_id = changed.item_id
    QUALIFY row_number() OVER (PARTITION BY ended.item_id ORDER BY ended.denial_number DESC) = 1
),
claim AS (
    SELECT changed.item_id, claim.payer_name, claim.patient_control_number, coalesce(claim.payee_npi, claim.payee_tax_number) AS payee_id
    FROM item_change AS changed
    INNER JOIN service_line_current AS line ON line.item_id = changed.item_id AND line.is_latest
    INNER JOIN claim_payment_current AS claim
        ON claim.file_id = line.file_id AND claim.segment_index = line.claim_segment_index
    UNION ALL
    SELECT changed.item_id, claim.payer_name, claim.patient_control_number, coalesce(claim.payee_npi, claim.payee_tax_number) AS payee_id
    FROM item_change AS changed
    INNER JOIN claim_payment_current AS claim ON claim.item_id = changed.item_id AND claim.is_latest
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
    coalesce(claim.payer_name, payer.payer_name, changed.payer_key) AS payer_name,
    claim.patient_control_number,
    changed.family,
    coalesce(work_state.owner, '') AS owner,
    coalesce(client.client, '') AS client
FROM item_change AS changed
LEFT JOIN worklist ON worklist.item_id = changed.item_id
LEFT JOIN work_state ON work_state.item_id = changed.item_id
LEFT JOIN last_outcome ON last_outcome.item_id = changed.item_id
LEFT JOIN claim ON claim.item_id = changed.item_id
LEFT JOIN payer ON payer.payer_key = changed.payer_key
LEFT JOIN client ON client.payee_id = claim.payee_id
