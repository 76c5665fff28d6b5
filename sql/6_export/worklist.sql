-- grain: one denied line, or one claim denied at claim level, that is to be worked
-- reads: ranking, decision, expected_recovery, denied_line, denied_service, claim_payment_current, precedent,
--        precedent_strength (mapping), counter_evidence, other_patient_evidence, work_state, line_unmatched, source_file
-- why:   what billers open. What should be there but could not be found says `unknown`; what does not apply is empty.
select
    ranking.item_id,
    ranking.rank,
    decision.next_step,
    decision.next_step_reason,
    decision.deadline,
    decision.deadline_basis,
    decision.days_left,
    expected.expected_recovery_amount,
    expected.success_rate,
    expected.success_rate_basis,
    denied_line.denied_amount,
    coalesce(payment.payer_name, 'unknown') as payer_name,
    coalesce(payment.payer_id, 'unknown') as payer_id,
    coalesce(
        nullif(concat_ws(', ', nullif(trim(payment.patient_last_name), ''), nullif(trim(payment.patient_first_name), '')), ''),
        'unknown'
    ) as patient_name,
    coalesce(payment.member_id, denied_service.member_key, 'unknown') as member_id,
    coalesce(payment.patient_control_number, 'unknown') as patient_control_number,
    coalesce(work_state.claim_number_from_call, payment.payer_claim_control_number, 'unknown') as payer_claim_control_number,
    denied_service.service_date,
    case
        when denied_service.is_claim_level then coalesce(denied_service.billed_procedure_code, '')
        else coalesce(denied_service.billed_procedure_code, 'unknown')
    end as procedure_code,
    coalesce(denied_service.modifiers, '') as modifiers,
    coalesce(denied_service.diagnosis_codes, 'unknown') as diagnosis_codes,
    denied_service.diagnosis_basis,
    coalesce(denied_line.group_code, 'unknown') as group_code,
    coalesce(denied_line.reason_codes, 'unknown') as reason_codes,
    coalesce(denied_line.remark_codes, '') as remark_codes,
    denied_line.family,
    denied_line.family_basis,
    coalesce(work_state.denial_date_from_call, payment.denial_date) as denial_date,
    case
        when work_state.denial_date_from_call is not null then 'from_call'
        else coalesce(payment.denial_date_basis, 'unknown')
    end as denial_date_basis,
    coalesce(strength.worklist_tier, 'none') as precedent_tier,
    case when strength.worklist_tier <> 'none' then precedent.precedent_claim_number end as precedent_claim_number,
    case when strength.worklist_tier <> 'none' then precedent.precedent_paid_date end as precedent_paid_date,
    case when strength.worklist_tier <> 'none' then precedent.precedent_paid_amount end as precedent_paid_amount,
    case when strength.worklist_tier <> 'none' then precedent.precedent_trace_number end as precedent_trace_number,
    case when strength.worklist_tier <> 'none' then precedent.precedent_count end as precedent_count,
    coalesce(counter_evidence.counter_evidence, '') as counter_evidence,
    coalesce(denied_line.policy_id, '') as policy_id,
    coalesce(payment.payer_phone, 'unknown') as payer_phone,
    coalesce(payment.payer_fax, '') as payer_fax,
    coalesce(work_state.owner, '') as owner,
    coalesce(work_state.item_status, 'open') as status,
    coalesce(work_state.status_since, payment.denial_date) as status_since,
    coalesce(work_state.call_reference, '') as call_reference,
    concat_ws(
        ' ',
        nullif(denied_line.flags, ''),
        case when denied_service.diagnosis_codes is null then 'DIAGNOSIS_UNKNOWN' end,
        case when line_unmatched.unmatched_reason = 'ambiguous' then 'AMBIGUOUS_CLAIM' end,
        case when precedent.precedent_tier is not null and strength.worklist_tier = 'none' then 'PAID_BEFORE_DIAGNOSIS_UNKNOWN' end,
        case when decision.deadline_state = 'open' and not decision.is_deadline_verified then 'LIMIT_NOT_VERIFIED' end,
        case when decision.is_worked_past_limit then 'PAST_LIMIT_CLIENT_CONTINUES' end,
        case when expected.expected_allowed_basis = 'charge' then 'EXPECTED_FROM_CHARGE' end,
        case when expected.is_not_worth_its_cost then 'COST_EXCEEDS_RECOVERY' end
    ) as flags,
    denied_line.rule_id,
    concat(coalesce(source_file.file_name, 'unknown'), ' segment ', cast(denied_line.segment_index as varchar)) as source,
    coalesce(decision.client, '') as client,
    decision.work_by_date,
    ranking.urgency_tier,
    ranking.urgency,
    denied_line.charge_amount,
    denied_line.paid_amount,
    expected.expected_allowed_amount,
    expected.expected_allowed_basis,
    expected.step_cost_amount,
    coalesce(strength.strength, 'none') as precedent_strength,
    case when strength.worklist_tier <> 'none' then precedent.precedent_service_date end as precedent_service_date,
    case when strength.worklist_tier <> 'none' then precedent.precedent_allowed_amount end as precedent_allowed_amount,
    case when strength.worklist_tier <> 'none' then precedent.precedent_age_months end as precedent_age_months,
    case when strength.worklist_tier <> 'none' then precedent.precedent_differences end as precedent_differences,
    other.other_patient_count,
    other.other_patient_paid_count,
    other.other_patient_denied_count,
    coalesce(denied_service.match_method, '') as match_method,
    coalesce(denied_service.match_confidence, '') as match_confidence,
    coalesce(payment.payer_family, 'unknown') as payer_family,
    decision.next_step_rule_id,
    decision.deadline_rule_id,
    decision.is_deadline_verified
from ranking
inner join decision on decision.item_id = ranking.item_id
inner join expected_recovery as expected on expected.item_id = ranking.item_id
inner join denied_line on denied_line.item_id = ranking.item_id
inner join denied_service on denied_service.item_id = ranking.item_id
inner join claim_payment_current as payment
    on payment.file_id = denied_line.file_id and payment.segment_index = denied_line.claim_segment_index
left join precedent on precedent.item_id = ranking.item_id
left join precedent_strength as strength on strength.precedent_tier = precedent.precedent_tier
left join counter_evidence on counter_evidence.item_id = ranking.item_id
left join other_patient_evidence as other on other.item_id = ranking.item_id
left join work_state on work_state.item_id = ranking.item_id
left join line_unmatched
    on line_unmatched.file_id = denied_line.file_id and line_unmatched.segment_index = denied_line.line_segment_index
left join source_file on source_file.file_id = denied_line.file_id
