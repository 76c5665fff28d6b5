-- grain: one distinct combination of procedure modifiers, as written on a line
-- reads: service_line_current, submitted_line, modifier (mapping)
-- why:   payers return modifiers in another order, and some modifiers only inform (which side, which finger). There are
--        few combinations, so they are sorted and thinned once here and not once a line.
with written as (
    select coalesce(modifiers, '') as modifiers
    from service_line_current
    union
    select concat_ws(' ', modifier_1, modifier_2, modifier_3, modifier_4) as modifiers
    from submitted_line
),
single as (
    select written.modifiers, modifier_code
    from written
    cross join unnest(string_split(written.modifiers, ' ')) as part(modifier_code)
)
select
    single.modifiers,
    array_to_string(list_sort(array_agg(upper(single.modifier_code) order by single.modifier_code)), ' ') as sorted_modifiers,
    -- An informational modifier leaves an empty text, which sorts first.
    trim(array_to_string(list_sort(
        array_agg(
            case when modifier.is_informational then '' else upper(single.modifier_code) end
            order by single.modifier_code
        )
    ), ' ')) as material_modifiers
from single
left join modifier on modifier.modifier = upper(single.modifier_code)
group by single.modifiers
