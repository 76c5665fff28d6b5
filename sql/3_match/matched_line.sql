-- Grain: one wanted line that has exactly one submitted line that it can answer. Reads line_candidate, wanted_line,
-- submitted_service, modifier_set, match_method.
-- Why: the best step of the ladder wins, then the latest claim submitted before the decision (a replacement over what it
-- replaces). Equal candidates that differ in nothing a later stage uses are one line sent twice: any of them serves. Equal
-- candidates that differ are not matched: they stand in line_unmatched.
WITH best AS (
    SELECT line_key, submitted_line_key, claim_match_method, line_match_method, is_submitted_before
    FROM line_candidate
    QUALIFY rank() OVER (
        PARTITION BY line_key ORDER BY
            match_rank,
            agreement DESC,
            CASE WHEN is_submitted_before THEN submission_date END DESC NULLS LAST,
            CASE WHEN is_replacement THEN 0 ELSE 1 END
    ) = 1
),
chosen AS (
    SELECT
        line_key,
        min(submitted_line_key) AS submitted_line_key,
        min(claim_match_method) AS claim_match_method,
        min(line_match_method) AS line_match_method,
        bool_and(is_submitted_before) AS is_submitted_before,
        count(*) AS candidate_count
    FROM best
    GROUP BY line_key
),
compared AS (
    SELECT best.line_key
    FROM best
    INNER JOIN chosen ON chosen.line_key = best.line_key AND chosen.candidate_count > 1
    INNER JOIN submitted_service AS submitted ON submitted.submitted_line_key = best.submitted_line_key
    LEFT JOIN modifier_set ON modifier_set.modifiers = submitted.modifiers
    GROUP BY best.line_key
    HAVING count(DISTINCT concat_ws(
        '|',
        coalesce(submitted.diagnosis_codes, ''),
        coalesce(submitted.diagnosis_basis, ''),
        coalesce(submitted.place_of_service_code, ''),
        coalesce(modifier_set.sorted_modifiers, ''),
        coalesce(cast(submitted.line_units AS VARCHAR), '')
    )) > 1
)
SELECT
    chosen.line_key,
    line.payment_key,
    chosen.submitted_line_key,
    submitted.submitted_claim_key,
    concat_ws(
        ' ',
        chosen.claim_match_method,
        chosen.line_match_method,
        CASE WHEN NOT chosen.is_submitted_before THEN 'dated_later' END
    ) AS match_method,
    CASE
        WHEN chosen.is_submitted_before OR claim_method.confidence_rank > 1 OR line_method.confidence_rank > 1
            THEN CASE
                WHEN claim_method.confidence_rank >= line_method.confidence_rank THEN claim_method.confidence
                ELSE line_method.confidence
            END
        ELSE 'medium'
    END AS match_confidence,
    chosen.candidate_count
FROM chosen
INNER JOIN wanted_line AS line ON line.line_key = chosen.line_key
INNER JOIN submitted_service AS submitted ON submitted.submitted_line_key = chosen.submitted_line_key
INNER JOIN match_method AS claim_method ON claim_method.method = chosen.claim_match_method
INNER JOIN match_method AS line_method ON line_method.method = chosen.line_match_method
LEFT JOIN compared ON compared.line_key = chosen.line_key
WHERE compared.line_key IS NULL
