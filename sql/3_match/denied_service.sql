-- grain: one denied line, or one claim denied at claim level: what was billed, for whom, for which diagnoses
-- reads: denied_line, claim_payment_current, service_line_current, claim_patient, line_match, claim_match, submitted_line,
--        submitted_claim, modifier_set, run_parameter
-- why:   the small side of the precedent join. An 835 carries no diagnosis: without a matched submitted line it is unknown,
--        and stays so. A claim denied at claim level has its claim's diagnoses, and its line where it has only one.
with submitted_only_line as (
    select claim_match.file_id, claim_match.segment_index, line.file_id as submitted_file_id,
        line.segment_index as submitted_segment_index
    from claim_match
    inner join submitted_claim as claim
        on claim.file_id = claim_match.submitted_file_id
        and claim.segment_index = claim_match.submitted_claim_segment_index
    inner join submitted_line as line
        on line.file_id = claim.file_id and line.claim_segment_index = claim.segment_index
    where claim.line_count = 1
),
denied as (
    select
        denied_line.item_id,
        denied_line.file_id,
        denied_line.segment_index,
        denied_line.claim_segment_index,
        denied_line.line_segment_index is null as is_claim_level,
        denied_line.claim_key,
        denied_line.payer_key,
        denied_line.policy_id,
        denied_line.charge_amount,
        payment.payee_npi,
        payment.payee_tax_number,
        coalesce(service.service_date, payment.statement_from_date) as received_service_date,
        service.billed_procedure_code as received_procedure_code,
        service.modifiers as received_modifiers,
        coalesce(line_match.submitted_file_id, only_line.submitted_file_id) as submitted_file_id,
        coalesce(line_match.submitted_segment_index, only_line.submitted_segment_index) as submitted_segment_index,
        coalesce(line_match.match_method, claim_match.match_method) as match_method,
        line_match.match_confidence,
        claim_match.submitted_file_id as claim_submitted_file_id,
        claim_match.submitted_claim_segment_index
    from denied_line
    inner join claim_payment_current as payment
        on payment.file_id = denied_line.file_id and payment.segment_index = denied_line.claim_segment_index
    left join service_line_current as service
        on service.file_id = denied_line.file_id and service.segment_index = denied_line.line_segment_index
    left join line_match
        on line_match.file_id = denied_line.file_id and line_match.segment_index = denied_line.line_segment_index
    left join claim_match
        on claim_match.file_id = denied_line.file_id
        and claim_match.segment_index = denied_line.claim_segment_index
        and denied_line.line_segment_index is null
    left join submitted_only_line as only_line
        on only_line.file_id = denied_line.file_id
        and only_line.segment_index = denied_line.claim_segment_index
        and denied_line.line_segment_index is null
),
described as (
    select
        denied.item_id,
        denied.file_id,
        denied.segment_index,
        denied.claim_segment_index,
        denied.is_claim_level,
        denied.claim_key,
        denied.payer_key,
        denied.policy_id,
        denied.charge_amount,
        coalesce(denied.payee_npi, denied.payee_tax_number) as payee_id,
        patient.member_key,
        patient.first_name_key,
        patient.patient_birth_date,
        patient.person_key,
        upper(coalesce(denied.received_procedure_code, line.procedure_code, line.revenue_code)) as billed_procedure_code,
        coalesce(
            denied.received_modifiers,
            concat_ws(' ', line.modifier_1, line.modifier_2, line.modifier_3, line.modifier_4)
        ) as modifiers,
        line.place_of_service_code,
        coalesce(line.diagnosis_codes, claim.diagnosis_codes) as diagnosis_codes,
        case
            when line.diagnosis_codes is not null then line.diagnosis_basis
            when claim.diagnosis_codes is not null then 'claim'
            else 'unknown'
        end as diagnosis_basis,
        coalesce(claim_of_line.diagnosis_code_set, claim.diagnosis_code_set) as diagnosis_code_set,
        line.line_units,
        coalesce(denied.received_service_date, line.service_date) as service_date,
        denied.match_method,
        denied.match_confidence,
        denied.submitted_file_id,
        denied.submitted_segment_index
    from denied
    inner join claim_patient as patient
        on patient.file_id = denied.file_id and patient.segment_index = denied.claim_segment_index
    left join submitted_line as line
        on line.file_id = denied.submitted_file_id and line.segment_index = denied.submitted_segment_index
    left join submitted_claim as claim_of_line
        on claim_of_line.file_id = line.file_id and claim_of_line.segment_index = line.claim_segment_index
    left join submitted_claim as claim
        on claim.file_id = denied.claim_submitted_file_id and claim.segment_index = denied.submitted_claim_segment_index
),
-- Months are counted in the calendar: the same day of an earlier month, or that month's last day.
lookback as (
    select
        described.item_id,
        described.service_date,
        year(described.service_date) * 12 + month(described.service_date) - 1 - parameter.lookback_months as month_number
    from described
    cross join run_parameter as parameter
),
lookback_month as (
    select
        item_id,
        day(service_date) as day_of_month,
        make_date(cast(month_number // 12 as integer), cast(month_number % 12 + 1 as integer), 1) as first_day
    from lookback
)
select
    described.item_id,
    described.file_id,
    described.segment_index,
    described.claim_segment_index,
    described.is_claim_level,
    described.claim_key,
    described.payer_key,
    described.payee_id,
    described.member_key,
    described.first_name_key,
    described.patient_birth_date,
    described.person_key,
    described.billed_procedure_code,
    described.modifiers,
    modifier_set.sorted_modifiers,
    modifier_set.material_modifiers,
    described.place_of_service_code,
    described.diagnosis_codes,
    split_part(described.diagnosis_codes, ' ', 1) as primary_diagnosis_code,
    described.diagnosis_basis,
    described.diagnosis_code_set,
    described.line_units,
    described.policy_id,
    described.charge_amount,
    described.service_date,
    make_date(
        cast(year(lookback_month.first_day) as integer),
        cast(month(lookback_month.first_day) as integer),
        cast(least(lookback_month.day_of_month, day(last_day(lookback_month.first_day))) as integer)
    ) as history_from_date,
    described.match_method,
    described.match_confidence,
    described.submitted_file_id,
    described.submitted_segment_index
from described
left join lookback_month on lookback_month.item_id = described.item_id
left join modifier_set on modifier_set.modifiers = coalesce(described.modifiers, '')
