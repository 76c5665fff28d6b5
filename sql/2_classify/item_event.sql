-- Grain: one event of an item that somebody worked on, in their order. Reads work_log, item_denial,
-- item_settlement.
-- Why: the state of an item follows from what happened to it, one event after the other: the payer's denials and payments, what
-- billers did, what coding answered. Of one day the payer's come first, then the log in its own order. The first denial comes
-- before everything, whatever its date. What was logged of an item that no remittance denies counts once one does.
WITH denied AS (
    SELECT DISTINCT item_id FROM item_denial
),
logged AS (
    SELECT log.work_log_id, log.entry_number, log.item_id, log.action_date, log.action, log.coding_outcome
    FROM work_log AS log
    INNER JOIN denied ON denied.item_id = log.item_id
),
worked AS (
    SELECT DISTINCT item_id FROM logged
),
payment AS (
    SELECT settled.item_id, settled.settled_date AS payment_date
    FROM item_settlement AS settled
    INNER JOIN worked ON worked.item_id = settled.item_id
    WHERE (settled.settlement = 'decided' OR settled.settlement = 'reclassified') AND settled.settled_paid_amount > 0
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
    FROM logged
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
    FROM logged
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
