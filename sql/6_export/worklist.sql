-- Grain: one open item that is to be worked: a denied line, or a claim denied at claim level. Reads ranking, decision,
-- expected_recovery, open_item, denied_service, precedent, precedent_strength, counter_evidence, other_patient_evidence,
-- claim_takeback, payer, item_before, line_unmatched, source_file, run_parameter.
-- Why: what billers open. What should be there but could not be found says `unknown`; what does not apply is empty.
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
    open_item.denied_amount,
    coalesce(open_item.payer_name, 'unknown') AS payer_name,
    coalesce(open_item.payer_id, 'unknown') AS payer_id,
    coalesce(
        nullif(concat_ws(', ', nullif(trim(open_item.patient_last_name), ''), nullif(trim(open_item.patient_first_name), '')), ''),
        'unknown'
    ) AS patient_name,
    coalesce(open_item.member_id, denied_service.member_key, 'unknown') AS member_id,
    coalesce(open_item.patient_control_number, 'unknown') AS patient_control_number,
    coalesce(open_item.claim_number_from_call, open_item.payer_claim_control_number, 'unknown') AS payer_claim_control_number,
    denied_service.service_date,
    CASE
        WHEN denied_service.is_claim_level THEN coalesce(denied_service.billed_procedure_code, '')
        ELSE coalesce(denied_service.billed_procedure_code, 'unknown')
    END AS procedure_code,
    coalesce(denied_service.modifiers, '') AS modifiers,
    coalesce(denied_service.diagnosis_codes, 'unknown') AS diagnosis_codes,
    denied_service.diagnosis_basis,
    coalesce(open_item.group_code, 'unknown') AS group_code,
    coalesce(open_item.reason_codes, 'unknown') AS reason_codes,
    coalesce(open_item.remark_codes, '') AS remark_codes,
    open_item.family,
    open_item.family_basis,
    coalesce(open_item.denial_date_from_call, open_item.denial_date) AS denial_date,
    CASE
        WHEN open_item.denial_date_from_call IS NOT NULL THEN 'from_call'
        ELSE coalesce(open_item.denial_date_basis, 'unknown')
    END AS denial_date_basis,
    coalesce(strength.worklist_tier, 'none') AS precedent_tier,
    CASE WHEN strength.worklist_tier <> 'none' THEN precedent.precedent_claim_number END AS precedent_claim_number,
    CASE WHEN strength.worklist_tier <> 'none' THEN precedent.precedent_paid_date END AS precedent_paid_date,
    CASE WHEN strength.worklist_tier <> 'none' THEN precedent.precedent_paid_amount END AS precedent_paid_amount,
    CASE WHEN strength.worklist_tier <> 'none' THEN precedent.precedent_trace_number END AS precedent_trace_number,
    CASE WHEN strength.worklist_tier <> 'none' THEN precedent.precedent_count END AS precedent_count,
    coalesce(counter_evidence.counter_evidence, '') AS counter_evidence,
    coalesce(open_item.policy_id, '') AS policy_id,
    coalesce(open_item.payer_phone, payer.payer_phone, 'unknown') AS payer_phone,
    coalesce(open_item.payer_fax, payer.payer_fax, 'unknown') AS payer_fax,
    coalesce(open_item.owner, '') AS owner,
    coalesce(decision.item_status, 'open') AS status,
    coalesce(
        CASE WHEN decision.follow_up_date <= parameter.as_of_date THEN decision.follow_up_date END,
        open_item.status_since,
        open_item.denial_date
    ) AS status_since,
    coalesce(open_item.call_reference, '') AS call_reference,
    concat_ws(
        ' ',
        nullif(open_item.flags, ''),
        CASE WHEN denied_service.diagnosis_codes IS NULL THEN 'DIAGNOSIS_UNKNOWN' END,
        CASE WHEN line_unmatched.unmatched_reason = 'ambiguous' THEN 'AMBIGUOUS_CLAIM' END,
        CASE WHEN precedent.precedent_tier IS NOT NULL AND strength.worklist_tier = 'none' THEN 'PAID_BEFORE_DIAGNOSIS_UNKNOWN' END,
        CASE WHEN decision.deadline IS NOT NULL AND NOT decision.is_deadline_verified THEN 'LIMIT_NOT_VERIFIED' END,
        CASE WHEN decision.is_worked_past_limit THEN 'PAST_LIMIT_CLIENT_CONTINUES' END,
        CASE WHEN expected.expected_allowed_basis = 'charge' THEN 'EXPECTED_FROM_CHARGE' END,
        CASE WHEN expected.is_not_worth_its_cost THEN 'COST_EXCEEDS_RECOVERY' END,
        CASE WHEN claim_takeback.claim_key IS NOT NULL THEN 'TAKEBACK' END
    ) AS flags,
    open_item.rule_id,
    concat(coalesce(source_file.file_name, 'unknown'), ' segment ', cast(open_item.segment_index + 1 AS VARCHAR)) AS source,
    coalesce(decision.client, '') AS client,
    decision.work_by_date,
    ranking.urgency_tier,
    ranking.urgency,
    open_item.charge_amount,
    open_item.paid_amount,
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
    coalesce(open_item.payer_family, 'unknown') AS payer_family,
    decision.next_step_rule_id,
    decision.deadline_rule_id,
    decision.is_deadline_verified,
    decision.item_state,
    decision.follow_up_date,
    decision.appeal_level,
    coalesce(open_item.denial_reason_from_call, '') AS denial_reason_from_call,
    coalesce(open_item.appeal_address, '') AS appeal_address,
    coalesce(open_item.appeal_fax, '') AS appeal_fax,
    coalesce(open_item.corrected_diagnosis, '') AS corrected_diagnosis,
    coalesce(open_item.last_action, '') AS last_action,
    open_item.last_action_date,
    coalesce(open_item.last_worked_by, '') AS last_worked_by,
    coalesce(open_item.last_note, '') AS last_note,
    coalesce(item_before.first_night_date, parameter.as_of_date) AS first_night_date,
    ranking.urgency_weight,
    ranking.priority_amount
FROM ranking
INNER JOIN decision ON decision.item_id = ranking.item_id
INNER JOIN expected_recovery AS expected ON expected.item_id = ranking.item_id
INNER JOIN open_item ON open_item.item_id = ranking.item_id
INNER JOIN denied_service ON denied_service.item_id = ranking.item_id
LEFT JOIN precedent ON precedent.item_id = ranking.item_id
LEFT JOIN precedent_strength AS strength ON strength.precedent_tier = precedent.precedent_tier
LEFT JOIN counter_evidence ON counter_evidence.item_id = ranking.item_id
LEFT JOIN other_patient_evidence AS other ON other.item_id = ranking.item_id
LEFT JOIN claim_takeback ON claim_takeback.claim_key = open_item.claim_key
LEFT JOIN payer ON payer.payer_key = open_item.payer_key
LEFT JOIN item_before ON item_before.item_id = ranking.item_id
CROSS JOIN run_parameter AS parameter
LEFT JOIN line_unmatched
    ON line_unmatched.file_id = open_item.file_id AND line_unmatched.segment_index = open_item.segment_index
LEFT JOIN source_file ON source_file.file_id = open_item.file_id
