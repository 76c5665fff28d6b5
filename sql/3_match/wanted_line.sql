-- Grain: one service line that is matched: denied, or of the same patient and procedure as a denied one. Reads
-- service_line_current, claim_member, wanted_patient, denied_line.
-- Why: an 835 carries no diagnosis, so these lines need their submitted ones; the rest of the history is never asked for, and a
-- night costs what it brings. A payer that splits a line returns it as several: their charges are added up, once by the line
-- number that they share and once by procedure and day, to compare them with what was billed.
WITH wanted_payment_line AS (
    SELECT
        line.file_id,
        line.segment_index,
        line.claim_segment_index,
        member.payment_key,
        member.payment_key - line.claim_segment_index + line.segment_index AS line_key,
        upper(line.billed_procedure_code) AS billed_procedure_code,
        member.payer_key,
        member.member_key,
        member.person_name_key,
        line.revenue_code,
        coalesce(line.modifiers, '') AS modifiers,
        line.charge_amount,
        line.service_date,
        nullif(upper(trim(line.line_control_number)), '') AS line_control_number,
        coalesce(line.is_latest, TRUE) AND line.paid_amount > 0 AS is_paid
    FROM service_line_current AS line
    INNER JOIN claim_member AS member
        ON member.file_id = line.file_id AND member.segment_index = line.claim_segment_index
),
by_member AS (
    SELECT line.line_key
    FROM wanted_payment_line AS line
    INNER JOIN wanted_patient AS patient
        ON patient.payer_key = line.payer_key
        AND patient.patient_key = line.member_key
        AND patient.billed_procedure_code = line.billed_procedure_code
    UNION
    SELECT line.line_key
    FROM wanted_payment_line AS line
    INNER JOIN wanted_patient AS patient
        ON patient.patient_key = line.person_name_key
        AND patient.billed_procedure_code = line.billed_procedure_code
    WHERE patient.payer_key = ''
    UNION
    SELECT line.line_key
    FROM wanted_payment_line AS line
    INNER JOIN wanted_patient AS patient
        ON patient.payer_key = line.payer_key AND patient.patient_key = line.member_key
    WHERE patient.billed_procedure_code = ''
    UNION
    SELECT line.line_key
    FROM wanted_payment_line AS line
    INNER JOIN denied_line
        ON denied_line.file_id = line.file_id AND denied_line.line_segment_index = line.segment_index
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
    line.service_date,
    line.line_control_number,
    line.is_paid,
    cast(
        CASE
            WHEN line.line_control_number IS NOT NULL
                THEN sum(line.charge_amount) OVER (PARTITION BY line.payment_key, line.line_control_number)
            ELSE line.charge_amount
        END AS DECIMAL(18, 2)
    ) AS numbered_charge_amount,
    cast(
        sum(line.charge_amount) OVER (PARTITION BY line.payment_key, line.billed_procedure_code, line.modifiers, line.service_date)
        AS DECIMAL(18, 2)
    ) AS procedure_charge_amount
FROM wanted_payment_line AS line
INNER JOIN by_member ON by_member.line_key = line.line_key
