-- Grain: one denied line, or one claim denied at claim level. Reads denied_line, claim_name, service_line_current.
-- Why: whose history with which procedure can hold a precedent. Made once and kept: the night asks it of all open denials.
SELECT
    denied_line.item_id,
    denied_line.file_id,
    denied_line.claim_segment_index,
    named.payer_key,
    named.uncorrected_member_key,
    named.last_name_key,
    named.person_name_key,
    coalesce(upper(line.billed_procedure_code), '') AS billed_procedure_code
FROM denied_line
INNER JOIN claim_name AS named
    ON named.file_id = denied_line.file_id AND named.segment_index = denied_line.claim_segment_index
LEFT JOIN service_line_current AS line
    ON line.file_id = denied_line.file_id AND line.segment_index = denied_line.line_segment_index
