-- Grain: one denied line whose payer decided on the same procedure and primary diagnosis for other patients. Reads
-- denied_service, decided_pair, member_alias.
-- Why: a second kind of evidence, for an appeal and not for the call: counts and a rate, never a name. What was paid is counted
-- for the pairs of procedure and diagnosis that were denied; what the payer corrected a member id to counts as that member.
WITH pair AS (
    SELECT DISTINCT payer_key, billed_procedure_code, primary_diagnosis_code
    FROM denied_service
    WHERE primary_diagnosis_code IS NOT NULL AND billed_procedure_code IS NOT NULL
),
paid AS (
    SELECT
        decided.payer_key, decided.billed_procedure_code, decided.primary_diagnosis_code, decided.uncorrected_member_key,
        decided.last_name_key, count(*) AS paid_count
    FROM decided_pair AS decided
    INNER JOIN pair
        ON pair.payer_key = decided.payer_key
        AND pair.billed_procedure_code = decided.billed_procedure_code
        AND pair.primary_diagnosis_code = decided.primary_diagnosis_code
    GROUP BY
        decided.payer_key, decided.billed_procedure_code, decided.primary_diagnosis_code, decided.uncorrected_member_key,
        decided.last_name_key
),
decided AS (
    SELECT
        paid.payer_key, paid.billed_procedure_code, paid.primary_diagnosis_code,
        coalesce(member_alias.corrected_key, paid.uncorrected_member_key) AS member_key,
        paid.paid_count, cast(0 AS BIGINT) AS denied_count
    FROM paid
    LEFT JOIN member_alias
        ON member_alias.payer_key = paid.payer_key
        AND member_alias.last_name_key = paid.last_name_key
        AND member_alias.alias_key = paid.uncorrected_member_key
    UNION ALL
    SELECT
        payer_key, billed_procedure_code, primary_diagnosis_code, member_key,
        cast(0 AS BIGINT) AS paid_count, count(*) AS denied_count
    FROM denied_service
    WHERE primary_diagnosis_code IS NOT NULL AND member_key IS NOT NULL
    GROUP BY payer_key, billed_procedure_code, primary_diagnosis_code, member_key
),
by_patient AS (
    SELECT payer_key, billed_procedure_code, primary_diagnosis_code, member_key,
        cast(sum(paid_count) AS BIGINT) AS paid_count, cast(sum(denied_count) AS BIGINT) AS denied_count
    FROM decided
    GROUP BY payer_key, billed_procedure_code, primary_diagnosis_code, member_key
),
by_pair AS (
    SELECT payer_key, billed_procedure_code, primary_diagnosis_code,
        cast(sum(paid_count) AS BIGINT) AS paid_count,
        cast(sum(denied_count) AS BIGINT) AS denied_count,
        count(*) FILTER (WHERE paid_count > 0) AS paid_patient_count
    FROM by_patient
    GROUP BY payer_key, billed_procedure_code, primary_diagnosis_code
),
others AS (
    SELECT
        denied.item_id,
        by_pair.paid_count - coalesce(own.paid_count, 0) AS other_patient_paid_count,
        by_pair.denied_count - coalesce(own.denied_count, 0) AS other_patient_denied_count,
        by_pair.paid_patient_count - CASE WHEN own.paid_count > 0 THEN 1 ELSE 0 END AS other_patient_count
    FROM denied_service AS denied
    INNER JOIN by_pair
        ON by_pair.payer_key = denied.payer_key
        AND by_pair.billed_procedure_code = denied.billed_procedure_code
        AND by_pair.primary_diagnosis_code = denied.primary_diagnosis_code
    LEFT JOIN by_patient AS own
        ON own.payer_key = denied.payer_key
        AND own.billed_procedure_code = denied.billed_procedure_code
        AND own.primary_diagnosis_code = denied.primary_diagnosis_code
        AND own.member_key = denied.member_key
)
SELECT
    item_id,
    other_patient_count,
    other_patient_paid_count,
    other_patient_denied_count,
    (other_patient_paid_count * 100) // (other_patient_paid_count + other_patient_denied_count) AS other_patient_paid_percent
FROM others
WHERE other_patient_paid_count + other_patient_denied_count > 0
