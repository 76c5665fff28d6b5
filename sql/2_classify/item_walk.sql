-- Grain: one event of an item, with the state it leads to. Reads item_event, item_state, transition, work_event.
-- Why: the state machine of mappings/transition.csv, walked from event to event. A new denial starts a round. An event that the
-- mappings do not know changes nothing.
WITH RECURSIVE walk AS (
    SELECT
        item_event.item_id,
        item_event.event_number,
        item_event.event_date,
        item_event.event,
        item_event.work_log_id,
        start.item_state,
        coalesce(transition.next_item_state, start.item_state) AS next_item_state,
        cast(1 AS BIGINT) AS round_number,
        cast(1 + coalesce(transition.appeal_levels, 0) AS BIGINT) AS appeal_level
    FROM item_event
    INNER JOIN item_state AS start ON start.is_start
    LEFT JOIN transition ON transition.item_state = start.item_state AND transition.event = item_event.event
    WHERE item_event.event_number = 1
    UNION ALL
    SELECT
        item_event.item_id,
        item_event.event_number,
        item_event.event_date,
        item_event.event,
        item_event.work_log_id,
        walk.next_item_state AS item_state,
        coalesce(transition.next_item_state, walk.next_item_state) AS next_item_state,
        cast(walk.round_number + CASE WHEN work_event.starts_round THEN 1 ELSE 0 END AS BIGINT) AS round_number,
        cast(walk.appeal_level + coalesce(transition.appeal_levels, 0) AS BIGINT) AS appeal_level
    FROM walk
    INNER JOIN item_event ON item_event.item_id = walk.item_id AND item_event.event_number = walk.event_number + 1
    LEFT JOIN transition ON transition.item_state = walk.next_item_state AND transition.event = item_event.event
    LEFT JOIN work_event ON work_event.event = item_event.event
)
SELECT item_id, event_number, event_date, event, work_log_id, item_state, next_item_state, round_number, appeal_level
FROM walk
