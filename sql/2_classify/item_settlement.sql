-- Grain: one item that was denied and is denied no more. Reads item_denial, denied_line, service_line_current,
-- claim_payment_current.
-- Why: what stands in its place. `decided`: the latest decision about the same service. `reclassified`: the decision that the
-- nights before called a denial. `replaced`: the claim has a later decision, but not about this service by its name. `reversed`:
-- nothing.
WITH ordered AS (
    SELECT
        item_id, file_id, segment_index, claim_segment_index,
        denial_number = max(denial_number) OVER (PARTITION BY item_id) AS is_last
    FROM item_denial
),
gone AS (
    SELECT ordered.item_id, ordered.file_id, ordered.segment_index, ordered.claim_segment_index
    FROM ordered
    LEFT JOIN denied_line ON denied_line.item_id = ordered.item_id
    WHERE ordered.is_last AND denied_line.item_id IS NULL
),
latest AS (
    SELECT
        gone.item_id, line.file_id, line.segment_index, line.paid_amount, claim.payment_date, claim.payer_name,
        claim.patient_control_number, coalesce(claim.payee_npi, claim.payee_tax_number) AS payee_id
    FROM gone
    INNER JOIN service_line_current AS line ON line.item_id = gone.item_id AND line.is_latest
    INNER JOIN claim_payment_current AS claim
        ON claim.file_id = line.file_id AND claim.segment_index = line.claim_segment_index
    UNION ALL
    SELECT
        gone.item_id, claim.file_id, claim.segment_index, claim.paid_amount, claim.payment_date, claim.payer_name,
        claim.patient_control_number, coalesce(claim.payee_npi, claim.payee_tax_number) AS payee_id
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
)
SELECT
    gone.item_id,
    gone.file_id,
    gone.segment_index,
    gone.claim_segment_index,
    CASE
        WHEN latest.file_id = gone.file_id AND latest.segment_index = gone.segment_index THEN 'reclassified'
        WHEN latest.item_id IS NOT NULL THEN 'decided'
        WHEN replaced.item_id IS NOT NULL THEN 'replaced'
        ELSE 'reversed'
    END AS settlement,
    coalesce(latest.paid_amount, CASE WHEN replaced.line_count = 1 THEN replaced.paid_amount END) AS settled_paid_amount,
    coalesce(latest.payment_date, replaced.payment_date) AS settled_date,
    latest.payer_name,
    latest.patient_control_number,
    latest.payee_id
FROM gone
LEFT JOIN latest ON latest.item_id = gone.item_id
LEFT JOIN replaced ON replaced.item_id = gone.item_id
