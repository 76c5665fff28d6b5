-- Grain: one combination of codes that rules look at. Reads adjustment_case.
-- Why: each rule is matched once a combination.
SELECT DISTINCT
    pattern_id,
    group_code,
    reason_code,
    remark_codes,
    modifiers,
    service_kind,
    has_policy,
    claim_status_code,
    medicare_part
FROM adjustment_case
