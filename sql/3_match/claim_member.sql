-- Grain: one claim payment that stands. Reads claim_name, member_alias, file_number.
-- Why: who the patient is, known before anything is matched: by this the history that a denied line can rest on is found.
-- person_name_key finds the patient at another payer, where the member id is another one.
SELECT
    named.file_id,
    named.segment_index,
    file_number.file_number * 4294967296 + named.segment_index AS payment_key,
    named.payer_key,
    coalesce(member_alias.corrected_key, named.uncorrected_member_key) AS member_key,
    named.last_name_key,
    named.first_name_key,
    named.person_name_key,
    named.has_lines
FROM claim_name AS named
INNER JOIN file_number ON file_number.file_id = named.file_id
LEFT JOIN member_alias
    ON member_alias.payer_key = named.payer_key
    AND member_alias.last_name_key = named.last_name_key
    AND member_alias.alias_key = named.uncorrected_member_key
