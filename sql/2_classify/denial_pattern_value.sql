-- Grain: one value that a combination of codes offers to one kind of condition. Reads denial_pattern, carc, rarc.
-- Why: in this long form a rule holds where each of its conditions finds a value, by one join on equality.
-- An informational remark never explains an adjustment: it offers its code and signal, but no family.
WITH remark AS (
    SELECT DISTINCT denial_pattern.pattern_id, part.remark_code
    FROM denial_pattern, unnest(string_split(denial_pattern.remark_codes, ' ')) AS part(remark_code)
)
SELECT pattern_id, 'group_code' AS dimension, group_code AS condition_value
FROM denial_pattern
WHERE group_code IS NOT NULL
UNION
SELECT pattern_id, 'reason_code' AS dimension, reason_code AS condition_value
FROM denial_pattern
WHERE reason_code IS NOT NULL
UNION
SELECT denial_pattern.pattern_id, 'reason_family' AS dimension, coalesce(carc.family, 'unmapped') AS condition_value
FROM denial_pattern
LEFT JOIN carc ON carc.code = denial_pattern.reason_code
UNION
SELECT pattern_id, 'remark_code' AS dimension, remark_code AS condition_value
FROM remark
UNION
SELECT remark.pattern_id, 'remark_signal' AS dimension, rarc.signal AS condition_value
FROM remark
JOIN rarc ON rarc.code = remark.remark_code
WHERE rarc.signal IS NOT NULL
UNION
SELECT remark.pattern_id, 'remark_family' AS dimension, rarc.family AS condition_value
FROM remark
JOIN rarc ON rarc.code = remark.remark_code
WHERE NOT rarc.is_alert
UNION
SELECT remark.pattern_id, 'remark_medical_necessity' AS dimension, rarc.medical_necessity AS condition_value
FROM remark
JOIN rarc ON rarc.code = remark.remark_code
WHERE NOT rarc.is_alert AND rarc.medical_necessity IS NOT NULL
UNION
SELECT DISTINCT denial_pattern.pattern_id, 'modifier' AS dimension, part.modifier AS condition_value
FROM denial_pattern, unnest(string_split(denial_pattern.modifiers, ' ')) AS part(modifier)
UNION
SELECT pattern_id, 'service_kind' AS dimension, service_kind AS condition_value
FROM denial_pattern
WHERE service_kind IS NOT NULL
UNION
SELECT pattern_id, 'has_policy' AS dimension, 'Y' AS condition_value
FROM denial_pattern
WHERE has_policy
UNION
SELECT pattern_id, 'claim_status_code' AS dimension, claim_status_code AS condition_value
FROM denial_pattern
WHERE claim_status_code IS NOT NULL
UNION
SELECT pattern_id, 'medicare_part' AS dimension, medicare_part AS condition_value
FROM denial_pattern
WHERE medicare_part IS NOT NULL
