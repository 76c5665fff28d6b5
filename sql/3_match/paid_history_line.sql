-- Grain: one paid line of the paid-history extracts. Reads paid_history, claim_payment, member_alias and the payer mappings.
-- Why: the years before the remittances of the warehouse. Extracts overlap: a line counts once, whichever file brings it, and
-- what takes a payment back is netted. A claim of which a remittance is there goes by the remittance alone. Made whole every night,
-- for extracts do not grow with the nights: whose line is another one than before, his evidence is looked for anew.
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
remitted AS (
    SELECT DISTINCT named.payer_claim_key
    FROM claim_payment AS payment
    INNER JOIN (SELECT DISTINCT payer_claim_key FROM known) AS named
        ON named.payer_claim_key = upper(trim(payment.payer_claim_control_number))
),
once AS (
    SELECT
        history.file_id, history.segment_index, history.payer_key, history.member_key, history.last_name_key,
        history.first_name_key, history.person_name_key, history.patient_birth_date, history.payee_npi, history.payer_claim_key,
        history.trace_number, history.billed_procedure_code, history.modifiers, history.place_of_service_code,
        history.diagnosis_codes, history.diagnosis_code_set, history.line_units, history.service_date, history.payment_date,
        history.charge_amount, history.paid_amount, history.allowed_amount
    FROM aliased AS history
    LEFT JOIN remitted ON remitted.payer_claim_key = history.payer_claim_key
    WHERE remitted.payer_claim_key IS NULL
    QUALIFY row_number() OVER (
        PARTITION BY
            history.payer_key, history.member_key, history.last_name_key, history.first_name_key, history.patient_birth_date,
            history.payee_npi, history.payer_claim_key, history.trace_number, history.billed_procedure_code, history.modifiers,
            history.place_of_service_code, history.diagnosis_codes, history.diagnosis_code_set, history.line_units,
            history.service_date, history.payment_date, history.charge_amount, history.paid_amount, history.allowed_amount
        ORDER BY history.file_id, history.segment_index
    ) = 1
),
netted AS (
    SELECT
        file_id, segment_index, payer_key, member_key, last_name_key, first_name_key, person_name_key, patient_birth_date,
        payee_npi, payer_claim_key, trace_number, billed_procedure_code, modifiers, place_of_service_code, diagnosis_codes,
        diagnosis_code_set, line_units, service_date, payment_date, charge_amount, allowed_amount,
        cast(sum(paid_amount) OVER same_service AS DECIMAL(18, 2)) AS paid_amount,
        row_number() OVER (
            PARTITION BY payer_key, payer_claim_key, member_key, billed_procedure_code, modifiers, service_date
            ORDER BY CASE WHEN paid_amount > 0 THEN 0 ELSE 1 END, payment_date DESC, file_id, segment_index
        ) AS place
    FROM once
    WINDOW same_service AS (PARTITION BY payer_key, payer_claim_key, member_key, billed_procedure_code, modifiers, service_date)
)
SELECT
    netted.file_id,
    netted.segment_index,
    md5(concat_ws('|', netted.payer_key, 'paid history', netted.payer_claim_key)) AS claim_key,
    netted.payer_key,
    netted.member_key,
    netted.first_name_key,
    netted.person_name_key,
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
WHERE netted.place = 1 AND netted.paid_amount > 0
