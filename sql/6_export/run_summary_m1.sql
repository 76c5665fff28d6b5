-- grain: one remark code that the client reads in its own way, and one reason code it came with
-- reads: denied_line, client_label (mapping)
-- why:   shows how far the client's label of a remark holds: with which reason codes it came, and how often only the label
--        makes the family.
with labelled as (
    select denied_line.item_id, client_label.code as remark_code, denied_line.reason_codes, denied_line.family_basis,
        denied_line.denied_amount
    from denied_line
    inner join client_label
        on client_label.code_type = 'RARC'
        and list_contains(string_split(denied_line.remark_codes, ' '), client_label.code)
),
by_reason as (
    select labelled.remark_code, part.reason_code, labelled.item_id, labelled.family_basis, labelled.denied_amount
    from labelled
    cross join unnest(string_split(labelled.reason_codes, ' ')) as part(reason_code)
)
select
    remark_code,
    reason_code,
    count(*) as item_count,
    cast(sum(denied_amount) as decimal(18, 2)) as denied_amount,
    count(*) filter (where family_basis = 'client_label') as label_only_count
from by_reason
group by remark_code, reason_code
