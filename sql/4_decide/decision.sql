-- grain: one denied line
-- reads: situation, situation_rule, next_step_rule (mapping), step (mapping), deadline, denied_line, denied_service, precedent,
--        claim_payment_current
-- why:   exactly one next step a line, the rule that decided it, the deadline of that step, and the rule's sentence with the
--        facts of the line filled in. Where no rule fits, a person has to look.
with decided as (
    select
        situation.item_id,
        coalesce(rule.next_step, 'review') as next_step,
        coalesce(rule.rule_id, 'NO_RULE') as next_step_rule_id,
        coalesce(rule.reason, '{codes}: no rule knows this situation. A person has to look.') as reason,
        coalesce(rule.deadline_action, step.deadline_action) as deadline_action,
        situation.client,
        situation.works_past_limit
    from situation
    inner join situation_rule on situation_rule.situation_key = situation.situation_key
    left join next_step_rule as rule on rule.rule_id = situation_rule.rule_id
    left join step on step.next_step = coalesce(rule.next_step, 'review')
),
filled as (
    select
        decided.item_id,
        decided.reason,
        concat(
            coalesce(concat(denied_line.group_code, '-'), ''),
            replace(coalesce(denied_line.reason_codes, 'no code'), ' ', ', '),
            coalesce(concat(' with ', replace(nullif(denied_line.remark_codes, ''), ' ', ', ')), '')
        ) as codes,
        case
            when denied_line.family_basis = 'client_label'
                then ' That it is so rests on the client''s label of the codes alone: ask the payer for its reason first.'
            else ''
        end as caution,
        coalesce(payment.payer_name, 'unknown') as payer_name,
        coalesce(denied_service.billed_procedure_code, 'unknown') as procedure_code,
        coalesce(denied_service.primary_diagnosis_code, 'unknown') as diagnosis_code,
        coalesce(cast(denied_service.service_date as varchar), 'unknown') as service_date,
        coalesce(precedent.precedent_claim_number, 'unknown') as precedent_claim_number,
        coalesce(cast(precedent.precedent_service_date as varchar), 'unknown') as precedent_service_date,
        coalesce(cast(precedent.precedent_paid_date as varchar), 'unknown') as precedent_paid_date,
        coalesce(cast(precedent.precedent_paid_amount as varchar), 'unknown') as precedent_paid_amount
    from decided
    inner join denied_line on denied_line.item_id = decided.item_id
    inner join claim_payment_current as payment
        on payment.file_id = denied_line.file_id and payment.segment_index = denied_line.claim_segment_index
    left join denied_service on denied_service.item_id = decided.item_id
    left join precedent on precedent.item_id = decided.item_id
)
select
    decided.item_id,
    decided.next_step,
    decided.next_step_rule_id,
    concat(
        replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(
            filled.reason,
            '{codes}', filled.codes),
            '{payer}', filled.payer_name),
            '{procedure}', filled.procedure_code),
            '{diagnosis}', filled.diagnosis_code),
            '{service_date}', filled.service_date),
            '{precedent_claim}', filled.precedent_claim_number),
            '{precedent_service_date}', filled.precedent_service_date),
            '{precedent_paid_date}', filled.precedent_paid_date),
            '{precedent_paid_amount}', filled.precedent_paid_amount),
            '{deadline}', coalesce(cast(deadline.deadline as varchar), 'unknown')),
        filled.caution
    ) as next_step_reason,
    decided.client,
    decided.deadline_action,
    deadline.deadline_rule_id,
    deadline.deadline,
    deadline.work_by_date,
    deadline.days_left,
    deadline.deadline_state,
    deadline.deadline_basis,
    coalesce(deadline.is_deadline_verified, false) as is_deadline_verified,
    coalesce(decided.works_past_limit and deadline.deadline_state = 'passed', false) as is_worked_past_limit
from decided
inner join filled on filled.item_id = decided.item_id
left join deadline on deadline.item_id = decided.item_id and deadline.deadline_action = decided.deadline_action
