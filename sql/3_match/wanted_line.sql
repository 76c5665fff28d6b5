-- Grain: one service line that goes through the matching ladder: denied, of the same patient and procedure as an open denied
-- one, or in doubt at first sight. Reads service_line_current, claim_member, wanted_patient, denied_line, line_in_doubt, file_number.
-- Why: an 835 carries no diagnosis, so these lines need their submitted ones; the rest of the history is never asked for, and a
-- night costs what it brings. A payer that splits a line returns it as several: their charges are added up, once by the line
-- number that they share and once by procedure and day, to compare them with what was billed.
WITH wanted_member AS (
    SELECT DISTINCT payer_key, patient_key FROM wanted_patient
),
of_patient AS (
    SELECT member.payment_key, member.payer_key, member.member_key, member.person_name_key
    FROM claim_member AS member
    INNER JOIN wanted_member AS patient ON patient.payer_key = member.payer_key AND patient.patient_key = member.member_key
    UNION
    SELECT member.payment_key, member.payer_key, member.member_key, member.person_name_key
    FROM claim_member AS member
    INNER JOIN wanted_member AS patient ON patient.patient_key = member.person_name_key
    WHERE patient.payer_key = ''
    UNION
    SELECT member.payment_key, member.payer_key, member.member_key, member.person_name_key
    FROM claim_member AS member
    INNER JOIN denied_line ON denied_line.file_id = member.file_id AND denied_line.claim_segment_index = member.segment_index
    UNION
    SELECT member.payment_key, member.payer_key, member.member_key, member.person_name_key
    FROM claim_member AS member
    INNER JOIN line_in_doubt AS doubt ON doubt.file_id = member.file_id AND doubt.claim_segment_index = member.segment_index
    WHERE doubt.has_claim
),
line_of_patient AS (
    SELECT
        line.file_id,
        line.segment_index,
        line.claim_segment_index,
        of_patient.payment_key,
        of_patient.payment_key - line.claim_segment_index + line.segment_index AS line_key,
        of_patient.payer_key,
        of_patient.member_key,
        of_patient.person_name_key,
        upper(line.billed_procedure_code) AS billed_procedure_code,
        line.revenue_code,
        coalesce(line.modifiers, '') AS modifiers,
        line.charge_amount,
        line.paid_amount,
        line.allowed_amount,
        line.policy_id,
        line.service_date,
        nullif(ltrim(upper(trim(line.line_control_number)), '0'), '') AS line_control_number,
        coalesce(line.is_latest, TRUE) AND line.paid_amount > 0 AS is_paid
    FROM service_line_current AS line
    INNER JOIN file_number ON file_number.file_id = line.file_id
    INNER JOIN of_patient ON of_patient.payment_key = file_number.file_number * 4294967296 + line.claim_segment_index
),
summed AS (
    SELECT
        file_id,
        segment_index,
        claim_segment_index,
        payment_key,
        line_key,
        payer_key,
        member_key,
        person_name_key,
        billed_procedure_code,
        revenue_code,
        modifiers,
        charge_amount,
        paid_amount,
        allowed_amount,
        policy_id,
        service_date,
        line_control_number,
        is_paid,
        cast(
            CASE
                WHEN line_control_number IS NOT NULL THEN sum(charge_amount) OVER (PARTITION BY payment_key, line_control_number)
                ELSE charge_amount
            END AS DECIMAL(18, 2)
        ) AS numbered_charge_amount,
        cast(
            sum(charge_amount) OVER (PARTITION BY payment_key, billed_procedure_code, modifiers, service_date) AS DECIMAL(18, 2)
        ) AS procedure_charge_amount
    FROM line_of_patient
),
denied AS (
    SELECT file_number.file_number * 4294967296 + denied_line.line_segment_index AS line_key
    FROM denied_line
    INNER JOIN file_number ON file_number.file_id = denied_line.file_id
    WHERE denied_line.line_segment_index IS NOT NULL
)
SELECT
    line.file_id,
    line.segment_index,
    line.claim_segment_index,
    line.payment_key,
    line.line_key,
    line.billed_procedure_code,
    line.revenue_code,
    line.modifiers,
    line.charge_amount,
    line.paid_amount,
    line.allowed_amount,
    line.policy_id,
    line.service_date,
    line.line_control_number,
    line.is_paid,
    line.numbered_charge_amount,
    line.procedure_charge_amount
FROM summed AS line
LEFT JOIN wanted_patient AS by_member
    ON by_member.payer_key = line.payer_key
    AND by_member.patient_key = line.member_key
    AND by_member.billed_procedure_code = line.billed_procedure_code
LEFT JOIN wanted_patient AS by_name
    ON by_name.payer_key = ''
    AND by_name.patient_key = line.person_name_key
    AND by_name.billed_procedure_code = line.billed_procedure_code
LEFT JOIN wanted_patient AS by_claim
    ON by_claim.payer_key = line.payer_key AND by_claim.patient_key = line.member_key AND by_claim.billed_procedure_code = ''
LEFT JOIN denied ON denied.line_key = line.line_key
LEFT JOIN line_in_doubt AS doubt
    ON doubt.file_id = line.file_id AND doubt.segment_index = line.segment_index AND doubt.has_claim
WHERE by_member.patient_key IS NOT NULL
    OR by_name.patient_key IS NOT NULL
    OR by_claim.patient_key IS NOT NULL
    OR denied.line_key IS NOT NULL
    OR doubt.file_id IS NOT NULL
