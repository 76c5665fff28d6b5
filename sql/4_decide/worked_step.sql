-- Grain: one step that was worked in a round of an item. Reads item_walk, work_event, item_denial, item_outcome.
-- Why: what success is counted from, and whether a denial was worked at all. Every step that was worked in a round shares the
-- round's outcome: a coding review that led to an appeal that was won is a success of both. A round that a letter ended is a
-- failure of its steps.
WITH walked AS (
    SELECT
        walk.item_id,
        walk.round_number,
        work_event.next_step,
        max(CASE WHEN work_event.starts_round AND walk.work_log_id IS NOT NULL THEN 1 ELSE 0 END)
            OVER (PARTITION BY walk.item_id, walk.round_number) = 1 AS is_begun_by_letter,
        count(*) FILTER (WHERE walk.event = 'denied') OVER (PARTITION BY walk.item_id ORDER BY walk.event_number) AS denial_number
    FROM item_walk AS walk
    INNER JOIN work_event ON work_event.event = walk.event
),
round AS (
    SELECT DISTINCT item_id, round_number, is_begun_by_letter
    FROM walked
),
tried AS (
    SELECT DISTINCT item_id, round_number, denial_number, next_step
    FROM walked
    WHERE next_step IS NOT NULL
)
SELECT
    tried.item_id,
    tried.round_number,
    tried.denial_number,
    tried.next_step,
    item_denial.file_id,
    item_denial.claim_segment_index,
    item_denial.payer_key,
    item_denial.family,
    CASE
        WHEN coalesce(next_round.is_begun_by_letter, FALSE) THEN 'denied_again'
        ELSE ended.item_outcome
    END AS item_outcome
FROM tried
INNER JOIN item_denial
    ON item_denial.item_id = tried.item_id AND item_denial.denial_number = tried.denial_number
LEFT JOIN round AS next_round
    ON next_round.item_id = tried.item_id AND next_round.round_number = tried.round_number + 1
LEFT JOIN item_outcome AS ended
    ON ended.item_id = tried.item_id AND ended.denial_number = tried.denial_number
