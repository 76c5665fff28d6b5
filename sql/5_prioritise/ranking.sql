-- Grain: one open item that is worked: not set aside as a small balance. Reads open_item, decision, expected_recovery,
-- urgency_tier, run_parameter.
-- Why: a total order: the expected recovery, weighted by how near the limit is, then urgency, the denied amount and item_id.
-- Urgency alone would send a team with less time than work after small sums that run out, while large ones grow old: what is worth
-- more gains nothing by waiting, so the weights stay near one (bench/rank.py: 2, 1.5 and 1.2 recovered 2% less). What waits
-- for an answer stands back, unless a limit runs out meanwhile. An answer that is due and has no other limit is due today, and so is
-- the question for a limit that is doubtful.
WITH placed AS (
    SELECT
        open_item.item_id,
        open_item.denied_amount,
        expected.expected_recovery_amount,
        decision.item_status,
        coalesce(
            CASE WHEN decision.deadline_state = 'doubtful' THEN 0 ELSE decision.days_left END,
            CASE WHEN decision.follow_up_date <= parameter.as_of_date THEN 0 END
        ) AS urgency_days
    FROM open_item
    INNER JOIN decision ON decision.item_id = open_item.item_id
    INNER JOIN expected_recovery AS expected ON expected.item_id = open_item.item_id
    CROSS JOIN run_parameter AS parameter
    WHERE open_item.denied_amount >= parameter.minimum_balance_amount AND open_item.denied_amount > 0
),
worked AS (
    SELECT
        placed.item_id,
        placed.denied_amount,
        placed.expected_recovery_amount,
        coalesce(waiting.urgency_tier, urgency.urgency_tier) AS urgency_tier,
        coalesce(waiting.wording, urgency.wording) AS urgency,
        coalesce(waiting.urgency_weight, urgency.urgency_weight) AS urgency_weight,
        cast(
            placed.expected_recovery_amount * coalesce(waiting.urgency_weight, urgency.urgency_weight) AS DECIMAL(18, 2)
        ) AS priority_amount
    FROM placed
    INNER JOIN urgency_tier AS urgency
        ON NOT urgency.for_waiting
        AND urgency.for_no_deadline = (placed.urgency_days IS NULL)
        AND (urgency.from_days IS NULL OR placed.urgency_days >= urgency.from_days)
        AND (urgency.to_days IS NULL OR placed.urgency_days <= urgency.to_days)
    LEFT JOIN urgency_tier AS waiting
        ON waiting.for_waiting AND placed.item_status = 'waiting' AND NOT urgency.outranks_waiting
)
SELECT
    item_id,
    urgency_tier,
    urgency,
    urgency_weight,
    priority_amount,
    row_number() OVER (
        ORDER BY priority_amount DESC, urgency_tier, denied_amount DESC, item_id
    ) AS rank
FROM worked
