-- Grain: one open denied line with anything that speaks against its precedent. Reads denied_service, precedent, previous_denial,
-- precedent_strength, denied_line.
-- Why: shown beside the precedent, in words, so that the caller is not surprised by it.
WITH known AS (
    SELECT
        denied.item_id,
        denied.file_id,
        denied.claim_segment_index,
        concat_ws(
            '; ',
            CASE
                WHEN previous_denial.previous_denial_count > 0
                    THEN concat(
                        'denied before: ', cast(previous_denial.previous_denial_count AS VARCHAR),
                        ', latest service ', cast(previous_denial.previous_denial_service_date AS VARCHAR)
                    )
            END,
            CASE
                WHEN previous_denial.previous_denial_service_date > precedent.precedent_service_date
                    THEN 'the last outcome was a denial'
            END,
            CASE
                WHEN precedent.precedent_units <> denied.line_units
                    THEN concat(
                        'units differ: ', cast(cast(precedent.precedent_units AS DECIMAL(18, 2)) AS VARCHAR), ' paid, ',
                        cast(cast(denied.line_units AS DECIMAL(18, 2)) AS VARCHAR), ' now'
                    )
            END,
            CASE
                WHEN list_contains(string_split(precedent.precedent_differences, ' '), 'modifiers')
                    THEN concat(
                        'modifiers differ: ', coalesce(nullif(precedent.precedent_modifiers, ''), 'none'), ' paid, ',
                        coalesce(nullif(denied.sorted_modifiers, ''), 'none'), ' now'
                    )
            END,
            CASE
                WHEN list_contains(string_split(precedent.precedent_differences, ' '), 'payer') THEN 'another payer paid'
            END,
            CASE
                WHEN list_contains(string_split(precedent.precedent_differences, ' '), 'provider') THEN 'paid to another provider'
            END,
            CASE
                WHEN list_contains(string_split(precedent.precedent_differences, ' '), 'place_of_service')
                    THEN 'paid at another place of service'
            END,
            CASE
                WHEN list_contains(string_split(precedent.precedent_differences, ' '), 'not_first_payer')
                    THEN 'paid as second or third payer'
            END,
            CASE
                WHEN precedent.item_id IS NOT NULL
                    AND denied.policy_id IS NOT NULL
                    AND coalesce(precedent.precedent_policy_id, '') <> denied.policy_id
                    THEN concat('policy ', denied.policy_id, ' was not named with the earlier payment')
            END,
            CASE
                WHEN denied_line.has_frequency_signal
                    THEN concat(
                        'the codes can mean that an earlier payment is the cause: ',
                        concat_ws(' ', denied_line.reason_codes, denied_line.remark_codes)
                    )
            END,
            CASE
                WHEN precedent.precedent_age_months > strength.old_after_months
                    THEN concat('the earlier payment is ', cast(precedent.precedent_age_months AS VARCHAR), ' months old')
            END,
            CASE
                WHEN precedent.takeback_amount > 0
                    THEN concat('of the earlier claim ', cast(precedent.takeback_amount AS VARCHAR), ' was taken back since')
            END,
            CASE WHEN precedent.is_replaced_since THEN 'we replaced the earlier claim since (frequency 7)' END
        ) AS counter_evidence
    FROM denied_service AS denied
    LEFT JOIN denied_line ON denied_line.item_id = denied.item_id
    LEFT JOIN precedent ON precedent.item_id = denied.item_id
    LEFT JOIN previous_denial ON previous_denial.item_id = denied.item_id
    LEFT JOIN precedent_strength AS strength ON strength.precedent_tier = precedent.precedent_tier
    WHERE denied.is_open
)
SELECT item_id, file_id, claim_segment_index, counter_evidence
FROM known
WHERE counter_evidence <> ''
