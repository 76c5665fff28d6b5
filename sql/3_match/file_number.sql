-- Grain: one file that holds a claim payment that stands, a submitted claim or paid history. Reads claim_payment_current,
-- submitted_claim, paid_history.
-- Why: a file id and a segment make one whole number (file_number * 2^32 + segment): the keys of this stage are narrow, and a
-- join of many tables cannot fall back to the file alone, the part of the key that all tables share.
WITH file AS (
    SELECT file_id FROM claim_payment_current
    UNION
    SELECT file_id FROM submitted_claim
    UNION
    SELECT file_id FROM paid_history
)
SELECT file_id, cast(row_number() OVER (ORDER BY file_id) AS BIGINT) AS file_number
FROM file
