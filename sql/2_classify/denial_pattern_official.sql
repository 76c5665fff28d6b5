-- Grain: one combination of codes. Reads denial_pattern_rule.
-- Why: the family by the official meaning of the codes: of the rules that hold, the lowest priority number that names a family
-- decides the family, and the lowest that names a guard decides the guard.
WITH family_rule AS (
    SELECT pattern_id, rule_id, family, medical_necessity
    FROM denial_pattern_rule
    WHERE family IS NOT NULL
    QUALIFY row_number() OVER (PARTITION BY pattern_id ORDER BY priority, rule_id) = 1
),
guard_rule AS (
    SELECT pattern_id, guard
    FROM denial_pattern_rule
    WHERE guard IS NOT NULL
    QUALIFY row_number() OVER (PARTITION BY pattern_id ORDER BY priority, rule_id) = 1
)
SELECT
    family_rule.pattern_id,
    family_rule.family AS official_family,
    family_rule.medical_necessity AS official_medical_necessity,
    family_rule.rule_id,
    guard_rule.guard
FROM family_rule
LEFT JOIN guard_rule ON guard_rule.pattern_id = family_rule.pattern_id
