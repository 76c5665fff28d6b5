-- Grain: one denied line that is worked: neither closed nor set aside as a small balance. Reads denied_line, decision,
-- expected_recovery, work_state, urgency_tier, run_parameter.
-- Why: a total order: what runs out first, then what is worth most, then the denied amount; equal ones by item_id.
WITH worked AS (
    SELECT
        denied_line.item_id,
        denied_line.denied_amount,
        expected.expected_recovery_amount,
        urgency.urgency_tier,
        urgency.wording AS urgency
    FROM denied_line
    INNER JOIN decision ON decision.item_id = denied_line.item_id
    INNER JOIN expected_recovery AS expected ON expected.item_id = denied_line.item_id
    CROSS JOIN run_parameter AS parameter
    LEFT JOIN work_state ON work_state.item_id = denied_line.item_id
    INNER JOIN urgency_tier AS urgency
        ON urgency.for_no_deadline = (decision.days_left IS NULL)
        AND (urgency.from_days IS NULL OR decision.days_left >= urgency.from_days)
        AND (urgency.to_days IS NULL OR decision.days_left <= urgency.to_days)
    WHERE coalesce(work_state.item_status, 'open') <> 'closed'
        AND denied_line.denied_amount >= parameter.minimum_balance_amount
        AND denied_line.denied_amount > 0
)
SELECT
    item_id,
    urgency_tier,
    urgency,
    row_number() OVER (
        ORDER BY urgency_tier, expected_recovery_amount DESC, denied_amount DESC, item_id
    ) AS rank
FROM worked
