-- Grain: one adjustment that was left out without a reason. Reads classified_adjustment.
-- Why: what does not count says why.
SELECT file_id, segment_index, triplet_number
FROM classified_adjustment
WHERE outcome = 'excluded' AND exclusion_reason IS NULL
