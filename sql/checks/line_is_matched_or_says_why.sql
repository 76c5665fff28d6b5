-- Grain: a wanted line that is neither matched nor named as unmatched, or both. Reads wanted_line, line_match, line_unmatched.
SELECT line.file_id, line.segment_index
FROM wanted_line AS line
LEFT JOIN line_match ON line_match.file_id = line.file_id AND line_match.segment_index = line.segment_index
LEFT JOIN line_unmatched ON line_unmatched.file_id = line.file_id AND line_unmatched.segment_index = line.segment_index
WHERE (line_match.file_id IS NULL) = (line_unmatched.file_id IS NULL)
