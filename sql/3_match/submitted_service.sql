-- grain: one submitted line that a payer can have decided on
-- reads: submitted_line, submitted_claim, modifier_set, claim_frequency (mapping)
-- why:   the narrow keys by which lines are matched. A claim that only cancels another one (void) is never what a payment
--        or denial answers. content_key says whether two candidates differ in anything that a later stage uses.
select
    line.file_id,
    line.segment_index,
    line.claim_segment_index,
    claim.transaction_date as submission_date,
    line.line_number,
    nullif(upper(trim(line.line_control_number)), '') as line_control_number,
    upper(coalesce(line.procedure_code, line.revenue_code)) as billed_procedure_code,
    line.revenue_code,
    modifier_set.sorted_modifiers,
    line.charge_amount,
    line.service_date,
    coalesce(line.service_end_date, line.service_date) as service_end_date,
    md5(concat_ws(
        '|',
        coalesce(line.diagnosis_codes, ''),
        coalesce(line.diagnosis_basis, ''),
        coalesce(line.place_of_service_code, ''),
        coalesce(modifier_set.sorted_modifiers, ''),
        coalesce(cast(line.line_units as varchar), '')
    )) as content_key
from submitted_line as line
inner join submitted_claim as claim
    on claim.file_id = line.file_id and claim.segment_index = line.claim_segment_index
left join modifier_set
    on modifier_set.modifiers = concat_ws(' ', line.modifier_1, line.modifier_2, line.modifier_3, line.modifier_4)
left join claim_frequency on claim_frequency.code = claim.claim_frequency_code
where not coalesce(claim_frequency.is_void, false)
