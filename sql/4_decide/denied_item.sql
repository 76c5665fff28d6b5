-- Grain: one item that was ever denied. Reads item_denial, item_outcome, work_state, claim_payment_event.
-- Why: how denials begin and end, for those who count them by month: the first denial of an item, its claim's charge where the
-- claim was not denied before, its first appeal, and what became of its last denial. All denials are counted every night, so this
-- is narrow, and found once for each claim.
WITH first_denial AS (
    SELECT item_id, file_id, segment_index, claim_segment_index, denial_date, denied_amount
    FROM item_denial
    WHERE denial_number = 1
),
last_denial AS (
    SELECT item_id, max(denial_number) AS denial_number
    FROM item_denial
    GROUP BY item_id
),
charged AS (
    SELECT
        first_denial.item_id,
        event.charge_amount,
        row_number() OVER (
            PARTITION BY event.claim_key
            ORDER BY first_denial.denial_date, event.file_id, event.segment_index, first_denial.segment_index, first_denial.item_id
        ) AS place
    FROM first_denial
    INNER JOIN claim_payment_event AS event
        ON event.file_id = first_denial.file_id AND event.segment_index = first_denial.claim_segment_index
    WHERE first_denial.denial_date IS NOT NULL
)
SELECT
    first_denial.item_id,
    first_denial.file_id,
    first_denial.segment_index,
    first_denial.claim_segment_index,
    first_denial.denial_date,
    first_denial.denied_amount,
    charged.item_id IS NOT NULL AS is_first_of_claim,
    charged.charge_amount,
    work_state.first_appeal_date,
    ended.item_outcome,
    ended.outcome_date,
    ended.denied_amount AS last_denied_amount
FROM first_denial
INNER JOIN last_denial ON last_denial.item_id = first_denial.item_id
LEFT JOIN charged ON charged.item_id = first_denial.item_id AND charged.place = 1
LEFT JOIN work_state ON work_state.item_id = first_denial.item_id
LEFT JOIN item_outcome AS ended
    ON ended.item_id = first_denial.item_id AND ended.denial_number = last_denial.denial_number
