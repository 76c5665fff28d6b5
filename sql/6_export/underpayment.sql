-- Grain: one paid service line for which the payer allowed less than it usually allowed for the same before. Reads
-- low_line, service_line_current, claim_payment_current.
-- Why: evidence for a question to the payer, never a claim about the contract, which no 835 holds. The same is what price_key
-- says, down to the codes of what was taken off: a line that was cut for a reason of its own (sequester, several procedures
-- together) is only compared with lines that were cut for it too. A line charged below the usual amount is compared with its
-- charge.
-- Both sides of the comparison are looked up at once.
WITH shown AS (
    SELECT file_id, segment_index FROM low_line
    UNION
    SELECT precedent_file_id AS file_id, precedent_segment_index AS segment_index FROM low_line
),
shown_line AS (
    SELECT
        line.file_id, line.segment_index, line.claim_segment_index, line.claim_key, line.payer_key, line.service_date,
        line.billed_procedure_code, line.modifiers, line.paid_units, line.charge_amount, line.paid_amount, line.allowed_amount
    FROM shown
    INNER JOIN service_line_current AS line ON line.file_id = shown.file_id AND line.segment_index = shown.segment_index
),
shown_claim AS (
    SELECT DISTINCT file_id, claim_segment_index
    FROM shown_line
),
service AS (
    SELECT
        line.file_id, line.segment_index, line.claim_key, line.payer_key, line.service_date, line.billed_procedure_code,
        line.modifiers, line.paid_units, line.charge_amount, line.paid_amount, line.allowed_amount, claim.payer_name,
        claim.filing_indicator_code, claim.payee_npi, claim.patient_control_number, claim.payer_claim_control_number,
        claim.trace_number, claim.payment_date
    FROM shown_claim
    INNER JOIN claim_payment_current AS claim
        ON claim.file_id = shown_claim.file_id AND claim.segment_index = shown_claim.claim_segment_index
    INNER JOIN shown_line AS line
        ON line.file_id = shown_claim.file_id AND line.claim_segment_index = shown_claim.claim_segment_index
)
SELECT
    below.file_id,
    below.segment_index,
    service.claim_key,
    service.payer_key,
    service.payer_name,
    service.filing_indicator_code,
    service.payee_npi,
    service.patient_control_number,
    service.payer_claim_control_number,
    service.trace_number,
    service.payment_date,
    service.service_date,
    service.billed_procedure_code,
    service.modifiers,
    service.paid_units,
    below.reduction_codes,
    service.charge_amount,
    service.paid_amount,
    service.allowed_amount,
    below.usual_allowed_amount,
    cast(least(below.usual_allowed_amount, service.charge_amount) - service.allowed_amount AS DECIMAL(18, 2)) AS shortfall_amount,
    below.usual_count,
    below.earlier_count,
    below.precedent_file_id,
    below.precedent_segment_index,
    earlier.payer_claim_control_number AS precedent_claim_number,
    earlier.service_date AS precedent_service_date,
    earlier.payment_date AS precedent_paid_date,
    earlier.trace_number AS precedent_trace_number
FROM low_line AS below
INNER JOIN service ON service.file_id = below.file_id AND service.segment_index = below.segment_index
INNER JOIN service AS earlier
    ON earlier.file_id = below.precedent_file_id AND earlier.segment_index = below.precedent_segment_index
WHERE least(below.usual_allowed_amount, service.charge_amount) > service.allowed_amount
