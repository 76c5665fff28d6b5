-- Grain: one paid service line for which the payer allowed less than it usually allowed for the same before. Reads
-- service_line_current, claim_payment_current, classified_adjustment, denied_line, group_code, run_parameter.
-- Why: evidence for a question to the payer, never a claim about the contract, which no 835 holds. The same is: payer, kind of
-- plan, payee, place, procedure, modifiers in any order, units, and the codes of what was taken off. So a line that was cut for
-- a reason of its own (sequester, several procedures together) is only compared with lines that were cut for it too. Usual is
-- the amount allowed most often in the months before the line's own, the latest of equals; lines paid within lookback_months of
-- the run count. A line charged below it is compared with its charge. Lines with a denial or an adjustment that nobody bears yet
-- (OA), claims adjusted at claim level and second payers are left out: there the allowed amount means something else. Only
-- procedures with more than one amount are looked at closely.
WITH written AS (
    SELECT DISTINCT modifiers
    FROM service_line_current
    WHERE modifiers IS NOT NULL
),
single AS (
    SELECT written.modifiers, modifier_code
    FROM written
    CROSS JOIN unnest(string_split(written.modifiers, ' ')) AS part(modifier_code)
),
modifier_order AS (
    SELECT modifiers, array_to_string(list_sort(array_agg(modifier_code ORDER BY modifier_code)), ' ') AS sorted_modifiers
    FROM single
    GROUP BY modifiers
),
left_out AS (
    SELECT file_id, claim_segment_index
    FROM classified_adjustment
    WHERE line_segment_index IS NULL
    GROUP BY file_id, claim_segment_index
),
denied AS (
    SELECT file_id, line_segment_index
    FROM denied_line
    WHERE line_segment_index IS NOT NULL
),
paid AS (
    SELECT
        line.file_id,
        line.segment_index,
        line.allowed_amount,
        claim.payment_date,
        year(claim.payment_date) * 12 + month(claim.payment_date) AS month_number,
        md5(concat_ws(
            '|',
            line.payer_key,
            coalesce(claim.filing_indicator_code, ''),
            coalesce(claim.payee_npi, claim.payee_tax_number, ''),
            coalesce(claim.facility_type_code, ''),
            coalesce(line.procedure_qualifier, ''),
            line.billed_procedure_code,
            coalesce(modifier_order.sorted_modifiers, ''),
            coalesce(cast(line.paid_units AS VARCHAR), '')
        )) AS service_key
    FROM service_line_current AS line
    INNER JOIN claim_payment_current AS claim
        ON claim.file_id = line.file_id AND claim.segment_index = line.claim_segment_index
    CROSS JOIN run_parameter AS parameter
    LEFT JOIN modifier_order ON modifier_order.modifiers = line.modifiers
    LEFT JOIN left_out ON left_out.file_id = line.file_id AND left_out.claim_segment_index = line.claim_segment_index
    LEFT JOIN denied ON denied.file_id = line.file_id AND denied.line_segment_index = line.segment_index
    WHERE line.is_latest
        AND claim.claim_effect = 'pay_or_deny'
        AND line.billed_procedure_code IS NOT NULL
        AND line.allowed_amount > 0
        AND left_out.file_id IS NULL
        AND denied.file_id IS NULL
        AND year(claim.payment_date) * 12 + month(claim.payment_date)
            >= year(parameter.as_of_date) * 12 + month(parameter.as_of_date) - parameter.lookback_months
),
varied AS (
    SELECT service_key
    FROM paid
    GROUP BY service_key
    HAVING min(allowed_amount) < max(allowed_amount)
),
taken AS (
    SELECT DISTINCT
        paid.file_id,
        paid.segment_index,
        adjustment.reason_code,
        group_code.who_bears = 'nobody yet' OR group_code.who_bears = 'earlier payment' AS is_elsewhere
    FROM paid
    INNER JOIN varied ON varied.service_key = paid.service_key
    INNER JOIN classified_adjustment AS adjustment
        ON adjustment.file_id = paid.file_id AND adjustment.line_segment_index = paid.segment_index
    LEFT JOIN group_code ON group_code.code = adjustment.group_code
    WHERE coalesce(group_code.who_bears, '') <> 'patient'
),
reduced AS (
    SELECT
        file_id,
        segment_index,
        string_agg(reason_code, ' ' ORDER BY reason_code) AS reason_codes,
        bool_or(is_elsewhere) AS is_elsewhere
    FROM taken
    GROUP BY file_id, segment_index
),
line AS (
    SELECT
        paid.file_id,
        paid.segment_index,
        paid.allowed_amount,
        paid.payment_date,
        paid.month_number,
        concat_ws('|', paid.service_key, coalesce(reduced.reason_codes, '')) AS price_key,
        coalesce(reduced.reason_codes, '') AS reason_codes
    FROM paid
    INNER JOIN varied ON varied.service_key = paid.service_key
    LEFT JOIN reduced ON reduced.file_id = paid.file_id AND reduced.segment_index = paid.segment_index
    WHERE NOT coalesce(reduced.is_elsewhere, FALSE)
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
        line.reason_codes,
        usual.allowed_amount AS usual_allowed_amount,
        usual.usual_count,
        usual.earlier_count
    FROM line
    INNER JOIN usual ON usual.price_key = line.price_key AND usual.month_number = line.month_number
    WHERE line.allowed_amount < usual.allowed_amount
),
evidence AS (
    SELECT
        below.file_id,
        below.segment_index,
        line.file_id AS precedent_file_id,
        line.segment_index AS precedent_segment_index
    FROM below
    INNER JOIN line
        ON line.price_key = below.price_key
        AND line.allowed_amount = below.usual_allowed_amount
        AND line.month_number < below.month_number
    QUALIFY row_number() OVER (
        PARTITION BY below.file_id, below.segment_index
        ORDER BY line.payment_date DESC, line.file_id, line.segment_index
    ) = 1
)
SELECT
    below.file_id,
    below.segment_index,
    service.claim_key,
    service.payer_key,
    claim.payer_name,
    claim.filing_indicator_code,
    claim.payee_npi,
    claim.patient_control_number,
    claim.payer_claim_control_number,
    claim.trace_number,
    claim.payment_date,
    service.service_date,
    service.billed_procedure_code,
    service.modifiers,
    service.paid_units,
    below.reason_codes AS reduction_codes,
    service.charge_amount,
    service.paid_amount,
    service.allowed_amount,
    below.usual_allowed_amount,
    cast(least(below.usual_allowed_amount, service.charge_amount) - service.allowed_amount AS DECIMAL(18, 2)) AS shortfall_amount,
    below.usual_count,
    below.earlier_count,
    evidence.precedent_file_id,
    evidence.precedent_segment_index,
    earlier_claim.payer_claim_control_number AS precedent_claim_number,
    earlier_service.service_date AS precedent_service_date,
    earlier_claim.payment_date AS precedent_paid_date,
    earlier_claim.trace_number AS precedent_trace_number
FROM below
INNER JOIN service_line_current AS service
    ON service.file_id = below.file_id AND service.segment_index = below.segment_index
INNER JOIN claim_payment_current AS claim
    ON claim.file_id = service.file_id AND claim.segment_index = service.claim_segment_index
INNER JOIN evidence ON evidence.file_id = below.file_id AND evidence.segment_index = below.segment_index
INNER JOIN service_line_current AS earlier_service
    ON earlier_service.file_id = evidence.precedent_file_id AND earlier_service.segment_index = evidence.precedent_segment_index
INNER JOIN claim_payment_current AS earlier_claim
    ON earlier_claim.file_id = earlier_service.file_id AND earlier_claim.segment_index = earlier_service.claim_segment_index
WHERE least(below.usual_allowed_amount, service.charge_amount) > service.allowed_amount
