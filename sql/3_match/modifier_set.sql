-- Grain: one distinct combination of procedure modifiers, as written on a line. Reads wanted_line, submitted_service,
-- paid_history_line, modifier.
-- Why: payers return modifiers in another order, and some modifiers only inform (which side, which finger). There are few
-- combinations, so they are sorted and thinned once here and not once a line.
WITH written AS (
    SELECT modifiers FROM wanted_line
    UNION
    SELECT modifiers FROM submitted_service
    UNION
    SELECT modifiers FROM paid_history_line
),
single AS (
    SELECT written.modifiers, modifier_code
    FROM written
    CROSS JOIN unnest(string_split(written.modifiers, ' ')) AS part(modifier_code)
)
SELECT
    single.modifiers,
    array_to_string(list_sort(array_agg(upper(single.modifier_code) ORDER BY single.modifier_code)), ' ') AS sorted_modifiers,
    -- An informational modifier leaves an empty text, which sorts first.
    trim(array_to_string(list_sort(
        array_agg(
            CASE WHEN modifier.is_informational THEN '' ELSE upper(single.modifier_code) END
            ORDER BY single.modifier_code
        )
    ), ' ')) AS material_modifiers
FROM single
LEFT JOIN modifier ON modifier.modifier = upper(single.modifier_code)
GROUP BY single.modifiers
