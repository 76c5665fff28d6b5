-- Grain: one service line that goes through the matching ladder: denied, of the same patient and procedure as an open denied
-- one, or in doubt at first sight. Reads service_line_current, claim_member, wanted_patient, denied_line, line_in_doubt, file_number.
-- Why: an 835 carries no diagnosis, so these lines need their submitted ones; the rest of the history is never asked for, and a
-- night costs what it brings. A payer that splits a line returns it as several: their charges are added up, once by the line
-- number that they share and once by procedure and day, to compare them with what was billed. Most lines share with none.
WITH wanted_service AS (
    SELECT member.payment_key, patient.billed_procedure_code
    FROM claim_member AS member
    INNER JOIN wanted_patient AS patient ON patient.payer_key = member.payer_key AND patient.patient_key = member.member_key
    UNION
    SELECT member.payment_key, patient.billed_procedure_code
    FROM claim_member AS member
    INNER JOIN wanted_patient AS patient ON patient.patient_key = member.person_name_key
    WHERE patient.payer_key = '' AND patient.billed_procedure_code <> ''
),
denied AS (
    SELECT
        file_number.file_number * 4294967296 + denied_line.claim_segment_index AS payment_key,
        file_number.file_number * 4294967296 + denied_line.line_segment_index AS line_key
    FROM denied_line
    INNER JOIN file_number ON file_number.file_id = denied_line.file_id
),
doubt AS (
    SELECT
        file_number.file_number * 4294967296 + line_in_doubt.claim_segment_index AS payment_key,
        file_number.file_number * 4294967296 + line_in_doubt.segment_index AS line_key
    FROM line_in_doubt
    INNER JOIN file_number ON file_number.file_id = line_in_doubt.file_id
    WHERE line_in_doubt.has_claim
),
payment AS (
    SELECT payment_key FROM wanted_service
    UNION
    SELECT payment_key FROM denied
    UNION
    SELECT payment_key FROM doubt
),
line AS (
    SELECT
        service.file_id,
        service.segment_index,
        service.claim_segment_index,
        payment.payment_key,
        payment.payment_key - service.claim_segment_index + service.segment_index AS line_key,
        upper(service.billed_procedure_code) AS billed_procedure_code,
        service.revenue_code,
        coalesce(service.modifiers, '') AS modifiers,
        service.charge_amount,
        service.paid_amount,
        service.allowed_amount,
        service.policy_id,
        service.service_date,
        nullif(ltrim(upper(trim(service.line_control_number)), '0'), '') AS line_control_number,
        coalesce(service.is_latest, TRUE) AND service.paid_amount > 0 AS is_paid
    FROM service_line_current AS service
    INNER JOIN file_number ON file_number.file_id = service.file_id
    INNER JOIN payment ON payment.payment_key = file_number.file_number * 4294967296 + service.claim_segment_index
),
numbered AS (
    SELECT payment_key, line_control_number, sum(charge_amount) AS charge_amount
    FROM line
    WHERE line_control_number IS NOT NULL
    GROUP BY payment_key, line_control_number
    HAVING count(*) > 1
),
procedure AS (
    SELECT payment_key, billed_procedure_code, modifiers, service_date, sum(charge_amount) AS charge_amount
    FROM line
    GROUP BY payment_key, billed_procedure_code, modifiers, service_date
    HAVING count(*) > 1
),
wanted AS (
    SELECT line.line_key
    FROM line
    INNER JOIN wanted_service
        ON wanted_service.payment_key = line.payment_key AND wanted_service.billed_procedure_code = line.billed_procedure_code
    UNION
    SELECT line.line_key
    FROM line
    INNER JOIN wanted_service ON wanted_service.payment_key = line.payment_key
    WHERE wanted_service.billed_procedure_code = ''
    UNION
    SELECT line_key
    FROM denied
    WHERE line_key IS NOT NULL
    UNION
    SELECT line_key
    FROM doubt
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
    cast(coalesce(numbered.charge_amount, line.charge_amount) AS DECIMAL(18, 2)) AS numbered_charge_amount,
    cast(coalesce(procedure.charge_amount, line.charge_amount) AS DECIMAL(18, 2)) AS procedure_charge_amount
FROM line
INNER JOIN wanted ON wanted.line_key = line.line_key
LEFT JOIN numbered ON numbered.payment_key = line.payment_key AND numbered.line_control_number = line.line_control_number
LEFT JOIN procedure
    ON procedure.payment_key = line.payment_key
    AND procedure.billed_procedure_code IS NOT DISTINCT FROM line.billed_procedure_code
    AND procedure.modifiers = line.modifiers
    AND procedure.service_date IS NOT DISTINCT FROM line.service_date
