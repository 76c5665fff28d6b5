-- Grain: one denial of an item by one decision of the payer. Reads denied_line, classified_adjustment, claim_payment_current,
-- service_line_current, service_line, known_denial.
-- Why: an item can be denied more than once, and each denial has an end of its own. One that does not stand in the ledger any
-- more is known from earlier nights; of one that does, they say nothing that counts.
WITH superseded AS (
    SELECT
        item_id,
        file_id,
        coalesce(line_segment_index, claim_segment_index) AS segment_index,
        claim_segment_index,
        max_by(family, concat_ws('|', lpad(cast(cast(adjustment_amount * 100 AS BIGINT) AS VARCHAR), 20, '0'), family)) AS family,
        cast(sum(adjustment_amount) AS DECIMAL(18, 2)) AS denied_amount
    FROM classified_adjustment
    WHERE outcome = 'superseded' AND item_id IS NOT NULL
    GROUP BY item_id, file_id, coalesce(line_segment_index, claim_segment_index), claim_segment_index
    HAVING sum(adjustment_amount) > 0
),
standing AS (
    SELECT
        item_id, file_id, segment_index, claim_segment_index, family, denied_amount, paid_amount, 'denied_line' AS denial_basis
    FROM denied_line
    UNION ALL
    SELECT
        superseded.item_id, superseded.file_id, superseded.segment_index, superseded.claim_segment_index, superseded.family,
        superseded.denied_amount, line.paid_amount, 'superseded' AS denial_basis
    FROM superseded
    LEFT JOIN service_line_current AS line
        ON line.file_id = superseded.file_id AND line.segment_index = superseded.segment_index
),
known AS (
    SELECT
        standing.item_id,
        standing.file_id,
        standing.segment_index,
        standing.claim_segment_index,
        payment.denial_date,
        payment.payer_key,
        standing.family,
        standing.denied_amount,
        coalesce(standing.paid_amount, payment.paid_amount) AS paid_amount,
        standing.denial_basis
    FROM standing
    INNER JOIN claim_payment_current AS payment
        ON payment.file_id = standing.file_id AND payment.segment_index = standing.claim_segment_index
    UNION ALL
    SELECT
        before.item_id,
        before.file_id,
        before.segment_index,
        coalesce(line.claim_segment_index, before.segment_index) AS claim_segment_index,
        before.denial_date,
        before.payer_key,
        before.family,
        before.denied_amount,
        before.paid_amount,
        'history' AS denial_basis
    FROM known_denial AS before
    LEFT JOIN service_line AS line ON line.file_id = before.file_id AND line.segment_index = before.segment_index
),
once AS (
    SELECT
        item_id, file_id, segment_index, claim_segment_index, denial_date, payer_key, family, denied_amount, paid_amount,
        denial_basis,
        row_number() OVER (
            PARTITION BY item_id, file_id, segment_index
            ORDER BY CASE WHEN denial_basis = 'history' THEN 1 ELSE 0 END, denial_date, denied_amount, family
        ) AS place
    FROM known
)
SELECT
    item_id,
    file_id,
    segment_index,
    claim_segment_index,
    row_number() OVER (
        PARTITION BY item_id
        ORDER BY
            CASE WHEN denial_basis = 'denied_line' THEN 1 ELSE 0 END, denial_date NULLS FIRST, file_id, segment_index
    ) AS denial_number,
    denial_date,
    payer_key,
    family,
    denied_amount,
    paid_amount,
    denial_basis
FROM once
WHERE place = 1
