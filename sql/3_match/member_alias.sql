-- Grain: one member id of a payer and last name that the payer corrected (NM1*74). Reads claim_name.
-- Why: a corrected id counts as the one it was corrected to, also on the claims that were paid under the wrong one. It may
-- have been corrected again: two steps are followed. Small, and made of all claims every night: whose id was corrected, his
-- evidence is looked for anew.
WITH latest AS (
    SELECT
        payer_key,
        last_name_key,
        insured_key AS alias_key,
        max_by(corrected_key, concat_ws('|', coalesce(cast(payment_date AS VARCHAR), ''), corrected_key)) AS corrected_key
    FROM claim_name
    WHERE corrected_key IS NOT NULL AND insured_key IS NOT NULL AND corrected_key <> insured_key
    GROUP BY payer_key, last_name_key, insured_key
)
SELECT
    once.payer_key,
    once.last_name_key,
    once.alias_key,
    coalesce(again.corrected_key, once.corrected_key) AS corrected_key
FROM latest AS once
LEFT JOIN latest AS again
    ON again.payer_key = once.payer_key
    AND again.last_name_key = once.last_name_key
    AND again.alias_key = once.corrected_key
