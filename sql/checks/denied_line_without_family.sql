-- Grain: one denied line whose family is no denial. Reads denied_line, denial_family.
-- Why: every denied line has one family, and unmapped is one.
SELECT denied_line.item_id, denied_line.family
FROM denied_line
LEFT JOIN denial_family ON denial_family.family = denied_line.family
WHERE NOT coalesce(denial_family.is_denial, FALSE)
