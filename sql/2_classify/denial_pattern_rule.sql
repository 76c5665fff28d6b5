-- Grain: one rule that holds for a combination of codes. Reads denial_pattern, denial_pattern_value, denial_rule,
-- denial_rule_condition.
-- Why: a rule holds where every kind of condition that it has is met by at least one value. A rule without conditions holds
-- always: there is one, and it catches what no other rule knows.
WITH met AS (
    SELECT offered.pattern_id, condition.rule_id, count(DISTINCT condition.dimension) AS condition_count
    FROM denial_pattern_value AS offered
    JOIN denial_rule_condition AS condition
        ON condition.dimension = offered.dimension AND condition.condition_value = offered.condition_value
    GROUP BY offered.pattern_id, condition.rule_id
)
SELECT
    met.pattern_id,
    denial_rule.rule_id,
    denial_rule.priority,
    denial_rule.family,
    denial_rule.medical_necessity,
    denial_rule.guard,
    denial_rule.flags
FROM met
JOIN denial_rule ON denial_rule.rule_id = met.rule_id AND denial_rule.condition_count = met.condition_count
UNION ALL
SELECT
    denial_pattern.pattern_id,
    denial_rule.rule_id,
    denial_rule.priority,
    denial_rule.family,
    denial_rule.medical_necessity,
    denial_rule.guard,
    denial_rule.flags
FROM denial_pattern
JOIN denial_rule ON denial_rule.condition_count = 0
