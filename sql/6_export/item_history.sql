-- Grain: one item and one night that changed what the worklist says of it. Reads item_history_before, denied_line, decision,
-- denied_payment, precedent, precedent_strength, worklist_excluded, item_outcome, outcome, item_denial, work_state,
-- run_parameter.
-- Why: the memory of the nights, and the one table that is carried from run to run. What the nights before tonight left is
-- compared with tonight; rows of tonight itself are made anew, so that a night that runs twice says the same twice.
WITH before AS (
    SELECT
        history.item_id, history.night_date, history.change, history.change_reason, history.item_place, history.item_outcome,
        history.next_step, history.deadline, history.denied_amount, history.paid_amount, history.family, history.payer_key,
        history.denial_date, history.file_id, history.segment_index, history.precedent_tier, history.entry_count,
        history.first_night_date, history.night_date < parameter.as_of_date AS is_earlier
    FROM item_history_before AS history
    CROSS JOIN run_parameter AS parameter
    WHERE history.night_date <> parameter.as_of_date
),
last_night AS (
    SELECT
        item_id, item_place, item_outcome, next_step, deadline, denied_amount, paid_amount, family, payer_key, denial_date,
        file_id, segment_index, precedent_tier, entry_count, first_night_date
    FROM before
    WHERE is_earlier
    QUALIFY row_number() OVER (PARTITION BY item_id ORDER BY night_date DESC) = 1
),
last_outcome AS (
    SELECT ended.item_id, ended.item_outcome, ended.recovered_amount
    FROM item_outcome AS ended
    QUALIFY row_number() OVER (PARTITION BY ended.item_id ORDER BY ended.denial_number DESC) = 1
),
last_denial AS (
    SELECT item_id, max(denial_number) AS denial_number
    FROM item_denial
    GROUP BY item_id
),
round_before AS (
    SELECT ended.item_id, ended.item_outcome
    FROM item_outcome AS ended
    INNER JOIN last_denial ON last_denial.item_id = ended.item_id AND last_denial.denial_number = ended.denial_number + 1
),
tonight AS (
    SELECT
        denied_line.item_id,
        CASE
            WHEN excluded.item_id IS NOT NULL THEN excluded.exclusion_reason
            ELSE coalesce(decision.item_status, 'open')
        END AS item_place,
        excluded.item_outcome,
        decision.next_step,
        decision.deadline,
        denied_line.denied_amount,
        denied_line.paid_amount,
        denied_line.family,
        denied_line.payer_key,
        payment.denial_date,
        denied_line.file_id,
        denied_line.segment_index,
        coalesce(strength.worklist_tier, 'none') AS precedent_tier,
        coalesce(work_state.entry_count, 0) AS entry_count
    FROM denied_line
    INNER JOIN decision ON decision.item_id = denied_line.item_id
    INNER JOIN denied_payment AS payment
        ON payment.file_id = denied_line.file_id AND payment.segment_index = denied_line.claim_segment_index
    LEFT JOIN worklist_excluded AS excluded ON excluded.item_id = denied_line.item_id
    LEFT JOIN precedent ON precedent.item_id = denied_line.item_id
    LEFT JOIN precedent_strength AS strength ON strength.precedent_tier = precedent.precedent_tier
    LEFT JOIN work_state ON work_state.item_id = denied_line.item_id
    UNION ALL
    SELECT
        last_night.item_id,
        'closed' AS item_place,
        coalesce(last_outcome.item_outcome, 'reversed') AS item_outcome,
        last_night.next_step,
        last_night.deadline,
        last_night.denied_amount,
        last_night.paid_amount,
        last_night.family,
        last_night.payer_key,
        last_night.denial_date,
        last_night.file_id,
        last_night.segment_index,
        last_night.precedent_tier,
        last_night.entry_count
    FROM last_night
    LEFT JOIN denied_line ON denied_line.item_id = last_night.item_id
    LEFT JOIN last_outcome ON last_outcome.item_id = last_night.item_id
    WHERE denied_line.item_id IS NULL
),
compared AS (
    SELECT
        tonight.item_id, tonight.item_place, tonight.item_outcome, tonight.next_step, tonight.deadline, tonight.denied_amount,
        tonight.paid_amount, tonight.family, tonight.payer_key, tonight.denial_date, tonight.file_id, tonight.segment_index,
        tonight.precedent_tier, tonight.entry_count,
        last_night.first_night_date,
        last_night.item_place AS place_before,
        last_night.next_step AS step_before,
        last_night.deadline AS deadline_before,
        last_night.denied_amount AS denied_before,
        last_night.precedent_tier AS tier_before,
        CASE
            WHEN last_night.item_id IS NULL THEN 'new'
            WHEN tonight.item_place = 'closed' AND last_night.item_place <> 'closed' THEN 'closed'
            WHEN tonight.item_place <> 'closed' AND last_night.item_place = 'closed' THEN 'reopened'
            ELSE 'changed'
        END AS change,
        tonight.file_id <> last_night.file_id OR tonight.segment_index <> last_night.segment_index AS is_new_denial,
        tonight.entry_count > last_night.entry_count AS is_logged
    FROM tonight
    LEFT JOIN last_night ON last_night.item_id = tonight.item_id
    WHERE last_night.item_id IS NULL
        OR tonight.item_place <> last_night.item_place
        OR coalesce(tonight.item_outcome, '') <> coalesce(last_night.item_outcome, '')
        OR coalesce(tonight.next_step, '') <> coalesce(last_night.next_step, '')
        OR coalesce(tonight.deadline, DATE '1900-01-01') <> coalesce(last_night.deadline, DATE '1900-01-01')
        OR tonight.denied_amount <> last_night.denied_amount
        OR tonight.file_id <> last_night.file_id
        OR tonight.segment_index <> last_night.segment_index
        OR tonight.entry_count <> last_night.entry_count
),
worded AS (
    SELECT
        compared.item_id,
        concat_ws(
            '; ',
            CASE
                WHEN compared.change = 'new'
                    THEN concat('denied on ', coalesce(cast(compared.denial_date AS VARCHAR), 'an unknown day'))
            END,
            CASE WHEN compared.item_place = 'closed' THEN outcome.wording END,
            CASE
                WHEN compared.is_new_denial AND compared.item_place <> 'closed'
                    THEN concat(
                        coalesce(round_outcome.wording, 'denied again'), ' on ',
                        coalesce(cast(compared.denial_date AS VARCHAR), 'an unknown day')
                    )
            END,
            CASE WHEN compared.is_logged THEN concat('logged: ', coalesce(work_state.last_action, 'an entry')) END,
            CASE
                WHEN compared.tier_before <> compared.precedent_tier
                    THEN concat('earlier payment: ', compared.tier_before, ' to ', compared.precedent_tier)
            END,
            CASE
                WHEN compared.change <> 'new' AND compared.item_place <> 'closed'
                    AND coalesce(compared.deadline, DATE '1900-01-01') <> coalesce(compared.deadline_before, DATE '1900-01-01')
                    THEN concat(
                        'limit ', coalesce(cast(compared.deadline_before AS VARCHAR), 'unknown'), ' to ',
                        coalesce(cast(compared.deadline AS VARCHAR), 'unknown')
                    )
            END,
            CASE
                WHEN compared.deadline_before < parameter.as_of_date AND compared.step_before <> compared.next_step
                    AND decision.deadline_state = 'passed'
                    THEN concat('the limit passed on ', cast(compared.deadline_before AS VARCHAR))
            END,
            CASE
                WHEN compared.step_before <> compared.next_step
                    THEN concat(compared.step_before, ' to ', compared.next_step, ' by rule ', decision.next_step_rule_id)
            END,
            CASE
                WHEN compared.denied_before <> compared.denied_amount
                    THEN concat(
                        'denied ', cast(compared.denied_before AS VARCHAR), ' to ', cast(compared.denied_amount AS VARCHAR)
                    )
            END,
            CASE
                WHEN compared.place_before <> compared.item_place AND compared.item_place <> 'closed'
                    THEN concat(compared.place_before, ' to ', compared.item_place)
            END
        ) AS change_reason
    FROM compared
    CROSS JOIN run_parameter AS parameter
    LEFT JOIN outcome ON outcome.item_outcome = compared.item_outcome
    LEFT JOIN round_before ON round_before.item_id = compared.item_id
    LEFT JOIN outcome AS round_outcome ON round_outcome.item_outcome = round_before.item_outcome
    LEFT JOIN decision ON decision.item_id = compared.item_id
    LEFT JOIN work_state ON work_state.item_id = compared.item_id
)
SELECT
    item_id, night_date, change, change_reason, item_place, item_outcome, next_step, deadline, denied_amount, paid_amount, family,
    payer_key, denial_date, file_id, segment_index, precedent_tier, entry_count, first_night_date
FROM before
UNION ALL
SELECT
    compared.item_id,
    parameter.as_of_date AS night_date,
    compared.change,
    coalesce(nullif(worded.change_reason, ''), 'rules or facts changed') AS change_reason,
    compared.item_place,
    compared.item_outcome,
    compared.next_step,
    compared.deadline,
    compared.denied_amount,
    compared.paid_amount,
    compared.family,
    compared.payer_key,
    compared.denial_date,
    compared.file_id,
    compared.segment_index,
    compared.precedent_tier,
    compared.entry_count,
    coalesce(compared.first_night_date, parameter.as_of_date) AS first_night_date
FROM compared
INNER JOIN worded ON worded.item_id = compared.item_id
CROSS JOIN run_parameter AS parameter
