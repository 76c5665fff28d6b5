-- Grain: one pair of a service line that stands and a submitted line that it may answer, inside a candidate claim. Reads
-- service_line_current, claim_candidate, submitted_service, modifier_set, match_method.
-- Why: the line part of the matching ladder, one branch a key so that each is a hash join: the provider's line number
-- (REF*6R), the billed procedure and day, the revenue code with day and charge, and the line's ordinal (LX), which payers
-- return where the provider sent no line number and the line was split.
WITH decided AS (
    SELECT
        line.file_id,
        line.segment_index,
        candidate.submitted_file_id,
        candidate.submitted_claim_segment_index,
        candidate.claim_match_method,
        candidate.claim_match_rank,
        candidate.submission_date,
        candidate.is_submitted_before,
        nullif(upper(trim(line.line_control_number)), '') AS line_control_number,
        upper(line.billed_procedure_code) AS billed_procedure_code,
        upper(coalesce(line.revenue_code, line.billed_procedure_code)) AS revenue_code,
        modifier_set.sorted_modifiers,
        line.charge_amount,
        line.service_date
    FROM service_line_current AS line
    INNER JOIN claim_candidate AS candidate
        ON candidate.file_id = line.file_id AND candidate.segment_index = line.claim_segment_index
    LEFT JOIN modifier_set ON modifier_set.modifiers = coalesce(line.modifiers, '')
    WHERE candidate.can_be_answered
),
pair AS (
    -- Line numbers repeat from visit to visit in some systems: the day has to agree too.
    SELECT
        decided.file_id,
        decided.segment_index,
        submitted.file_id AS submitted_file_id,
        submitted.segment_index AS submitted_segment_index,
        decided.claim_match_method,
        decided.claim_match_rank,
        decided.submission_date,
        decided.is_submitted_before,
        'line_control_number' AS line_method,
        -- Some systems send one number on every line: what else agrees tells such lines apart.
        CASE WHEN submitted.billed_procedure_code = decided.billed_procedure_code THEN 4 ELSE 0 END
        + CASE WHEN submitted.charge_amount = decided.charge_amount THEN 2 ELSE 0 END
        + CASE WHEN submitted.sorted_modifiers = decided.sorted_modifiers THEN 1 ELSE 0 END AS agreement
    FROM decided
    INNER JOIN submitted_service AS submitted
        ON submitted.file_id = decided.submitted_file_id
        AND submitted.claim_segment_index = decided.submitted_claim_segment_index
        AND submitted.line_control_number = decided.line_control_number
    WHERE decided.service_date IS NULL
        OR submitted.service_date IS NULL
        OR decided.service_date BETWEEN submitted.service_date AND submitted.service_end_date
    UNION ALL
    SELECT
        decided.file_id,
        decided.segment_index,
        submitted.file_id AS submitted_file_id,
        submitted.segment_index AS submitted_segment_index,
        decided.claim_match_method,
        decided.claim_match_rank,
        decided.submission_date,
        decided.is_submitted_before,
        CASE
            WHEN submitted.charge_amount = decided.charge_amount AND submitted.sorted_modifiers = decided.sorted_modifiers
                THEN 'procedure_modifiers_date_charge'
            WHEN submitted.charge_amount = decided.charge_amount THEN 'procedure_date_charge'
            ELSE 'procedure_date'
        END AS line_method,
        CASE WHEN submitted.sorted_modifiers = decided.sorted_modifiers THEN 1 ELSE 0 END AS agreement
    FROM decided
    INNER JOIN submitted_service AS submitted
        ON submitted.file_id = decided.submitted_file_id
        AND submitted.claim_segment_index = decided.submitted_claim_segment_index
        AND submitted.billed_procedure_code = decided.billed_procedure_code
        AND submitted.service_date = decided.service_date
    UNION ALL
    SELECT
        decided.file_id,
        decided.segment_index,
        submitted.file_id AS submitted_file_id,
        submitted.segment_index AS submitted_segment_index,
        decided.claim_match_method,
        decided.claim_match_rank,
        decided.submission_date,
        decided.is_submitted_before,
        'revenue_code_date_charge' AS line_method,
        0 AS agreement
    FROM decided
    INNER JOIN submitted_service AS submitted
        ON submitted.file_id = decided.submitted_file_id
        AND submitted.claim_segment_index = decided.submitted_claim_segment_index
        AND submitted.revenue_code = decided.revenue_code
        AND submitted.service_date = decided.service_date
        AND submitted.charge_amount = decided.charge_amount
    UNION ALL
    SELECT
        decided.file_id,
        decided.segment_index,
        submitted.file_id AS submitted_file_id,
        submitted.segment_index AS submitted_segment_index,
        decided.claim_match_method,
        decided.claim_match_rank,
        decided.submission_date,
        decided.is_submitted_before,
        'line_number' AS line_method,
        0 AS agreement
    FROM decided
    INNER JOIN submitted_service AS submitted
        ON submitted.file_id = decided.submitted_file_id
        AND submitted.claim_segment_index = decided.submitted_claim_segment_index
        AND cast(submitted.line_number AS VARCHAR) = ltrim(decided.line_control_number, '0')
        AND submitted.service_date = decided.service_date
    WHERE submitted.line_control_number IS NULL
)
SELECT
    pair.file_id,
    pair.segment_index,
    pair.submitted_file_id,
    pair.submitted_segment_index,
    min(pair.claim_match_method) AS claim_match_method,
    min_by(pair.line_method, match_method.method_rank) AS line_match_method,
    cast(min(pair.claim_match_rank + match_method.method_rank) AS BIGINT) AS match_rank,
    cast(max(pair.agreement) AS BIGINT) AS agreement,
    min(pair.submission_date) AS submission_date,
    bool_and(pair.is_submitted_before) AS is_submitted_before
FROM pair
INNER JOIN match_method ON match_method.method = pair.line_method
GROUP BY pair.file_id, pair.segment_index, pair.submitted_file_id, pair.submitted_segment_index
