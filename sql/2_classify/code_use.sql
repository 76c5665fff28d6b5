-- Grain: one code of one list, and one thing that is wrong with its use. Reads claim_code_use, provider_adjustment, remittance_head,
-- remittance_status, provider_adjustment_reason.
-- Why: a payer that uses a code before its first day, from the day of its retirement on, or one that no list has, is worth
-- asking; and an unknown code may only mean that our lists are old.
WITH used AS (
    SELECT code_type, code, problem, use_count, use_amount, used_date
    FROM claim_code_use
    UNION ALL
    SELECT
        'PLB' AS code_type,
        adjusted.provider_adjustment_code AS code,
        'unknown_code' AS problem,
        cast(1 AS BIGINT) AS use_count,
        adjusted.adjustment_amount AS use_amount,
        coalesce(remittance.payment_date, remittance.production_date, remittance.group_date) AS used_date
    FROM provider_adjustment AS adjusted
    JOIN remittance_head AS remittance
        ON remittance.file_id = adjusted.file_id AND remittance.segment_index = adjusted.remittance_segment_index
    JOIN remittance_status AS status
        ON status.file_id = adjusted.file_id AND status.segment_index = adjusted.remittance_segment_index
    LEFT JOIN provider_adjustment_reason AS reason ON reason.code = adjusted.provider_adjustment_code
    WHERE status.is_accepted AND adjusted.provider_adjustment_code IS NOT NULL AND reason.code IS NULL
)
SELECT
    code_type,
    code,
    problem,
    CAST(sum(use_count) AS BIGINT) AS use_count,
    CAST(coalesce(sum(use_amount), 0) AS DECIMAL(18, 2)) AS use_amount,
    min(used_date) AS first_seen_date,
    max(used_date) AS last_seen_date
FROM used
GROUP BY code_type, code, problem
