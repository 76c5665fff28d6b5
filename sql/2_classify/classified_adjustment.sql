-- Grain: one adjustment of all facts. Reads adjustment, adjustment_case, denial_pattern_family, claim_payment_event,
-- claim_payment_current, service_line_current.
-- Why: every dollar of every adjustment is in one place only.
--   excluded      its claim payment does not stand (exclusion_reason)
--   not_a_denial  deductible, contract price, other plain arithmetic
--   superseded    a later remittance decided about the same service again
--   denied        it is part of denied_line.denied_amount of its item
--   offset        a denial code, but all denials of the line together take nothing off the charge
WITH denial AS (
    SELECT
        one_case.file_id,
        coalesce(one_case.line_segment_index, one_case.claim_segment_index) AS segment_index,
        sum(one_case.adjustment_amount) AS denied_amount
    FROM adjustment_case AS one_case
    JOIN denial_pattern_family AS decided ON decided.pattern_id = one_case.pattern_id
    WHERE decided.is_denial
    GROUP BY one_case.file_id, coalesce(one_case.line_segment_index, one_case.claim_segment_index)
),
judged AS (
    SELECT
        one_case.file_id,
        one_case.segment_index,
        one_case.triplet_number,
        one_case.pattern_id,
        decided.family,
        decided.family_basis,
        decided.rule_id,
        coalesce(line.item_id, claim.item_id) AS item_id,
        CASE
            WHEN NOT decided.is_denial THEN 'not_a_denial'
            WHEN NOT coalesce(line.is_latest, claim.is_latest) THEN 'superseded'
            WHEN denial.denied_amount > 0 THEN 'denied'
            ELSE 'offset'
        END AS outcome
    FROM adjustment_case AS one_case
    LEFT JOIN denial_pattern_family AS decided ON decided.pattern_id = one_case.pattern_id
    LEFT JOIN claim_payment_current AS claim
        ON claim.file_id = one_case.file_id AND claim.segment_index = one_case.claim_segment_index
    LEFT JOIN service_line_current AS line
        ON line.file_id = one_case.file_id AND line.segment_index = one_case.line_segment_index
    LEFT JOIN denial
        ON denial.file_id = one_case.file_id
        AND denial.segment_index = coalesce(one_case.line_segment_index, one_case.claim_segment_index)
)
SELECT
    adjustment.file_id,
    adjustment.segment_index,
    adjustment.triplet_number,
    adjustment.claim_segment_index,
    adjustment.line_segment_index,
    judged.item_id,
    coalesce(judged.outcome, 'excluded') AS outcome,
    event.exclusion_reason,
    adjustment.group_code,
    adjustment.reason_code,
    adjustment.adjustment_amount,
    judged.pattern_id,
    judged.family,
    judged.family_basis,
    judged.rule_id
FROM adjustment
LEFT JOIN claim_payment_event AS event
    ON event.file_id = adjustment.file_id AND event.segment_index = adjustment.claim_segment_index
LEFT JOIN judged
    ON judged.file_id = adjustment.file_id
    AND judged.segment_index = adjustment.segment_index
    AND judged.triplet_number = adjustment.triplet_number
