-- Grain: one file that holds a claim payment that stands, or a submitted claim. Reads claim_name, submitted_name.
-- Why: a file id and a segment make one whole number (file_number * 2^32 + segment): the keys of this stage are narrow, and a
-- join of many tables cannot fall back to the file alone, the part of the key that all tables share. The numbers are those of
-- one night, so nothing that is kept holds them; their order is that of the file ids on every night.
WITH file AS (
    SELECT file_id FROM claim_name
    UNION
    SELECT file_id FROM submitted_name
)
SELECT file_id, cast(row_number() OVER (ORDER BY file_id) AS BIGINT) AS file_number
FROM file
