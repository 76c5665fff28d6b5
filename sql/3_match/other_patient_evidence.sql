-- Grain: one denied line whose payer decided on the same procedure and primary diagnosis for other patients. Reads
-- denied_service, submitted_line, submitted_claim, claim_frequency, service_line_current, claim_name, member_alias.
-- Why: a second kind of evidence, for an appeal and not for the call: counts and a rate, never a name. The claims show who has
-- the diagnosis, so they lead here: those with a denied pair of procedure and diagnosis, and the paid lines that answer them
-- beyond doubt (control number, procedure, day and charge). A line that answers two denied diagnoses is left out.
WITH pair AS (
    SELECT DISTINCT billed_procedure_code, primary_diagnosis_code
    FROM denied_service
    WHERE primary_diagnosis_code IS NOT NULL AND billed_procedure_code IS NOT NULL
),
billed AS (
    SELECT
        concat_ws('|', line.file_id, cast(line.claim_segment_index AS VARCHAR)) AS submitted_claim_key,
        line.service_date,
        line.charge_amount,
        pair.billed_procedure_code,
        pair.primary_diagnosis_code
    FROM submitted_line AS line
    INNER JOIN pair
        ON pair.billed_procedure_code = line.procedure_code
        AND pair.primary_diagnosis_code = split_part(line.diagnosis_codes, ' ', 1)
),
claim AS (
    SELECT
        concat_ws('|', claim.file_id, cast(claim.segment_index AS VARCHAR)) AS submitted_claim_key, claim.patient_control_number
    FROM submitted_claim AS claim
    LEFT JOIN claim_frequency ON claim_frequency.code = claim.claim_frequency_code
    WHERE NOT coalesce(claim_frequency.is_void, FALSE)
),
billed_claim AS (
    SELECT
        claim.patient_control_number, billed.service_date, billed.charge_amount, billed.billed_procedure_code,
        billed.primary_diagnosis_code
    FROM billed
    INNER JOIN claim ON claim.submitted_claim_key = billed.submitted_claim_key
),
-- A claim that was sent twice answers a line twice: the line counts once.
answered AS (
    SELECT
        line.file_id,
        line.segment_index,
        line.claim_segment_index,
        min(billed.billed_procedure_code) AS billed_procedure_code,
        min(billed.primary_diagnosis_code) AS primary_diagnosis_code
    FROM service_line_current AS line
    INNER JOIN billed_claim AS billed
        ON billed.patient_control_number = line.patient_control_number
        AND billed.billed_procedure_code = line.billed_procedure_code
        AND billed.service_date = line.service_date
        AND billed.charge_amount = line.charge_amount
    WHERE line.paid_amount > 0 AND coalesce(line.is_latest, TRUE)
    GROUP BY line.file_id, line.segment_index, line.claim_segment_index
    HAVING min(billed.primary_diagnosis_code) = max(billed.primary_diagnosis_code)
),
member AS (
    SELECT
        concat_ws('|', named.file_id, cast(named.segment_index AS VARCHAR)) AS place,
        named.payer_key,
        coalesce(member_alias.corrected_key, named.uncorrected_member_key) AS member_key
    FROM claim_name AS named
    LEFT JOIN member_alias
        ON member_alias.payer_key = named.payer_key
        AND member_alias.last_name_key = named.last_name_key
        AND member_alias.alias_key = named.uncorrected_member_key
),
decided AS (
    SELECT
        member.payer_key, answered.billed_procedure_code, answered.primary_diagnosis_code, member.member_key,
        count(*) AS paid_count, cast(0 AS BIGINT) AS denied_count
    FROM answered
    INNER JOIN member ON member.place = concat_ws('|', answered.file_id, cast(answered.claim_segment_index AS VARCHAR))
    WHERE member.member_key IS NOT NULL
    GROUP BY member.payer_key, answered.billed_procedure_code, answered.primary_diagnosis_code, member.member_key
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
