-- Grain: one payer, family of denials and step that was worked and has an outcome. Reads worked_step, outcome.
-- Why: how often a step succeeded here.
SELECT
    worked.payer_key,
    worked.family,
    worked.next_step,
    count(*) AS tried_count,
    count(*) FILTER (WHERE outcome.is_success) AS success_count
FROM worked_step AS worked
INNER JOIN outcome ON outcome.item_outcome = worked.item_outcome AND outcome.is_counted
GROUP BY worked.payer_key, worked.family, worked.next_step
