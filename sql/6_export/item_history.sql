-- Grain: one item and one night that changed what the worklist says of it. Reads item_history_before, item_change,
-- run_parameter.
-- Why: the memory of the nights, and the one table that is carried from run to run. Rows of tonight itself are made anew, so that
-- a night that runs twice says the same twice.
SELECT
    before.item_id, before.night_date, before.change, before.change_reason, before.item_place, before.item_outcome, before.next_step,
    before.deadline, before.denied_amount, before.paid_amount, before.family, before.payer_key, before.denial_date, before.file_id,
    before.segment_index, before.precedent_tier, before.entry_count, before.first_night_date
FROM item_history_before AS before
CROSS JOIN run_parameter AS parameter
WHERE before.night_date <> parameter.as_of_date
UNION ALL
SELECT
    item_id, night_date, change, change_reason, item_place, item_outcome, next_step, deadline, denied_amount, paid_amount, family,
    payer_key, denial_date, file_id, segment_index, precedent_tier, entry_count, first_night_date
FROM item_change
