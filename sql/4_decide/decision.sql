-- Grain: one open item. Reads situation, situation_rule, next_step_rule, step, deadline, open_item, denied_service, precedent.
-- Why: exactly one next step an item, the rule that decided it, the deadline of that step, and the rule's sentence with the
-- facts of the line filled in. Where no rule fits, a person has to look.
WITH decided AS (
    SELECT
        situation.item_id,
        coalesce(rule.next_step, 'review') AS next_step,
        coalesce(rule.rule_id, 'NO_RULE') AS next_step_rule_id,
        coalesce(rule.reason, '{codes}: no rule knows this situation. A person has to look.') AS reason,
        coalesce(rule.deadline_action, step.deadline_action) AS deadline_action,
        situation.client,
        situation.works_past_limit,
        situation.continue_basis,
        situation.item_state,
        situation.item_status
    FROM situation
    INNER JOIN situation_rule ON situation_rule.situation_key = situation.situation_key
    LEFT JOIN next_step_rule AS rule ON rule.rule_id = situation_rule.rule_id
    LEFT JOIN step ON step.next_step = coalesce(rule.next_step, 'review')
),
filled AS (
    SELECT
        decided.item_id,
        decided.reason,
        concat(
            coalesce(concat(open_item.group_code, '-'), ''),
            replace(coalesce(open_item.reason_codes, 'no code'), ' ', ', '),
            CASE
                WHEN nullif(open_item.remark_codes, '') IS NULL THEN ''
                ELSE concat(' with ', replace(open_item.remark_codes, ' ', ', '))
            END
        ) AS codes,
        CASE
            WHEN open_item.family_basis = 'client_label' AND decided.item_status <> 'waiting'
                THEN concat(
                    ' Only the client''s label of the codes says ', replace(open_item.family, '_', ' '),
                    ': ask the payer for its reason first.'
                )
            ELSE ''
        END AS caution,
        coalesce(open_item.payer_name, 'unknown') AS payer_name,
        coalesce(denied_service.billed_procedure_code, 'this service') AS procedure_code,
        coalesce(denied_service.primary_diagnosis_code, 'unknown') AS diagnosis_code,
        coalesce(cast(denied_service.service_date AS VARCHAR), 'unknown') AS service_date,
        coalesce(precedent.precedent_claim_number, 'unknown') AS precedent_claim_number,
        coalesce(cast(precedent.precedent_service_date AS VARCHAR), 'unknown') AS precedent_service_date,
        coalesce(cast(precedent.precedent_paid_date AS VARCHAR), 'unknown') AS precedent_paid_date,
        coalesce(cast(precedent.precedent_paid_amount AS VARCHAR), 'unknown') AS precedent_paid_amount,
        coalesce(cast(coalesce(open_item.denial_date_from_call, open_item.denial_date) AS VARCHAR), 'unknown') AS denial_date,
        coalesce(cast(open_item.state_since AS VARCHAR), 'unknown') AS state_since,
        coalesce(cast(open_item.follow_up_date AS VARCHAR), 'unknown') AS follow_up_date,
        cast(open_item.appeal_level AS VARCHAR) AS appeal_level,
        open_item.follow_up_date AS due_date,
        open_item.appeal_level AS level
    FROM decided
    INNER JOIN open_item ON open_item.item_id = decided.item_id
    LEFT JOIN denied_service ON denied_service.item_id = decided.item_id
    LEFT JOIN precedent ON precedent.item_id = decided.item_id
)
SELECT
    decided.item_id,
    decided.next_step,
    decided.next_step_rule_id,
    concat(
        replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(
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
            '{denial_date}', filled.denial_date),
            '{state_since}', filled.state_since),
            '{follow_up_date}', filled.follow_up_date),
            '{appeal_level}', filled.appeal_level),
            '{deadline}', coalesce(cast(deadline.deadline AS VARCHAR), 'unknown')),
        filled.caution,
        CASE
            WHEN decided.works_past_limit AND deadline.deadline_state = 'passed'
                THEN concat(' The limit has passed; the client says to go on (', decided.continue_basis, ').')
            WHEN deadline.deadline_state = 'doubtful'
                THEN concat(
                    ' Our cautious limit of ', cast(deadline.deadline AS VARCHAR), ' has passed, but the payer''s own is not known: ask for it first.'
                )
            WHEN deadline.deadline_state = 'passed' AND NOT deadline.is_deadline_verified
                THEN ' The limit is not verified: ask the payer for its own before anything is written off.'
            ELSE ''
        END
    ) AS next_step_reason,
    decided.client,
    decided.deadline_action,
    deadline.deadline_rule_id,
    deadline.deadline,
    deadline.work_by_date,
    deadline.days_left,
    deadline.deadline_state,
    CASE
        WHEN decided.works_past_limit AND deadline.deadline_state = 'passed'
            THEN concat(deadline.deadline_basis, '; passed, but the client says to go on (', decided.continue_basis, ')')
        ELSE deadline.deadline_basis
    END AS deadline_basis,
    coalesce(deadline.is_deadline_verified, FALSE) AS is_deadline_verified,
    coalesce(decided.works_past_limit AND deadline.deadline_state = 'passed', FALSE) AS is_worked_past_limit,
    decided.item_state,
    decided.item_status,
    filled.due_date AS follow_up_date,
    filled.level AS appeal_level
FROM decided
INNER JOIN filled ON filled.item_id = decided.item_id
LEFT JOIN deadline ON deadline.item_id = decided.item_id AND deadline.deadline_action = decided.deadline_action
