-- Grain: one item that a night before tonight spoke of, as the last of those nights left it. Reads item_history_before,
-- run_parameter.
-- Why: what tonight is compared with, and since when an item is there.
WITH last_night AS (
    SELECT
        history.item_id,
        max(history.night_date) AS night_date,
        min(history.first_night_date) AS first_night_date
    FROM item_history_before AS history
    CROSS JOIN run_parameter AS parameter
    WHERE history.night_date < parameter.as_of_date
    GROUP BY history.item_id
)
SELECT
    history.item_id, history.night_date, history.item_place, history.item_outcome, history.next_step, history.deadline,
    history.denied_amount, history.paid_amount, history.family, history.payer_key, history.denial_date, history.file_id,
    history.segment_index, history.precedent_tier, history.entry_count, last_night.first_night_date
FROM item_history_before AS history
INNER JOIN last_night ON last_night.item_id = history.item_id AND last_night.night_date = history.night_date
