-- Grain: one patient, by member id at a payer or by name, and one procedure of a denied line that is open (empty: any, where the
-- payer denied a whole claim). Reads denied_patient, open_item, member_alias.
-- Why: only the history of these can be a precedent that somebody will use. Made of all open items every night: a patient who becomes
-- wanted, or is wanted no more, is matched anew.
WITH denied AS (
    SELECT
        patient.payer_key,
        coalesce(member_alias.corrected_key, patient.uncorrected_member_key) AS member_key,
        patient.person_name_key,
        patient.billed_procedure_code
    FROM denied_patient AS patient
    INNER JOIN open_item ON open_item.item_id = patient.item_id
    LEFT JOIN member_alias
        ON member_alias.payer_key = patient.payer_key
        AND member_alias.last_name_key = patient.last_name_key
        AND member_alias.alias_key = patient.uncorrected_member_key
)
SELECT DISTINCT payer_key, member_key AS patient_key, billed_procedure_code
FROM denied
WHERE member_key IS NOT NULL
UNION
SELECT DISTINCT '' AS payer_key, person_name_key AS patient_key, billed_procedure_code
FROM denied
WHERE person_name_key IS NOT NULL
