-- Grain: one open item whose payer decided on the same procedure and primary diagnosis for other patients. Reads open_item,
-- denied_service, decided_pair, member_alias.
-- Why: a second kind of evidence, for an appeal and not for the call: counts and a rate, never a name. What was paid is counted
-- for the pairs of procedure and diagnosis that open items have; what the payer corrected a member id to counts as that member.
WITH wanted AS (
    SELECT denied.item_id, denied.payer_key, denied.billed_procedure_code, denied.primary_diagnosis_code, denied.member_key
    FROM denied_service AS denied
    INNER JOIN open_item ON open_item.item_id = denied.item_id
    WHERE denied.primary_diagnosis_code IS NOT NULL AND denied.billed_procedure_code IS NOT NULL
),
-- A number stands for the three texts: all that is counted below is counted by it.
pair AS (
    SELECT
        payer_key, billed_procedure_code, primary_diagnosis_code,
        row_number() OVER (ORDER BY payer_key, billed_procedure_code, primary_diagnosis_code) AS pair_number
    FROM wanted
    GROUP BY payer_key, billed_procedure_code, primary_diagnosis_code
),
paid AS (
    SELECT
        pair.pair_number, coalesce(member_alias.corrected_key, decided.uncorrected_member_key) AS member_key, count(*) AS paid_count
    FROM decided_pair AS decided
    INNER JOIN pair
        ON pair.payer_key = decided.payer_key
        AND pair.billed_procedure_code = decided.billed_procedure_code
        AND pair.primary_diagnosis_code = decided.primary_diagnosis_code
    LEFT JOIN member_alias
        ON member_alias.payer_key = decided.payer_key
        AND member_alias.last_name_key = decided.last_name_key
        AND member_alias.alias_key = decided.uncorrected_member_key
    GROUP BY pair.pair_number, coalesce(member_alias.corrected_key, decided.uncorrected_member_key)
),
denied AS (
    SELECT pair.pair_number, service.member_key, count(*) AS denied_count
    FROM denied_service AS service
    INNER JOIN pair
        ON pair.payer_key = service.payer_key
        AND pair.billed_procedure_code = service.billed_procedure_code
        AND pair.primary_diagnosis_code = service.primary_diagnosis_code
    WHERE service.member_key IS NOT NULL
    GROUP BY pair.pair_number, service.member_key
),
pair_paid AS (
    SELECT pair_number, cast(sum(paid_count) AS BIGINT) AS paid_count, count(*) AS patient_count
    FROM paid
    GROUP BY pair_number
),
pair_denied AS (
    SELECT pair_number, cast(sum(denied_count) AS BIGINT) AS denied_count
    FROM denied
    GROUP BY pair_number
),
numbered AS (
    SELECT wanted.item_id, pair.pair_number, wanted.member_key
    FROM wanted
    INNER JOIN pair
        ON pair.payer_key = wanted.payer_key
        AND pair.billed_procedure_code = wanted.billed_procedure_code
        AND pair.primary_diagnosis_code = wanted.primary_diagnosis_code
),
own_paid AS (
    SELECT numbered.item_id, paid.paid_count
    FROM paid
    INNER JOIN numbered ON numbered.pair_number = paid.pair_number AND numbered.member_key = paid.member_key
),
own_denied AS (
    SELECT numbered.item_id, denied.denied_count
    FROM denied
    INNER JOIN numbered ON numbered.pair_number = denied.pair_number AND numbered.member_key = denied.member_key
),
others AS (
    SELECT
        numbered.item_id,
        coalesce(pair_paid.paid_count, 0) - coalesce(own_paid.paid_count, 0) AS other_patient_paid_count,
        coalesce(pair_denied.denied_count, 0) - coalesce(own_denied.denied_count, 0) AS other_patient_denied_count,
        coalesce(pair_paid.patient_count, 0) - CASE WHEN own_paid.item_id IS NOT NULL THEN 1 ELSE 0 END AS other_patient_count
    FROM numbered
    LEFT JOIN pair_paid ON pair_paid.pair_number = numbered.pair_number
    LEFT JOIN pair_denied ON pair_denied.pair_number = numbered.pair_number
    LEFT JOIN own_paid ON own_paid.item_id = numbered.item_id
    LEFT JOIN own_denied ON own_denied.item_id = numbered.item_id
)
SELECT
    item_id,
    other_patient_count,
    other_patient_paid_count,
    other_patient_denied_count,
    (other_patient_paid_count * 100) // (other_patient_paid_count + other_patient_denied_count) AS other_patient_paid_percent
FROM others
WHERE other_patient_paid_count + other_patient_denied_count > 0
