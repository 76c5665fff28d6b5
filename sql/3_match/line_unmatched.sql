-- Grain: one service line that stands and has no submitted line. Reads service_line_current, line_match, line_candidate,
-- claim_candidate.
-- Why: what could not be matched is kept with the reason, so that nobody takes `unknown` for `never paid`.
WITH candidate_line AS (
    SELECT file_id, segment_index, count(*) AS candidate_count
    FROM line_candidate
    GROUP BY file_id, segment_index
),
candidate_claim AS (
    SELECT file_id, segment_index, bool_or(can_be_answered) AS can_be_answered
    FROM claim_candidate
    GROUP BY file_id, segment_index
)
SELECT
    line.file_id,
    line.segment_index,
    line.claim_segment_index,
    CASE
        WHEN candidate_line.file_id IS NOT NULL THEN 'ambiguous'
        WHEN candidate_claim.can_be_answered THEN 'no_line_agrees'
        WHEN candidate_claim.file_id IS NOT NULL THEN 'only_replaced_later'
        ELSE 'no_claim'
    END AS unmatched_reason,
    coalesce(candidate_line.candidate_count, 0) AS candidate_count
FROM service_line_current AS line
LEFT JOIN line_match ON line_match.file_id = line.file_id AND line_match.segment_index = line.segment_index
LEFT JOIN candidate_line ON candidate_line.file_id = line.file_id AND candidate_line.segment_index = line.segment_index
LEFT JOIN candidate_claim
    ON candidate_claim.file_id = line.file_id AND candidate_claim.segment_index = line.claim_segment_index
WHERE line_match.file_id IS NULL
