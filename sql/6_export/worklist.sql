-- Grain: one denied line, or one claim denied at claim level, that is to be worked. Reads ranking, decision,
-- expected_recovery, denied_line, denied_service, denied_payment, precedent, precedent_strength, counter_evidence,
-- other_patient_evidence, claim_takeback, work_state, payer, item_history_before, line_unmatched, source_file,
-- run_parameter.
-- Why: what billers open. What should be there but could not be found says `unknown`; what does not apply is empty.
WITH first_night AS (
    SELECT before.item_id, min(before.first_night_date) AS first_night_date
    FROM item_history_before AS before
    CROSS JOIN run_parameter AS parameter
    WHERE before.night_date < parameter.as_of_date
    GROUP BY before.item_id
)
SELECT
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
    coalesce(payment.payer_name, 'unknown') AS payer_name,
    coalesce(payment.payer_id, 'unknown') AS payer_id,
    coalesce(
        nullif(concat_ws(', ', nullif(trim(payment.patient_last_name), ''), nullif(trim(payment.patient_first_name), '')), ''),
        'unknown'
    ) AS patient_name,
    coalesce(payment.member_id, denied_service.member_key, 'unknown') AS member_id,
    coalesce(payment.patient_control_number, 'unknown') AS patient_control_number,
    coalesce(work_state.claim_number_from_call, payment.payer_claim_control_number, 'unknown') AS payer_claim_control_number,
    denied_service.service_date,
    CASE
        WHEN denied_service.is_claim_level THEN coalesce(denied_service.billed_procedure_code, '')
        ELSE coalesce(denied_service.billed_procedure_code, 'unknown')
    END AS procedure_code,
    coalesce(denied_service.modifiers, '') AS modifiers,
    coalesce(denied_service.diagnosis_codes, 'unknown') AS diagnosis_codes,
    denied_service.diagnosis_basis,
    coalesce(denied_line.group_code, 'unknown') AS group_code,
    coalesce(denied_line.reason_codes, 'unknown') AS reason_codes,
    coalesce(denied_line.remark_codes, '') AS remark_codes,
    denied_line.family,
    denied_line.family_basis,
    coalesce(work_state.denial_date_from_call, payment.denial_date) AS denial_date,
    CASE
        WHEN work_state.denial_date_from_call IS NOT NULL THEN 'from_call'
        ELSE coalesce(payment.denial_date_basis, 'unknown')
    END AS denial_date_basis,
    coalesce(strength.worklist_tier, 'none') AS precedent_tier,
    CASE WHEN strength.worklist_tier <> 'none' THEN precedent.precedent_claim_number END AS precedent_claim_number,
    CASE WHEN strength.worklist_tier <> 'none' THEN precedent.precedent_paid_date END AS precedent_paid_date,
    CASE WHEN strength.worklist_tier <> 'none' THEN precedent.precedent_paid_amount END AS precedent_paid_amount,
    CASE WHEN strength.worklist_tier <> 'none' THEN precedent.precedent_trace_number END AS precedent_trace_number,
    CASE WHEN strength.worklist_tier <> 'none' THEN precedent.precedent_count END AS precedent_count,
    coalesce(counter_evidence.counter_evidence, '') AS counter_evidence,
    coalesce(denied_line.policy_id, '') AS policy_id,
    coalesce(payment.payer_phone, payer.payer_phone, 'unknown') AS payer_phone,
    coalesce(payment.payer_fax, payer.payer_fax, 'unknown') AS payer_fax,
    coalesce(work_state.owner, '') AS owner,
    coalesce(decision.item_status, 'open') AS status,
    coalesce(
        CASE WHEN decision.follow_up_date <= parameter.as_of_date THEN decision.follow_up_date END,
        work_state.status_since,
        payment.denial_date
    ) AS status_since,
    coalesce(work_state.call_reference, '') AS call_reference,
    concat_ws(
        ' ',
        nullif(denied_line.flags, ''),
        CASE WHEN denied_service.diagnosis_codes IS NULL THEN 'DIAGNOSIS_UNKNOWN' END,
        CASE WHEN line_unmatched.unmatched_reason = 'ambiguous' THEN 'AMBIGUOUS_CLAIM' END,
        CASE WHEN precedent.precedent_tier IS NOT NULL AND strength.worklist_tier = 'none' THEN 'PAID_BEFORE_DIAGNOSIS_UNKNOWN' END,
        CASE WHEN decision.deadline IS NOT NULL AND NOT decision.is_deadline_verified THEN 'LIMIT_NOT_VERIFIED' END,
        CASE WHEN decision.is_worked_past_limit THEN 'PAST_LIMIT_CLIENT_CONTINUES' END,
        CASE WHEN expected.expected_allowed_basis = 'charge' THEN 'EXPECTED_FROM_CHARGE' END,
        CASE WHEN expected.is_not_worth_its_cost THEN 'COST_EXCEEDS_RECOVERY' END,
        CASE WHEN claim_takeback.claim_key IS NOT NULL THEN 'TAKEBACK' END
    ) AS flags,
    denied_line.rule_id,
    concat(coalesce(source_file.file_name, 'unknown'), ' segment ', cast(denied_line.segment_index + 1 AS VARCHAR)) AS source,
    coalesce(decision.client, '') AS client,
    decision.work_by_date,
    ranking.urgency_tier,
    ranking.urgency,
    denied_line.charge_amount,
    denied_line.paid_amount,
    expected.expected_allowed_amount,
    expected.expected_allowed_basis,
    expected.step_cost_amount,
    coalesce(precedent.precedent_strength, 'none') AS precedent_strength,
    CASE WHEN strength.worklist_tier <> 'none' THEN precedent.precedent_service_date END AS precedent_service_date,
    CASE WHEN strength.worklist_tier <> 'none' THEN precedent.precedent_allowed_amount END AS precedent_allowed_amount,
    CASE WHEN strength.worklist_tier <> 'none' THEN precedent.precedent_age_months END AS precedent_age_months,
    CASE WHEN strength.worklist_tier <> 'none' THEN precedent.precedent_differences END AS precedent_differences,
    other.other_patient_count,
    other.other_patient_paid_count,
    other.other_patient_denied_count,
    coalesce(denied_service.match_method, '') AS match_method,
    coalesce(denied_service.match_confidence, '') AS match_confidence,
    coalesce(payment.payer_family, 'unknown') AS payer_family,
    decision.next_step_rule_id,
    decision.deadline_rule_id,
    decision.is_deadline_verified,
    decision.item_state,
    decision.follow_up_date,
    decision.appeal_level,
    coalesce(work_state.denial_reason_from_call, '') AS denial_reason_from_call,
    coalesce(work_state.appeal_address, '') AS appeal_address,
    coalesce(work_state.appeal_fax, '') AS appeal_fax,
    coalesce(work_state.corrected_diagnosis, '') AS corrected_diagnosis,
    coalesce(work_state.last_action, '') AS last_action,
    work_state.last_action_date,
    coalesce(work_state.last_worked_by, '') AS last_worked_by,
    coalesce(work_state.last_note, '') AS last_note,
    coalesce(first_night.first_night_date, parameter.as_of_date) AS first_night_date,
    ranking.urgency_weight,
    ranking.priority_amount
FROM ranking
INNER JOIN decision ON decision.item_id = ranking.item_id
INNER JOIN expected_recovery AS expected ON expected.item_id = ranking.item_id
INNER JOIN denied_line ON denied_line.item_id = ranking.item_id
INNER JOIN denied_service ON denied_service.item_id = ranking.item_id
INNER JOIN denied_payment AS payment
    ON payment.file_id = denied_line.file_id AND payment.segment_index = denied_line.claim_segment_index
LEFT JOIN precedent ON precedent.item_id = ranking.item_id
LEFT JOIN precedent_strength AS strength ON strength.precedent_tier = precedent.precedent_tier
LEFT JOIN counter_evidence ON counter_evidence.item_id = ranking.item_id
LEFT JOIN other_patient_evidence AS other ON other.item_id = ranking.item_id
LEFT JOIN claim_takeback ON claim_takeback.claim_key = payment.claim_key
LEFT JOIN work_state ON work_state.item_id = ranking.item_id
LEFT JOIN payer ON payer.payer_key = payment.payer_key
LEFT JOIN first_night ON first_night.item_id = ranking.item_id
CROSS JOIN run_parameter AS parameter
LEFT JOIN line_unmatched
    ON line_unmatched.file_id = denied_line.file_id AND line_unmatched.segment_index = denied_line.segment_index
LEFT JOIN source_file ON source_file.file_id = denied_line.file_id
