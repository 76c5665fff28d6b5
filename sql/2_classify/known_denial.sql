-- Grain: one denial as a night before tonight said it. Reads item_history_before, run_parameter.
-- Why: a denial that was reversed does not stand in the ledger any more: it is known from the nights on which it was on the
-- worklist. What a night said of a denial that has ended is left aside.
SELECT
    before.item_id,
    before.file_id,
    before.segment_index,
    before.night_date,
    before.denial_date,
    before.payer_key,
    before.family,
    before.denied_amount,
    before.paid_amount
FROM item_history_before AS before
CROSS JOIN run_parameter AS parameter
WHERE before.night_date < parameter.as_of_date AND before.item_outcome IS NULL
