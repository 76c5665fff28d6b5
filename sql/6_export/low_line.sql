-- Grain: one paid service line for which the payer allowed less than it usually allowed for the same before, and the one that shows
-- the usual amount. Reads low_price, price_line.
-- Why: both are looked for by the few prices of low_price, which is a table of its own so that the engine knows that they are few.
WITH below AS (
    SELECT
        line.file_id,
        line.segment_index,
        line.price_key,
        low_price.month_number,
        line.reduction_codes,
        low_price.usual_allowed_amount,
        low_price.usual_count,
        low_price.earlier_count
    FROM price_line AS line
    INNER JOIN low_price
        ON low_price.price_key = line.price_key
        AND low_price.allowed_amount = line.allowed_amount
        AND low_price.month_number = year(line.payment_date) * 12 + month(line.payment_date)
),
-- The line that shows the usual amount is the same for all lines of a month and price: the first of the last day.
wanted AS (
    SELECT DISTINCT price_key, usual_allowed_amount, last_paid_date
    FROM low_price
),
shown_price AS (
    SELECT
        line.price_key, line.allowed_amount, line.payment_date, line.file_id AS precedent_file_id,
        line.segment_index AS precedent_segment_index
    FROM price_line AS line
    INNER JOIN wanted
        ON wanted.price_key = line.price_key
        AND wanted.usual_allowed_amount = line.allowed_amount
        AND wanted.last_paid_date = line.payment_date
    QUALIFY row_number() OVER (
        PARTITION BY line.price_key, line.allowed_amount, line.payment_date ORDER BY line.file_id, line.segment_index
    ) = 1
),
evidence AS (
    SELECT DISTINCT
        low_price.price_key, low_price.month_number, shown_price.precedent_file_id, shown_price.precedent_segment_index
    FROM low_price
    INNER JOIN shown_price
        ON shown_price.price_key = low_price.price_key
        AND shown_price.allowed_amount = low_price.usual_allowed_amount
        AND shown_price.payment_date = low_price.last_paid_date
)
SELECT
    below.file_id,
    below.segment_index,
    below.reduction_codes,
    below.usual_allowed_amount,
    below.usual_count,
    below.earlier_count,
    evidence.precedent_file_id,
    evidence.precedent_segment_index
FROM below
INNER JOIN evidence ON evidence.price_key = below.price_key AND evidence.month_number = below.month_number
