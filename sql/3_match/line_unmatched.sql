-- Grain: one service line that stands, or one claim payment without lines, that no submitted line or claim answers. Reads
-- wanted_line, wanted_payment, matched_line, matched_claim, line_candidate, claim_candidate, line_in_doubt.
-- Why: what could not be matched is kept with the reason, so that nobody takes `unknown` for `never paid`. A line that is no
-- part of an open denied line's history is looked for by its control number alone.
WITH candidate_line AS (
    SELECT line_key, count(*) AS candidate_count
    FROM line_candidate
    GROUP BY line_key
),
candidate_claim AS (
    SELECT payment_key, count(*) FILTER (WHERE can_be_answered) AS answerable_count
    FROM claim_candidate
    GROUP BY payment_key
)
SELECT
    line.file_id,
    line.segment_index,
    line.claim_segment_index,
    CASE
        WHEN candidate_line.line_key IS NOT NULL THEN 'ambiguous'
        WHEN candidate_claim.answerable_count > 0 THEN 'no_line_agrees'
        WHEN candidate_claim.payment_key IS NOT NULL THEN 'only_replaced_later'
        ELSE 'no_claim'
    END AS unmatched_reason,
    coalesce(candidate_line.candidate_count, 0) AS candidate_count
FROM wanted_line AS line
LEFT JOIN matched_line ON matched_line.line_key = line.line_key
LEFT JOIN candidate_line ON candidate_line.line_key = line.line_key
LEFT JOIN candidate_claim ON candidate_claim.payment_key = line.payment_key
WHERE matched_line.line_key IS NULL
UNION ALL
SELECT doubt.file_id, doubt.segment_index, doubt.claim_segment_index, 'no_claim' AS unmatched_reason, cast(0 AS BIGINT) AS candidate_count
FROM line_in_doubt AS doubt
LEFT JOIN wanted_line AS line ON line.file_id = doubt.file_id AND line.segment_index = doubt.segment_index
WHERE line.line_key IS NULL
UNION ALL
SELECT
    payment.file_id,
    payment.segment_index,
    payment.segment_index AS claim_segment_index,
    CASE
        WHEN candidate_claim.answerable_count > 1 THEN 'ambiguous'
        WHEN candidate_claim.answerable_count = 1 THEN 'no_claim_agrees'
        WHEN candidate_claim.payment_key IS NOT NULL THEN 'only_replaced_later'
        ELSE 'no_claim'
    END AS unmatched_reason,
    coalesce(candidate_claim.answerable_count, 0) AS candidate_count
FROM wanted_payment AS payment
LEFT JOIN matched_claim ON matched_claim.payment_key = payment.payment_key
LEFT JOIN candidate_claim ON candidate_claim.payment_key = payment.payment_key
WHERE NOT payment.has_lines AND matched_claim.payment_key IS NULL
