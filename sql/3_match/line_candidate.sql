-- grain: one pair of a service line that stands and a submitted line that it may answer, inside a candidate claim
-- reads: service_line_current, claim_candidate, submitted_service, modifier_set, match_method (mapping)
-- why:   the line part of the matching ladder, one branch a key so that each is a hash join: the provider's line number
--        (REF*6R), the billed procedure and day, the revenue code with day and charge, and the line's ordinal (LX),
--        which payers return where the provider sent no line number and the line was split.
with decided as (
    select
        line.file_id,
        line.segment_index,
        candidate.submitted_file_id,
        candidate.submitted_claim_segment_index,
        candidate.claim_match_method,
        candidate.claim_match_rank,
        candidate.submission_date,
        candidate.is_submitted_before,
        nullif(upper(trim(line.line_control_number)), '') as line_control_number,
        upper(line.billed_procedure_code) as billed_procedure_code,
        upper(coalesce(line.revenue_code, line.billed_procedure_code)) as revenue_code,
        modifier_set.sorted_modifiers,
        line.charge_amount,
        line.service_date
    from service_line_current as line
    inner join claim_candidate as candidate
        on candidate.file_id = line.file_id and candidate.segment_index = line.claim_segment_index
    left join modifier_set on modifier_set.modifiers = coalesce(line.modifiers, '')
    where candidate.can_be_answered
),
pair as (
    -- Line numbers repeat from visit to visit in some systems: the day has to agree too.
    select
        decided.file_id,
        decided.segment_index,
        submitted.file_id as submitted_file_id,
        submitted.segment_index as submitted_segment_index,
        decided.claim_match_method,
        decided.claim_match_rank,
        decided.submission_date,
        decided.is_submitted_before,
        'line_control_number' as line_method,
        -- Some systems send one number on every line: what else agrees tells such lines apart.
        case when submitted.billed_procedure_code = decided.billed_procedure_code then 4 else 0 end
        + case when submitted.charge_amount = decided.charge_amount then 2 else 0 end
        + case when submitted.sorted_modifiers = decided.sorted_modifiers then 1 else 0 end as agreement
    from decided
    inner join submitted_service as submitted
        on submitted.file_id = decided.submitted_file_id
        and submitted.claim_segment_index = decided.submitted_claim_segment_index
        and submitted.line_control_number = decided.line_control_number
    where decided.service_date is null
        or submitted.service_date is null
        or decided.service_date between submitted.service_date and submitted.service_end_date
    union all
    select
        decided.file_id,
        decided.segment_index,
        submitted.file_id as submitted_file_id,
        submitted.segment_index as submitted_segment_index,
        decided.claim_match_method,
        decided.claim_match_rank,
        decided.submission_date,
        decided.is_submitted_before,
        case
            when submitted.charge_amount = decided.charge_amount and submitted.sorted_modifiers = decided.sorted_modifiers
                then 'procedure_modifiers_date_charge'
            when submitted.charge_amount = decided.charge_amount then 'procedure_date_charge'
            else 'procedure_date'
        end as line_method,
        case when submitted.sorted_modifiers = decided.sorted_modifiers then 1 else 0 end as agreement
    from decided
    inner join submitted_service as submitted
        on submitted.file_id = decided.submitted_file_id
        and submitted.claim_segment_index = decided.submitted_claim_segment_index
        and submitted.billed_procedure_code = decided.billed_procedure_code
        and submitted.service_date = decided.service_date
    union all
    select
        decided.file_id,
        decided.segment_index,
        submitted.file_id as submitted_file_id,
        submitted.segment_index as submitted_segment_index,
        decided.claim_match_method,
        decided.claim_match_rank,
        decided.submission_date,
        decided.is_submitted_before,
        'revenue_code_date_charge' as line_method,
        0 as agreement
    from decided
    inner join submitted_service as submitted
        on submitted.file_id = decided.submitted_file_id
        and submitted.claim_segment_index = decided.submitted_claim_segment_index
        and submitted.revenue_code = decided.revenue_code
        and submitted.service_date = decided.service_date
        and submitted.charge_amount = decided.charge_amount
    union all
    select
        decided.file_id,
        decided.segment_index,
        submitted.file_id as submitted_file_id,
        submitted.segment_index as submitted_segment_index,
        decided.claim_match_method,
        decided.claim_match_rank,
        decided.submission_date,
        decided.is_submitted_before,
        'line_number' as line_method,
        0 as agreement
    from decided
    inner join submitted_service as submitted
        on submitted.file_id = decided.submitted_file_id
        and submitted.claim_segment_index = decided.submitted_claim_segment_index
        and cast(submitted.line_number as varchar) = ltrim(decided.line_control_number, '0')
        and submitted.service_date = decided.service_date
    where submitted.line_control_number is null
)
select
    pair.file_id,
    pair.segment_index,
    pair.submitted_file_id,
    pair.submitted_segment_index,
    min(pair.claim_match_method) as claim_match_method,
    min_by(pair.line_method, match_method.method_rank) as line_match_method,
    cast(min(pair.claim_match_rank + match_method.method_rank) as bigint) as match_rank,
    cast(max(pair.agreement) as bigint) as agreement,
    min(pair.submission_date) as submission_date,
    bool_and(pair.is_submitted_before) as is_submitted_before
from pair
inner join match_method on match_method.method = pair.line_method
group by pair.file_id, pair.segment_index, pair.submitted_file_id, pair.submitted_segment_index
