-- Grain: one measure of HFMA's Claim Integrity Task Force and one month, thirteen months to the day of the run. Reads
-- claim_integrity_measure, run_parameter, claim_payment_event, denied_item, outcome, submitted_name.
-- Why: six measures that providers compare with each other, by the definitions in mappings/claim_integrity_measure.csv. Where an
-- 835, an 837 and the work log do not hold a part, it stays empty and the row says why: nothing stands in for it. Numerator and
-- denominator can be added up over months, but for the four weeks of measure 2; the last month ends on the day of the run.
WITH payment_of_day AS (
    SELECT
        ledger_date,
        count(*) FILTER (
            WHERE (claim_effect = 'pay_or_deny' OR claim_effect = 'not_recognized')
                AND (exclusion_reason IS NULL OR exclusion_reason = 'reversed')
        ) AS remit_count,
        count(*) FILTER (
            WHERE (claim_effect = 'pay_or_deny' OR claim_effect = 'not_recognized')
                AND (exclusion_reason IS NULL OR exclusion_reason = 'reversed')
                AND paid_amount = 0
        ) AS zero_count
    FROM claim_payment_event
    GROUP BY ledger_date
),
seen AS (
    SELECT DISTINCT cast(date_trunc('month', payment_of_day.ledger_date) AS DATE) AS month_date
    FROM payment_of_day
    CROSS JOIN run_parameter AS parameter
    WHERE payment_of_day.ledger_date <= parameter.as_of_date
        AND (year(parameter.as_of_date) - year(payment_of_day.ledger_date)) * 12
            + month(parameter.as_of_date) - month(payment_of_day.ledger_date) <= 12
    UNION
    SELECT cast(date_trunc('month', as_of_date) AS DATE) AS month_date
    FROM run_parameter
),
period AS (
    SELECT
        seen.month_date,
        year(seen.month_date) * 12 + month(seen.month_date) AS month_number,
        least(last_day(seen.month_date), parameter.as_of_date) AS period_to_date
    FROM seen
    CROSS JOIN run_parameter AS parameter
),
initial AS (
    SELECT
        year(denial_date) * 12 + month(denial_date) AS month_number,
        count(*) AS claim_count,
        sum(cast(charge_amount * 100 AS BIGINT)) AS charge_cents
    FROM denied_item
    WHERE is_first_of_claim
    GROUP BY year(denial_date) * 12 + month(denial_date)
),
sent AS (
    SELECT
        year(submission_date) * 12 + month(submission_date) AS month_number,
        count(*) AS claim_count,
        sum(cast(charge_amount * 100 AS BIGINT)) AS charge_cents
    FROM submitted_name
    WHERE submission_date IS NOT NULL AND NOT is_void
    GROUP BY year(submission_date) * 12 + month(submission_date)
),
sent_before AS (
    SELECT
        period.month_number,
        sum(sent.claim_count) AS claim_count,
        sum(sent.charge_cents) AS charge_cents
    FROM period
    INNER JOIN sent ON sent.month_number < period.month_number AND sent.month_number >= period.month_number - 3
    GROUP BY period.month_number
    HAVING count(*) = 3
),
remit AS (
    SELECT
        period.month_number,
        cast(sum(payment_of_day.remit_count) AS BIGINT) AS remit_count,
        cast(sum(payment_of_day.zero_count) AS BIGINT) AS zero_count
    FROM period
    INNER JOIN payment_of_day
        ON payment_of_day.ledger_date <= period.period_to_date
        AND date_diff('day', payment_of_day.ledger_date, period.period_to_date) < 28
    GROUP BY period.month_number
    HAVING sum(payment_of_day.remit_count) > 0
),
ended AS (
    SELECT
        year(item.outcome_date) * 12 + month(item.outcome_date) AS month_number,
        count(*) AS item_count,
        count(*) FILTER (WHERE outcome.is_success) AS won_count,
        sum(date_diff('day', item.denial_date, item.outcome_date)) AS day_count,
        sum(cast(item.denied_amount * 100 AS BIGINT)) AS denied_cents,
        sum(CASE WHEN outcome.is_success THEN cast(item.denied_amount * 100 AS BIGINT) ELSE 0 END) AS won_cents,
        sum(CASE WHEN item.item_outcome = 'written_off' THEN cast(item.last_denied_amount * 100 AS BIGINT) ELSE 0 END)
            AS written_off_cents
    FROM denied_item AS item
    INNER JOIN outcome ON outcome.item_outcome = item.item_outcome
    WHERE outcome.is_counted AND item.outcome_date IS NOT NULL
    GROUP BY year(item.outcome_date) * 12 + month(item.outcome_date)
),
appealed AS (
    SELECT
        year(first_appeal_date) * 12 + month(first_appeal_date) AS month_number,
        count(*) AS item_count,
        sum(date_diff('day', denial_date, first_appeal_date)) AS day_count
    FROM denied_item
    WHERE denial_date IS NOT NULL AND first_appeal_date IS NOT NULL
    GROUP BY year(first_appeal_date) * 12 + month(first_appeal_date)
),
-- Counts and days as they are, money in cents. The submitted claims are those of three months: what is compared with them
-- counts three times.
part AS (
    SELECT
        period.month_number,
        'initial_denial_rate_claims' AS measure,
        cast(coalesce(initial.claim_count, 0) * 3 AS BIGINT) AS upper_count,
        cast(sent_before.claim_count AS BIGINT) AS lower_count
    FROM period
    LEFT JOIN initial ON initial.month_number = period.month_number
    LEFT JOIN sent_before ON sent_before.month_number = period.month_number
    UNION ALL
    SELECT
        period.month_number,
        'initial_denial_rate_charges' AS measure,
        cast(coalesce(initial.charge_cents, 0) * 3 AS BIGINT) AS upper_count,
        cast(sent_before.charge_cents AS BIGINT) AS lower_count
    FROM period
    LEFT JOIN initial ON initial.month_number = period.month_number
    LEFT JOIN sent_before ON sent_before.month_number = period.month_number
    UNION ALL
    SELECT month_number, 'primary_denial_rate' AS measure, zero_count AS upper_count, remit_count AS lower_count
    FROM remit
    UNION ALL
    SELECT
        month_number,
        'denial_write_off_rate' AS measure,
        cast(written_off_cents AS BIGINT) AS upper_count,
        cast(NULL AS BIGINT) AS lower_count
    FROM ended
    UNION ALL
    SELECT month_number, 'days_to_appeal' AS measure, cast(day_count AS BIGINT) AS upper_count, item_count AS lower_count
    FROM appealed
    UNION ALL
    SELECT month_number, 'days_to_resolution' AS measure, cast(day_count AS BIGINT) AS upper_count, item_count AS lower_count
    FROM ended
    UNION ALL
    SELECT month_number, 'overturned_rate_lines' AS measure, won_count AS upper_count, item_count AS lower_count
    FROM ended
    UNION ALL
    SELECT
        month_number,
        'overturned_rate_dollars' AS measure,
        cast(won_cents AS BIGINT) AS upper_count,
        cast(denied_cents AS BIGINT) AS lower_count
    FROM ended
)
SELECT
    period.month_date,
    measure.measure,
    measure.measure_number,
    measure.wording,
    period.period_to_date,
    part.upper_count,
    part.lower_count,
    CASE
        WHEN measure.measure_unit = 'days' THEN part.upper_count // nullif(part.lower_count, 0)
        ELSE (part.upper_count * 10000) // nullif(part.lower_count, 0)
    END AS measure_value,
    measure.measure_unit,
    measure.computable,
    measure.limits
FROM period
-- Every measure has a row in every month, so that what cannot be computed is not just missing.
INNER JOIN claim_integrity_measure AS measure ON measure.measure_number > 0
LEFT JOIN part ON part.month_number = period.month_number AND part.measure = measure.measure
