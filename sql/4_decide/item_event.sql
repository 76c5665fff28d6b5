-- Grain: one event of an item that somebody worked on, in their order. Reads work_log, item_denial, denied_line,
-- service_line_current, claim_payment_current.
-- Why: the state of an item follows from what happened to it, one event after the other: the payer's denials and payments, what
-- billers did, what coding answered. Of one day the payer's come first, then the log in its own order. The first denial comes
-- before everything, whatever its date.
WITH worked AS (
    SELECT DISTINCT item_id FROM work_log
),
payment AS (
    SELECT line.item_id, claim.payment_date
    FROM service_line_current AS line
    INNER JOIN worked ON worked.item_id = line.item_id
    INNER JOIN claim_payment_current AS claim
        ON claim.file_id = line.file_id AND claim.segment_index = line.claim_segment_index
    LEFT JOIN denied_line ON denied_line.item_id = line.item_id
    WHERE line.is_latest AND line.paid_amount > 0 AND denied_line.item_id IS NULL
    UNION ALL
    SELECT claim.item_id, claim.payment_date
    FROM claim_payment_current AS claim
    INNER JOIN worked ON worked.item_id = claim.item_id
    LEFT JOIN denied_line ON denied_line.item_id = claim.item_id
    WHERE claim.is_latest AND claim.paid_amount > 0 AND denied_line.item_id IS NULL
),
happened AS (
    SELECT
        item_denial.item_id,
        item_denial.denial_date AS event_date,
        'denied' AS event,
        NULL AS work_log_id,
        item_denial.denial_number = 1 AS is_first,
        0 AS part,
        item_denial.denial_number AS place
    FROM item_denial
    INNER JOIN worked ON worked.item_id = item_denial.item_id
    UNION ALL
    SELECT item_id, payment_date AS event_date, 'paid' AS event, NULL AS work_log_id, FALSE AS is_first, 1 AS part, 1 AS place
    FROM payment
    UNION ALL
    SELECT item_id, action_date AS event_date, action AS event, work_log_id, FALSE AS is_first, 2 AS part, entry_number AS place
    FROM work_log
    WHERE action IS NOT NULL
    UNION ALL
    SELECT
        item_id,
        action_date AS event_date,
        CASE WHEN coding_outcome IS NULL THEN 'note' ELSE concat('coding_', coding_outcome) END AS event,
        work_log_id,
        FALSE AS is_first,
        2 AS part,
        entry_number AS place
    FROM work_log
    WHERE coding_outcome IS NOT NULL OR action IS NULL
)
SELECT
    item_id,
    row_number() OVER (
        PARTITION BY item_id
        ORDER BY is_first DESC, event_date NULLS FIRST, part, place, work_log_id, CASE WHEN event LIKE 'coding_c%' THEN 1 ELSE 0 END
    ) AS event_number,
    event_date,
    event,
    work_log_id
FROM happened
