-- Grain: one file whose service lines do not add up. Reads service_line, service_line_current, claim_payment_event.
-- Why: charges and payments of all lines equal those of the claim payments that stand plus those of the excluded ones.
WITH entry AS (
    SELECT file_id, 1 AS line_count, charge_amount, paid_amount
    FROM service_line
    UNION ALL
    SELECT file_id, -1 AS line_count, -charge_amount, -paid_amount
    FROM service_line_current
    UNION ALL
    SELECT service_line.file_id, -1 AS line_count, -service_line.charge_amount, -service_line.paid_amount
    FROM service_line
    JOIN claim_payment_event AS event
        ON event.file_id = service_line.file_id AND event.segment_index = service_line.claim_segment_index
    WHERE NOT event.is_current
)
SELECT
    file_id,
    sum(line_count) AS line_count_difference,
    sum(charge_amount) AS charge_difference,
    sum(paid_amount) AS paid_difference
FROM entry
GROUP BY file_id
HAVING sum(line_count) <> 0 OR coalesce(sum(charge_amount), 0) <> 0 OR coalesce(sum(paid_amount), 0) <> 0
