-- Grain: one pair of a wanted line and a submitted line that it may answer, inside a candidate claim. Reads wanted_line,
-- claim_candidate, submitted_service, modifier_set, match_method.
-- Why: the line part of the matching ladder, one branch a key so that each is a hash join: the provider's line number
-- (REF*6R), the billed procedure and day, the revenue code with day and charge, and the line's ordinal (LX), which payers
-- return where the provider sent no line number and the line was split.
WITH decided AS (
    SELECT
        line.line_key,
        candidate.submitted_claim_key,
        candidate.claim_match_method,
        candidate.claim_match_rank,
        candidate.submission_date,
        candidate.is_submitted_before,
        candidate.is_replacement,
        line.line_control_number,
        line.billed_procedure_code,
        upper(coalesce(line.revenue_code, line.billed_procedure_code)) AS revenue_code,
        modifier_set.sorted_modifiers,
        line.charge_amount,
        line.numbered_charge_amount,
        line.procedure_charge_amount,
        line.service_date
    FROM wanted_line AS line
    INNER JOIN claim_candidate AS candidate ON candidate.payment_key = line.payment_key
    LEFT JOIN modifier_set ON modifier_set.modifiers = line.modifiers
    WHERE candidate.can_be_answered
),
submitted AS (
    SELECT
        service.submitted_line_key,
        service.submitted_claim_key,
        service.line_number,
        service.line_control_number,
        service.billed_procedure_code,
        service.revenue_code,
        modifier_set.sorted_modifiers,
        service.charge_amount,
        service.service_date,
        service.service_end_date
    FROM submitted_service AS service
    LEFT JOIN modifier_set ON modifier_set.modifiers = service.modifiers
),
pair AS (
    -- Line numbers repeat from visit to visit in some systems, and some send one number on every line: the day has to agree
    -- too, and the procedure or the charge.
    SELECT
        decided.line_key,
        submitted.submitted_line_key,
        decided.claim_match_method,
        decided.claim_match_rank,
        decided.submission_date,
        decided.is_submitted_before,
        decided.is_replacement,
        'line_control_number' AS line_method,
        CASE WHEN submitted.billed_procedure_code = decided.billed_procedure_code THEN 4 ELSE 0 END
        + CASE
            WHEN submitted.charge_amount = decided.charge_amount OR submitted.charge_amount = decided.numbered_charge_amount THEN 2
            ELSE 0
        END
        + CASE WHEN submitted.sorted_modifiers = decided.sorted_modifiers THEN 1 ELSE 0 END AS agreement
    FROM decided
    INNER JOIN submitted
        ON submitted.submitted_claim_key = decided.submitted_claim_key
        AND submitted.line_control_number = decided.line_control_number
    WHERE (
        decided.service_date IS NULL
        OR submitted.service_date IS NULL
        OR decided.service_date BETWEEN submitted.service_date AND submitted.service_end_date
    )
    AND (
        submitted.billed_procedure_code = decided.billed_procedure_code
        OR submitted.charge_amount = decided.charge_amount
        OR submitted.charge_amount = decided.numbered_charge_amount
    )
    UNION ALL
    SELECT
        decided.line_key,
        submitted.submitted_line_key,
        decided.claim_match_method,
        decided.claim_match_rank,
        decided.submission_date,
        decided.is_submitted_before,
        decided.is_replacement,
        CASE
            WHEN submitted.charge_amount = decided.charge_amount AND submitted.sorted_modifiers = decided.sorted_modifiers
                THEN 'procedure_modifiers_date_charge'
            WHEN submitted.charge_amount = decided.charge_amount THEN 'procedure_date_charge'
            WHEN submitted.charge_amount = decided.procedure_charge_amount THEN 'procedure_date_parts'
            ELSE 'procedure_date'
        END AS line_method,
        CASE WHEN submitted.sorted_modifiers = decided.sorted_modifiers THEN 1 ELSE 0 END AS agreement
    FROM decided
    INNER JOIN submitted
        ON submitted.submitted_claim_key = decided.submitted_claim_key
        AND submitted.billed_procedure_code = decided.billed_procedure_code
        AND submitted.service_date = decided.service_date
    UNION ALL
    SELECT
        decided.line_key,
        submitted.submitted_line_key,
        decided.claim_match_method,
        decided.claim_match_rank,
        decided.submission_date,
        decided.is_submitted_before,
        decided.is_replacement,
        'revenue_code_date_charge' AS line_method,
        0 AS agreement
    FROM decided
    INNER JOIN submitted
        ON submitted.submitted_claim_key = decided.submitted_claim_key
        AND submitted.revenue_code = decided.revenue_code
        AND submitted.service_date = decided.service_date
        AND submitted.charge_amount = decided.charge_amount
    UNION ALL
    SELECT
        decided.line_key,
        submitted.submitted_line_key,
        decided.claim_match_method,
        decided.claim_match_rank,
        decided.submission_date,
        decided.is_submitted_before,
        decided.is_replacement,
        'line_number' AS line_method,
        0 AS agreement
    FROM decided
    INNER JOIN submitted
        ON submitted.submitted_claim_key = decided.submitted_claim_key
        AND cast(submitted.line_number AS VARCHAR) = decided.line_control_number
        AND submitted.service_date = decided.service_date
    WHERE submitted.line_control_number IS NULL
)
SELECT
    pair.line_key,
    pair.submitted_line_key,
    min(pair.claim_match_method) AS claim_match_method,
    min_by(pair.line_method, match_method.method_rank) AS line_match_method,
    cast(min(pair.claim_match_rank + match_method.method_rank) AS BIGINT) AS match_rank,
    cast(max(pair.agreement) AS BIGINT) AS agreement,
    min(pair.submission_date) AS submission_date,
    bool_and(pair.is_submitted_before) AS is_submitted_before,
    bool_or(pair.is_replacement) AS is_replacement
FROM pair
INNER JOIN match_method ON match_method.method = pair.line_method
GROUP BY pair.line_key, pair.submitted_line_key
