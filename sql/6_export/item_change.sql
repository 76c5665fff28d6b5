-- Grain: one item of which tonight says something else than the night before. Reads item_before, open_item, closed_item, decision,
-- precedent, precedent_strength, worklist_excluded, item_outcome, outcome, run_parameter.
-- Why: what tonight adds to the memory of the nights. What is closed is said with the step and the limit that it had last. An
-- item that was there and is neither open nor closed now is gone: its last denial does not stand any more.
WITH gone AS (
    SELECT
        item_before.item_id, item_before.denied_amount, item_before.paid_amount, item_before.family, item_before.payer_key,
        item_before.denial_date, item_before.file_id, item_before.segment_index, item_before.entry_count
    FROM item_before
    LEFT JOIN open_item ON open_item.item_id = item_before.item_id
    LEFT JOIN closed_item ON closed_item.item_id = item_before.item_id
    WHERE open_item.item_id IS NULL AND closed_item.item_id IS NULL
),
gone_outcome AS (
    SELECT ended.item_id, max_by(ended.item_outcome, ended.denial_number) AS item_outcome
    FROM gone
    INNER JOIN item_outcome AS ended ON ended.item_id = gone.item_id
    GROUP BY ended.item_id
),
-- What is closed has the step, the limit and the precedent that it had last: `compared` takes them from the night before.
tonight AS (
    SELECT
        open_item.item_id,
        coalesce(excluded.exclusion_reason, decision.item_status) AS item_place,
        cast(NULL AS VARCHAR) AS item_outcome,
        decision.next_step,
        decision.deadline,
        open_item.denied_amount,
        open_item.paid_amount,
        open_item.family,
        open_item.payer_key,
        open_item.denial_date,
        open_item.file_id,
        open_item.segment_index,
        coalesce(strength.worklist_tier, 'none') AS precedent_tier,
        open_item.entry_count,
        open_item.last_action
    FROM open_item
    INNER JOIN decision ON decision.item_id = open_item.item_id
    LEFT JOIN worklist_excluded AS excluded ON excluded.item_id = open_item.item_id
    LEFT JOIN precedent ON precedent.item_id = open_item.item_id
    LEFT JOIN precedent_strength AS strength ON strength.precedent_tier = precedent.precedent_tier
    UNION ALL
    SELECT
        item_id,
        'closed' AS item_place,
        item_outcome,
        cast(NULL AS VARCHAR) AS next_step,
        cast(NULL AS DATE) AS deadline,
        denied_amount,
        paid_amount,
        family,
        payer_key,
        denial_date,
        file_id,
        segment_index,
        cast(NULL AS VARCHAR) AS precedent_tier,
        entry_count,
        last_action
    FROM closed_item
    UNION ALL
    SELECT
        gone.item_id,
        'closed' AS item_place,
        coalesce(gone_outcome.item_outcome, 'reversed') AS item_outcome,
        cast(NULL AS VARCHAR) AS next_step,
        cast(NULL AS DATE) AS deadline,
        gone.denied_amount,
        gone.paid_amount,
        gone.family,
        gone.payer_key,
        gone.denial_date,
        gone.file_id,
        gone.segment_index,
        cast(NULL AS VARCHAR) AS precedent_tier,
        gone.entry_count,
        cast(NULL AS VARCHAR) AS last_action
    FROM gone
    LEFT JOIN gone_outcome ON gone_outcome.item_id = gone.item_id
),
compared AS (
    SELECT
        tonight.item_id,
        tonight.item_place,
        tonight.item_outcome,
        CASE WHEN tonight.item_place = 'closed' THEN item_before.next_step ELSE tonight.next_step END AS next_step,
        CASE WHEN tonight.item_place = 'closed' THEN item_before.deadline ELSE tonight.deadline END AS deadline,
        tonight.denied_amount,
        tonight.paid_amount,
        tonight.family,
        tonight.payer_key,
        tonight.denial_date,
        tonight.file_id,
        tonight.segment_index,
        CASE
            WHEN tonight.item_place = 'closed' THEN coalesce(item_before.precedent_tier, 'none') ELSE tonight.precedent_tier
        END AS precedent_tier,
        tonight.entry_count,
        tonight.last_action,
        item_before.first_night_date,
        item_before.item_place AS place_before,
        item_before.next_step AS step_before,
        item_before.deadline AS deadline_before,
        item_before.denied_amount AS denied_before,
        item_before.precedent_tier AS tier_before,
        CASE
            WHEN item_before.item_id IS NULL THEN 'new'
            WHEN tonight.item_place = 'closed' AND item_before.item_place <> 'closed' THEN 'closed'
            WHEN tonight.item_place <> 'closed' AND item_before.item_place = 'closed' THEN 'reopened'
            ELSE 'changed'
        END AS change,
        tonight.file_id <> item_before.file_id OR tonight.segment_index <> item_before.segment_index AS is_new_denial,
        tonight.entry_count > item_before.entry_count AS is_logged
    FROM tonight
    LEFT JOIN item_before ON item_before.item_id = tonight.item_id
    WHERE item_before.item_id IS NULL
        OR tonight.item_place <> item_before.item_place
        OR coalesce(tonight.item_outcome, '') <> coalesce(item_before.item_outcome, '')
        OR tonight.item_place <> 'closed' AND (
            coalesce(tonight.next_step, '') <> coalesce(item_before.next_step, '')
            OR coalesce(tonight.deadline, DATE '1900-01-01') <> coalesce(item_before.deadline, DATE '1900-01-01')
        )
        OR tonight.denied_amount <> item_before.denied_amount
        OR tonight.file_id <> item_before.file_id
        OR tonight.segment_index <> item_before.segment_index
        OR tonight.entry_count <> item_before.entry_count
),
last_outcome AS (
    SELECT ended.item_id, max_by(ended.item_outcome, ended.denial_number) AS item_outcome
    FROM compared
    INNER JOIN item_outcome AS ended ON ended.item_id = compared.item_id
    GROUP BY ended.item_id
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
            CASE WHEN compared.is_logged THEN concat('logged: ', coalesce(compared.last_action, 'an entry')) END,
            CASE
                WHEN compared.tier_before <> compared.precedent_tier
                    THEN concat('earlier payment: ', compared.tier_before, ' to ', compared.precedent_tier)
            END,
            CASE
                WHEN compared.change <> 'new' AND compared.item_place <> 'closed'
                    AND (compared.place_before <> 'closed' OR compared.deadline_before IS NOT NULL)
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
    LEFT JOIN last_outcome ON last_outcome.item_id = compared.item_id
    LEFT JOIN outcome AS round_outcome ON round_outcome.item_outcome = last_outcome.item_outcome
    LEFT JOIN decision ON decision.item_id = compared.item_id
)
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
