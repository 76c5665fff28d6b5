-- Grain: one wanted line that has exactly one submitted line that it can answer. Reads matched_line, wanted_line,
-- submitted_service.
-- Why: matched_line by the names that last: file and segment.
SELECT
    line.file_id,
    line.segment_index,
    line.claim_segment_index,
    submitted.file_id AS submitted_file_id,
    submitted.segment_index AS submitted_segment_index,
    submitted.claim_segment_index AS submitted_claim_segment_index,
    matched_line.match_method,
    matched_line.match_confidence,
    matched_line.candidate_count
FROM matched_line
INNER JOIN wanted_line AS line ON line.line_key = matched_line.line_key
INNER JOIN submitted_service AS submitted ON submitted.submitted_line_key = matched_line.submitted_line_key
