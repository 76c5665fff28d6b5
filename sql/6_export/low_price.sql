-- Grain: one price, month and amount below what was usually allowed for that price in the months before. Reads price_line,
-- run_parameter.
-- Why: the same is what price_key says. Usual is the amount allowed for most of the lines of the months before: where no amount has
-- more than half of them, none is usual. Lines paid within lookback_months of the run count. All lines are only counted here, by price, amount and month, which are few;
-- underpayment looks for the lines.
WITH price_of_month AS (
    SELECT
        line.price_key,
        line.allowed_amount,
        year(line.payment_date) * 12 + month(line.payment_date) AS month_number,
        count(*) AS line_count,
        max(line.payment_date) AS last_paid_date
    FROM price_line AS line
    CROSS JOIN run_parameter AS parameter
    WHERE year(line.payment_date) * 12 + month(line.payment_date)
        >= year(parameter.as_of_date) * 12 + month(parameter.as_of_date) - parameter.lookback_months
    GROUP BY line.price_key, line.allowed_amount, year(line.payment_date) * 12 + month(line.payment_date)
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
total AS (
    SELECT price_key, month_number, cast(sum(usual_count) AS BIGINT) AS earlier_count
    FROM earlier
    GROUP BY price_key, month_number
),
-- The last day on which the usual amount was allowed is that of the line that shows it.
usual AS (
    SELECT
        earlier.price_key, earlier.month_number, earlier.allowed_amount, earlier.usual_count, earlier.last_paid_date,
        total.earlier_count
    FROM earlier
    INNER JOIN total ON total.price_key = earlier.price_key AND total.month_number = earlier.month_number
    WHERE earlier.usual_count * 2 > total.earlier_count
)
SELECT
    price.price_key, price.month_number, price.allowed_amount, usual.allowed_amount AS usual_allowed_amount, usual.usual_count,
    usual.earlier_count, usual.last_paid_date
FROM price_of_month AS price
INNER JOIN usual ON usual.price_key = price.price_key AND usual.month_number = price.month_number
WHERE price.allowed_amount < usual.allowed_amount
