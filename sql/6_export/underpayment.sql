-- Grain: one paid service line for which the payer allowed less than it usually allowed for the same before. Reads
-- price_line, service_line_current, claim_payment_current, run_parameter.
-- Why: evidence for a question to the payer, never a claim about the contract, which no 835 holds. The same is what price_key
-- says, down to the codes of what was taken off: a line that was cut for a reason of its own (sequester, several procedures
-- together) is only compared with lines that were cut for it too. Usual is the amount allowed most often in the months before the
-- line's own, the latest of equals; lines paid within lookback_months of the run count. A line charged below it is compared with
-- its charge. Only prices with more than one amount are looked at closely.
WITH recent AS (
    SELECT
        line.file_id,
        line.segment_index,
        line.price_key,
        line.reduction_codes,
        line.allowed_amount,
        line.payment_date,
        year(line.payment_date) * 12 + month(line.payment_date) AS month_number
    FROM price_line AS line
    CROSS JOIN run_parameter AS parameter
    WHERE year(line.payment_date) * 12 + month(line.payment_date)
        >= year(parameter.as_of_date) * 12 + month(parameter.as_of_date) - parameter.lookback_months
),
varied AS (
    SELECT price_key
    FROM recent
    GROUP BY price_key
    HAVING min(allowed_amount) < max(allowed_amount)
),
line AS (
    SELECT
        recent.file_id, recent.segment_index, recent.price_key, recent.reduction_codes, recent.allowed_amount, recent.payment_date,
        recent.month_number
    FROM recent
    INNER JOIN varied ON varied.price_key = recent.price_key
),
price_of_month AS (
    SELECT
        price_key, allowed_amount, month_number,
        count(*) AS line_count,
        max(payment_date) AS last_paid_date
    FROM line
    GROUP BY price_key, allowed_amount, month_number
),
-- Months with a line that lies below another one at all.
most AS (
    SELECT price_key, max(allowed_amount) AS allowed_amount
    FROM price_of_month
    GROUP BY price_key
),
month_of_price AS (
    SELECT DISTINCT price.price_key, price.month_number
    FROM price_of_month AS price
    INNER JOIN most ON most.price_key = price.price_key
    WHERE price.allowed_amount < most.allowed_amount
),
earlier AS (
    SELECT
        now.price_key,
        now.month_number,
        before.allowed_amount,
        cast(sum(before.line_count) AS BIGINT) AS usual_count,
        max(before.last_paid_date) AS last_paid_date
    FROM month_of_price AS now
    INNER JOIN price_of_month AS before ON before.price_key = now.price_key AND before.month_number < now.month_number
    GROUP BY now.price_key, now.month_number, before.allowed_amount
),
usual AS (
    SELECT
        price_key, month_number, allowed_amount, usual_count,
        cast(sum(usual_count) OVER (PARTITION BY price_key, month_number) AS BIGINT) AS earlier_count
    FROM earlier
    QUALIFY row_number() OVER (
        PARTITION BY price_key, month_number ORDER BY usual_count DESC, last_paid_date DESC, allowed_amount
    ) = 1
),
below AS (
    SELECT
        line.file_id,
        line.segment_index,
        line.price_key,
        line.month_number,
        line.reduction_codes,
        usual.allowed_amount AS usual_allowed_amount,
        usual.usual_count,
        usual.earlier_count
    FROM line
    INNER JOIN usual ON usual.price_key = line.price_key AND usual.month_number = line.month_number
    WHERE line.allowed_amount < usual.allowed_amount
),
-- The line that shows the usual amount is the same for all lines of a month: the last of the last month. So it is looked for once
-- for each month and price, among one line of every month, and not once for each line among all of them.
wanted AS (
    SELECT DISTINCT price_key, month_number, usual_allowed_amount
    FROM below
),
last_of_month AS (
    SELECT line.price_key, line.allowed_amount, line.month_number, line.payment_date, line.file_id, line.segment_index
    FROM line
    INNER JOIN (SELECT DISTINCT price_key, usual_allowed_amount FROM wanted) AS price
        ON price.price_key = line.price_key AND price.usual_allowed_amount = line.allowed_amount
    QUALIFY row_number() OVER (
        PARTITION BY line.price_key, line.allowed_amount, line.month_number
        ORDER BY line.payment_date DESC, line.file_id, line.segment_index
    ) = 1
),
evidence AS (
    SELECT
        wanted.price_key,
        wanted.month_number,
        last_of_month.file_id AS precedent_file_id,
        last_of_month.segment_index AS precedent_segment_index
    FROM wanted
    INNER JOIN last_of_month
        ON last_of_month.price_key = wanted.price_key
        AND last_of_month.allowed_amount = wanted.usual_allowed_amount
        AND last_of_month.month_number < wanted.month_number
    QUALIFY row_number() OVER (
        PARTITION BY wanted.price_key, wanted.month_number ORDER BY last_of_month.month_number DESC
    ) = 1
),
-- Both sides of the comparison are looked up at once.
shown AS (
    SELECT file_id, segment_index FROM below
    UNION
    SELECT precedent_file_id AS file_id, precedent_segment_index AS segment_index FROM evidence
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
    evidence.precedent_file_id,
    evidence.precedent_segment_index,
    earlier.payer_claim_control_number AS precedent_claim_number,
    earlier.service_date AS precedent_service_date,
    earlier.payment_date AS precedent_paid_date,
    earlier.trace_number AS precedent_trace_number
FROM below
INNER JOIN service ON service.file_id = below.file_id AND service.segment_index = below.segment_index
INNER JOIN evidence ON evidence.price_key = below.price_key AND evidence.month_number = below.month_number
INNER JOIN service AS earlier
    ON earlier.file_id = evidence.precedent_file_id AND earlier.segment_index = evidence.precedent_segment_index
WHERE least(below.usual_allowed_amount, service.charge_amount) > service.allowed_amount
