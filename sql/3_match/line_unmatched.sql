-- Grain: one wanted line that has no submitted line. Reads wanted_line, line_match, line_candidate, claim_candidate.
-- Why: what could not be matched is kept with the reason, so that nobody takes `unknown` for `never paid`.
WITH candidate_line AS (
    SELECT line_key, count(*) AS candidate_count
    FROM line_candidate
    GROUP BY line_key
),
candidate_claim AS (
    SELECT payment_key, bool_or(can_be_answered) AS can_be_answered
    FROM claim_candidate
    GROUP BY payment_key
)
SELECT
    line.file_id,
    line.segment_index,
    line.claim_segment_index,
    CASE
        WHEN candidate_line.line_key IS NOT NULL THEN 'ambiguous'
        WHEN candidate_claim.can_be_answered THEN 'no_line_agrees'
        WHEN candidate_claim.payment_key IS NOT NULL THEN 'only_replaced_later'
        ELSE 'no_claim'
    END AS unmatched_reason,
    coalesce(candidate_line.candidate_count, 0) AS candidate_count
FROM wanted_line AS line
LEFT JOIN line_match ON line_match.line_key = line.line_key
LEFT JOIN candidate_line ON candidate_line.line_key = line.line_key
LEFT JOIN candidate_claim ON candidate_claim.payment_key = line.payment_key
WHERE line_match.line_key IS NULL
