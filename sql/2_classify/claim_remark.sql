-- Grain: one remark code of a claim payment that stands, at claim level (MIA, MOA). Reads remark_code, claim_payment_current,
-- remark_position, rarc, denial_rule, denial_rule_condition.
-- Why: a remark of the claim explains the lines that have none of their own. Where a rule about guards asks for it (no appeal,
-- new claim), it speaks about the claim as a whole and counts for every line.
-- Codes of another list (NCPDP) look alike and are left out.
WITH guard_remark AS (
    SELECT condition.condition_value AS remark_code
    FROM denial_rule_condition AS condition
    JOIN denial_rule ON denial_rule.rule_id = condition.rule_id
    WHERE condition.dimension = 'remark_code' AND denial_rule.guard IS NOT NULL
    UNION
    SELECT rarc.code AS remark_code
    FROM denial_rule_condition AS condition
    JOIN denial_rule ON denial_rule.rule_id = condition.rule_id
    JOIN rarc ON rarc.signal = condition.condition_value
    WHERE condition.dimension = 'remark_signal' AND denial_rule.guard IS NOT NULL
)
SELECT
    remark.file_id,
    remark.claim_segment_index,
    remark.remark_code,
    min(remark.segment_index * 100 + remark.remark_position) AS remark_position,
    guard_remark.remark_code IS NOT NULL AS is_forced
FROM remark_code AS remark
JOIN claim_payment_current AS claim ON claim.file_id = remark.file_id AND claim.segment_index = remark.claim_segment_index
LEFT JOIN remark_position
    ON remark_position.remark_source = remark.remark_source
    AND remark_position.code_list_qualifier = coalesce(remark.code_list_qualifier, '')
LEFT JOIN guard_remark ON guard_remark.remark_code = remark.remark_code
WHERE remark.line_segment_index IS NULL
    AND remark.remark_code IS NOT NULL
    AND coalesce(remark_position.code_list, 'RARC') = 'RARC'
GROUP BY remark.file_id, remark.claim_segment_index, remark.remark_code, guard_remark.remark_code
