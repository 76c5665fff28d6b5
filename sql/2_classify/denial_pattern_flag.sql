-- Grain: one flag of a combination of codes. Reads denial_pattern_rule, denial_pattern_family, denial_pattern_label.
-- Why: flags warn the biller. Those of all rules that hold are added, and those that say where a client's label and the official
-- meaning of a code part.
SELECT DISTINCT rule.pattern_id, part.flag
FROM denial_pattern_rule AS rule, unnest(string_split(rule.flags, ' ')) AS part(flag)
UNION
SELECT label.pattern_id, label.code || '_OFFICIAL_MEANING_DIFFERS' AS flag
FROM denial_pattern_label AS label
JOIN denial_pattern_family AS decided ON decided.pattern_id = label.pattern_id
WHERE decided.family_basis = 'client_label'
UNION
SELECT label.pattern_id, label.code || '_LABEL_NOT_APPLIED' AS flag
FROM denial_pattern_label AS label
JOIN denial_pattern_family AS decided ON decided.pattern_id = label.pattern_id
WHERE decided.family_basis = 'official' AND decided.is_denial
UNION
SELECT label.pattern_id, label.flag
FROM denial_pattern_label AS label
JOIN denial_pattern_family AS decided ON decided.pattern_id = label.pattern_id
WHERE decided.family_basis = 'client_label' AND label.flag IS NOT NULL
