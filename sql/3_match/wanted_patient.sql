-- Grain: one patient, by member id at a payer or by name, and one procedure that was denied (empty: any, where the payer denied
-- a whole claim). Reads denied_line, service_line_current, claim_member.
-- Why: only the history of these can be a precedent.
WITH denied AS (
    SELECT
        member.payer_key,
        member.member_key,
        member.person_name_key,
        coalesce(upper(line.billed_procedure_code), '') AS billed_procedure_code
    FROM denied_line
    LEFT JOIN claim_member AS member
        ON member.file_id = denied_line.file_id AND member.segment_index = denied_line.claim_segment_index
    LEFT JOIN service_line_current AS line
        ON line.file_id = denied_line.file_id AND line.segment_index = denied_line.line_segment_index
)
SELECT DISTINCT payer_key, member_key AS patient_key, billed_procedure_code
FROM denied
WHERE member_key IS NOT NULL
UNION
SELECT DISTINCT '' AS payer_key, person_name_key AS patient_key, billed_procedure_code
FROM denied
WHERE person_name_key IS NOT NULL
