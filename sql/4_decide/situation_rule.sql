-- Grain: one distinct situation. Reads situation, next_step_rule.
-- Why: the rule with the lowest priority number whose every filled condition holds decides. No rule is an answer too: the
-- row then has no rule, and decision makes a review of it.
WITH distinct_situation AS (
    SELECT DISTINCT
        situation_key, family, medical_necessity, guard, frequency_signal, precedent_class, payer_family, medicare_part,
        group_code, code_next_step, diagnosis_known, item_state, item_status, appeal_state, corrected_claim_state,
        reopening_state, new_claim_state
    FROM situation
),
fitting AS (
    SELECT
        situation.situation_key,
        rule.rule_id,
        row_number() OVER (PARTITION BY situation.situation_key ORDER BY rule.priority, rule.rule_id) AS place
    FROM distinct_situation AS situation
    INNER JOIN next_step_rule AS rule
        ON (rule.families IS NULL OR list_contains(string_split(rule.families, ' '), situation.family))
        AND (
            rule.medical_necessity_levels IS NULL
            OR list_contains(string_split(rule.medical_necessity_levels, ' '), situation.medical_necessity)
        )
        AND (rule.guards IS NULL OR list_contains(string_split(rule.guards, ' '), situation.guard))
        AND (rule.frequency_signal IS NULL OR rule.frequency_signal = situation.frequency_signal)
        AND (rule.precedent_class IS NULL OR rule.precedent_class = situation.precedent_class)
        AND (rule.payer_families IS NULL OR list_contains(string_split(rule.payer_families, ' '), situation.payer_family))
        AND (rule.medicare_parts IS NULL OR list_contains(string_split(rule.medicare_parts, ' '), situation.medicare_part))
        AND (rule.group_codes IS NULL OR list_contains(string_split(rule.group_codes, ' '), situation.group_code))
        AND (rule.code_next_step IS NULL OR rule.code_next_step = situation.code_next_step)
        AND (rule.diagnosis_known IS NULL OR rule.diagnosis_known = situation.diagnosis_known)
        AND (rule.item_states IS NULL OR list_contains(string_split(rule.item_states, ' '), situation.item_state))
        AND (rule.item_status IS NULL OR rule.item_status = situation.item_status)
        AND (
            rule.deadline_states IS NULL
            OR list_contains(
                string_split(rule.deadline_states, ' '),
                CASE rule.deadline_action
                    WHEN 'appeal' THEN situation.appeal_state
                    WHEN 'corrected_claim' THEN situation.corrected_claim_state
                    WHEN 'reopening' THEN situation.reopening_state
                    WHEN 'new_claim' THEN situation.new_claim_state
                END
            )
        )
)
SELECT distinct_situation.situation_key, fitting.rule_id
FROM distinct_situation
LEFT JOIN fitting ON fitting.situation_key = distinct_situation.situation_key AND fitting.place = 1
