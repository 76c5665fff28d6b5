-- grain: one distinct situation
-- reads: situation, next_step_rule (mapping)
-- why:   the rule with the lowest priority number whose every filled condition holds decides. No rule is an answer too: the
--        row then has no rule, and decision makes a review of it.
with distinct_situation as (
    select distinct
        situation_key, family, medical_necessity, guard, frequency_signal, precedent_class, payer_family, medicare_part,
        group_code, code_next_step, diagnosis_known, coding_outcome, item_status, appeal_state, corrected_claim_state,
        reopening_state, new_claim_state
    from situation
),
fitting as (
    select
        situation.situation_key,
        rule.rule_id,
        row_number() over (partition by situation.situation_key order by rule.priority, rule.rule_id) as place
    from distinct_situation as situation
    inner join next_step_rule as rule
        on (rule.families is null or list_contains(string_split(rule.families, ' '), situation.family))
        and (
            rule.medical_necessity_levels is null
            or list_contains(string_split(rule.medical_necessity_levels, ' '), situation.medical_necessity)
        )
        and (rule.guards is null or list_contains(string_split(rule.guards, ' '), situation.guard))
        and (rule.frequency_signal is null or rule.frequency_signal = situation.frequency_signal)
        and (rule.precedent_class is null or rule.precedent_class = situation.precedent_class)
        and (rule.payer_families is null or list_contains(string_split(rule.payer_families, ' '), situation.payer_family))
        and (rule.medicare_parts is null or list_contains(string_split(rule.medicare_parts, ' '), situation.medicare_part))
        and (rule.group_codes is null or list_contains(string_split(rule.group_codes, ' '), situation.group_code))
        and (rule.code_next_step is null or rule.code_next_step = situation.code_next_step)
        and (rule.diagnosis_known is null or rule.diagnosis_known = situation.diagnosis_known)
        and (rule.coding_outcome is null or rule.coding_outcome = situation.coding_outcome)
        and (rule.item_status is null or rule.item_status = situation.item_status)
        and (
            rule.deadline_states is null
            or list_contains(
                string_split(rule.deadline_states, ' '),
                case rule.deadline_action
                    when 'appeal' then situation.appeal_state
                    when 'corrected_claim' then situation.corrected_claim_state
                    when 'reopening' then situation.reopening_state
                    when 'new_claim' then situation.new_claim_state
                end
            )
        )
)
select distinct_situation.situation_key, fitting.rule_id
from distinct_situation
left join fitting on fitting.situation_key = distinct_situation.situation_key and fitting.place = 1
