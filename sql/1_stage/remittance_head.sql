-- Grain: one remittance of the facts. Reads remittance.
-- Why: every later model asks for the payment of a claim, and each would open the files of all nights for it: a remittance has
-- many columns, and few of them are asked for.
SELECT
    file_id,
    segment_index,
    is_complete,
    body_hash,
    trace_number,
    payment_amount,
    payment_method_code,
    payment_date,
    production_date,
    group_date,
    payer_id,
    payer_plan_id,
    payer_tax_number,
    payer_name,
    payer_phone,
    payer_fax,
    payee_id,
    payee_npi,
    payee_tax_number,
    payee_name,
    claim_count,
    line_count
FROM remittance
