-- Grain: one service line that stands and has exactly one submitted line that it can answer. Reads line_candidate,
-- submitted_service, match_method.
-- Why: the best step of the ladder wins, then the latest claim submitted before the decision (a replacement over what it
-- replaces). Equal candidates that differ in nothing a later stage uses are one line sent twice: any of them serves. Equal
-- candidates that differ are not matched: they stand in line_unmatched.
WITH best AS (
    SELECT
        file_id,
        segment_index,
        submitted_file_id,
        submitted_segment_index,
        claim_match_method,
        line_match_method,
        is_submitted_before
    FROM line_candidate
    QUALIFY rank() OVER (
        PARTITION BY file_id, segment_index ORDER BY
            match_rank,
            agreement DESC,
            CASE WHEN is_submitted_before THEN submission_date END DESC NULLS LAST
    ) = 1
),
chosen AS (
    SELECT
        best.file_id,
        best.segment_index,
        min(concat_ws('|', best.submitted_file_id, lpad(cast(best.submitted_segment_index AS VARCHAR), 12, '0')))
            AS submitted_key,
        min(best.claim_match_method) AS claim_match_method,
        min(best.line_match_method) AS line_match_method,
        bool_and(best.is_submitted_before) AS is_submitted_before,
        count(*) AS candidate_count
    FROM best
    INNER JOIN submitted_service AS submitted
        ON submitted.file_id = best.submitted_file_id AND submitted.segment_index = best.submitted_segment_index
    GROUP BY best.file_id, best.segment_index
    HAVING min(submitted.content_key) = max(submitted.content_key)
),
matched AS (
    SELECT
        file_id,
        segment_index,
        split_part(submitted_key, '|', 1) AS submitted_file_id,
        cast(split_part(submitted_key, '|', 2) AS BIGINT) AS submitted_segment_index,
        claim_match_method,
        line_match_method,
        is_submitted_before,
        candidate_count
    FROM chosen
)
SELECT
    matched.file_id,
    matched.segment_index,
    matched.submitted_file_id,
    matched.submitted_segment_index,
    submitted.claim_segment_index AS submitted_claim_segment_index,
    concat_ws(
        ' ',
        matched.claim_match_method,
        matched.line_match_method,
        CASE WHEN NOT matched.is_submitted_before THEN 'dated_later' END
    ) AS match_method,
    CASE
        WHEN matched.is_submitted_before OR claim_method.confidence_rank > 1 OR line_method.confidence_rank > 1
            THEN CASE
                WHEN claim_method.confidence_rank >= line_method.confidence_rank THEN claim_method.confidence
                ELSE line_method.confidence
            END
        ELSE 'medium'
    END AS match_confidence,
    matched.candidate_count
FROM matched
INNER JOIN submitted_service AS submitted
    ON submitted.file_id = matched.submitted_file_id AND submitted.segment_index = matched.submitted_segment_index
INNER JOIN match_method AS claim_method ON claim_method.method = matched.claim_match_method
INNER JOIN match_method AS line_method ON line_method.method = matched.line_match_method
