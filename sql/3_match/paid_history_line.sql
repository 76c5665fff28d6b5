-- Grain: one paid line of the paid-history extracts, of the same patient and procedure as a denied line. Reads paid_history,
-- claim_payment, member_alias, wanted_patient, file_number and the payer mappings.
-- Why: the years before the remittances of the warehouse. Extracts overlap: a line counts once, whichever file brings it, and
-- what takes a payment back is netted. A claim of which a remittance is there goes by the remittance alone.
WITH known AS (
    SELECT
        history.file_id,
        history.segment_index,
        coalesce(
            by_id.payer_key, by_name.payer_key,
            nullif(upper(trim(history.payer_id)), ''),
            nullif(regexp_replace(upper(history.payer_name), '[^A-Z0-9]', '', 'g'), ''),
            'unknown'
        ) AS payer_key,
        translate(upper(history.member_id), ' -', '') AS member_key,
        coalesce(regexp_replace(upper(history.patient_last_name), '[^A-Z]', '', 'g'), '') AS last_name_key,
        nullif(regexp_replace(split_part(upper(trim(history.patient_first_name)), ' ', 1), '[^A-Z]', '', 'g'), '') AS first_name_key,
        history.patient_birth_date,
        history.payee_npi,
        upper(trim(history.payer_claim_control_number)) AS payer_claim_key,
        history.trace_number,
        upper(history.procedure_code) AS billed_procedure_code,
        coalesce(history.modifiers, '') AS modifiers,
        history.place_of_service_code,
        history.diagnosis_codes,
        history.diagnosis_code_set,
        history.line_units,
        history.service_date,
        history.payment_date,
        history.charge_amount,
        history.paid_amount,
        history.allowed_amount
    FROM paid_history AS history
    LEFT JOIN payer_identifier AS by_id ON by_id.identifier = history.payer_id
    LEFT JOIN payer_name_key AS by_name
        ON by_name.name_key = regexp_replace(upper(history.payer_name), '[^A-Z0-9]', '', 'g')
),
aliased AS (
    SELECT
        known.file_id, known.segment_index, known.payer_key, coalesce(member_alias.corrected_key, known.member_key) AS member_key,
        known.last_name_key, known.first_name_key,
        CASE
            WHEN known.last_name_key <> '' AND known.first_name_key IS NOT NULL
                THEN concat_ws('|', known.last_name_key, known.first_name_key)
        END AS person_name_key,
        known.patient_birth_date, known.payee_npi, known.payer_claim_key, known.trace_number, known.billed_procedure_code,
        known.modifiers, known.place_of_service_code, known.diagnosis_codes, known.diagnosis_code_set, known.line_units,
        known.service_date, known.payment_date, known.charge_amount, known.paid_amount, known.allowed_amount
    FROM known
    LEFT JOIN member_alias
        ON member_alias.payer_key = known.payer_key
        AND member_alias.last_name_key = known.last_name_key
        AND member_alias.alias_key = known.member_key
),
by_patient AS (
    SELECT history.file_id, history.segment_index
    FROM aliased AS history
    INNER JOIN wanted_patient AS patient
        ON patient.payer_key = history.payer_key
        AND patient.patient_key = history.member_key
        AND patient.billed_procedure_code = history.billed_procedure_code
    UNION
    SELECT history.file_id, history.segment_index
    FROM aliased AS history
    INNER JOIN wanted_patient AS patient
        ON patient.patient_key = history.person_name_key AND patient.billed_procedure_code = history.billed_procedure_code
    WHERE patient.payer_key = ''
    UNION
    SELECT history.file_id, history.segment_index
    FROM aliased AS history
    INNER JOIN wanted_patient AS patient ON patient.payer_key = history.payer_key AND patient.patient_key = history.member_key
    WHERE patient.billed_procedure_code = ''
),
remitted AS (
    SELECT DISTINCT upper(trim(payer_claim_control_number)) AS payer_claim_key
    FROM claim_payment
    WHERE payer_claim_control_number IS NOT NULL
),
once AS (
    SELECT
        history.payer_key, history.member_key, history.last_name_key, history.first_name_key, history.patient_birth_date,
        history.payee_npi, history.payer_claim_key, history.trace_number, history.billed_procedure_code, history.modifiers,
        history.place_of_service_code, history.diagnosis_codes, history.diagnosis_code_set, history.line_units,
        history.service_date, history.payment_date, history.charge_amount, history.paid_amount, history.allowed_amount,
        min(file_number.file_number * 4294967296 + history.segment_index) AS line_key
    FROM aliased AS history
    INNER JOIN by_patient
        ON by_patient.file_id = history.file_id AND by_patient.segment_index = history.segment_index
    INNER JOIN file_number ON file_number.file_id = history.file_id
    LEFT JOIN remitted ON remitted.payer_claim_key = history.payer_claim_key
    WHERE remitted.payer_claim_key IS NULL
    GROUP BY
        history.payer_key, history.member_key, history.last_name_key, history.first_name_key, history.patient_birth_date,
        history.payee_npi, history.payer_claim_key, history.trace_number, history.billed_procedure_code, history.modifiers,
        history.place_of_service_code, history.diagnosis_codes, history.diagnosis_code_set, history.line_units,
        history.service_date, history.payment_date, history.charge_amount, history.paid_amount, history.allowed_amount
),
netted AS (
    SELECT
        line_key, payer_key, member_key, last_name_key, first_name_key, patient_birth_date, payee_npi, payer_claim_key,
        trace_number, billed_procedure_code, modifiers, place_of_service_code, diagnosis_codes, diagnosis_code_set, line_units,
        service_date, payment_date, charge_amount, allowed_amount,
        cast(sum(paid_amount) OVER same_service AS DECIMAL(18, 2)) AS paid_amount,
        row_number() OVER (
            PARTITION BY payer_key, payer_claim_key, member_key, billed_procedure_code, modifiers, service_date
            ORDER BY CASE WHEN paid_amount > 0 THEN 0 ELSE 1 END, payment_date DESC, line_key
        ) AS place
    FROM once
    WINDOW same_service AS (PARTITION BY payer_key, payer_claim_key, member_key, billed_procedure_code, modifiers, service_date)
)
SELECT
    file_number.file_id,
    netted.line_key % 4294967296 AS segment_index,
    netted.line_key,
    md5(concat_ws('|', netted.payer_key, 'paid history', netted.payer_claim_key)) AS claim_key,
    netted.payer_key,
    netted.member_key,
    netted.first_name_key,
    netted.patient_birth_date,
    CASE
        WHEN netted.patient_birth_date IS NOT NULL AND netted.first_name_key IS NOT NULL AND netted.last_name_key <> ''
            THEN concat_ws('|', netted.last_name_key, netted.first_name_key, cast(netted.patient_birth_date AS VARCHAR))
    END AS person_key,
    netted.billed_procedure_code,
    netted.modifiers,
    netted.place_of_service_code,
    netted.diagnosis_codes,
    netted.diagnosis_code_set,
    netted.line_units,
    netted.payee_npi AS payee_id,
    netted.service_date,
    netted.charge_amount,
    netted.paid_amount,
    netted.allowed_amount,
    netted.payment_date,
    netted.trace_number,
    netted.payer_claim_key AS payer_claim_control_number
FROM netted
INNER JOIN file_number ON file_number.file_number = netted.line_key // 4294967296
WHERE netted.place = 1 AND netted.paid_amount > 0
