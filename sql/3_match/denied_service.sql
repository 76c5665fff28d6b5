-- Grain: one denied line, or one claim denied at claim level: what was billed, for whom, for which diagnoses. Reads
-- denied_line, wanted_payment, wanted_line, claim_patient, matched_line, matched_claim, submitted_service, submitted_candidate,
-- modifier_set, file_number, open_item, run_parameter.
-- Why: the small side of the precedent join. An 835 carries no diagnosis: without a matched submitted line it is unknown,
-- and stays so. A claim denied at claim level has its claim's diagnoses, and its line where it has only one. Earlier payments are
-- looked for where it is open.
WITH numbered AS (
    SELECT
        denied_line.item_id,
        denied_line.file_id,
        denied_line.segment_index,
        denied_line.claim_segment_index,
        denied_line.line_segment_index IS NULL AS is_claim_level,
        file_number.file_number * 4294967296 + denied_line.claim_segment_index AS payment_key,
        file_number.file_number * 4294967296 + denied_line.line_segment_index AS line_key,
        denied_line.claim_key,
        denied_line.payer_key,
        denied_line.policy_id,
        denied_line.charge_amount
    FROM denied_line
    INNER JOIN file_number ON file_number.file_id = denied_line.file_id
),
only_line AS (
    SELECT submitted_claim_key, min(submitted_line_key) AS submitted_line_key
    FROM submitted_service
    GROUP BY submitted_claim_key
    HAVING count(*) = 1
),
denied AS (
    SELECT
        numbered.item_id,
        numbered.file_id,
        numbered.segment_index,
        numbered.claim_segment_index,
        numbered.is_claim_level,
        numbered.payment_key,
        numbered.claim_key,
        numbered.payer_key,
        numbered.policy_id,
        numbered.charge_amount,
        payment.payee_id,
        payment.payer_claim_control_number,
        coalesce(service.service_date, payment.statement_from_date) AS received_service_date,
        service.billed_procedure_code AS received_procedure_code,
        service.modifiers AS received_modifiers,
        coalesce(matched_line.submitted_line_key, only_line.submitted_line_key) AS submitted_line_key,
        coalesce(matched_line.submitted_claim_key, matched_claim.submitted_claim_key) AS submitted_claim_key,
        coalesce(matched_line.match_method, matched_claim.match_method) AS match_method,
        matched_line.match_confidence
    FROM numbered
    INNER JOIN wanted_payment AS payment ON payment.payment_key = numbered.payment_key
    LEFT JOIN wanted_line AS service ON service.line_key = numbered.line_key
    LEFT JOIN matched_line ON matched_line.line_key = numbered.line_key
    LEFT JOIN matched_claim ON matched_claim.payment_key = numbered.payment_key AND numbered.is_claim_level
    LEFT JOIN only_line ON only_line.submitted_claim_key = matched_claim.submitted_claim_key
),
described AS (
    SELECT
        denied.item_id,
        denied.file_id,
        denied.segment_index,
        denied.claim_segment_index,
        denied.is_claim_level,
        denied.claim_key,
        denied.payer_claim_control_number,
        denied.payer_key,
        denied.policy_id,
        denied.charge_amount,
        denied.payee_id,
        patient.member_key,
        patient.first_name_key,
        patient.patient_birth_date,
        patient.person_key,
        coalesce(denied.received_procedure_code, line.billed_procedure_code) AS billed_procedure_code,
        coalesce(nullif(denied.received_modifiers, ''), line.modifiers) AS modifiers,
        line.place_of_service_code,
        coalesce(line.diagnosis_codes, claim.diagnosis_codes) AS diagnosis_codes,
        CASE
            WHEN line.diagnosis_codes IS NOT NULL THEN line.diagnosis_basis
            WHEN claim.diagnosis_codes IS NOT NULL THEN 'claim'
            ELSE 'unknown'
        END AS diagnosis_basis,
        coalesce(line.diagnosis_code_set, claim.diagnosis_code_set) AS diagnosis_code_set,
        line.line_units,
        coalesce(denied.received_service_date, line.service_date) AS service_date,
        denied.match_method,
        denied.match_confidence,
        claim.file_id AS submitted_file_id,
        claim.segment_index AS submitted_claim_segment_index,
        line.segment_index AS submitted_segment_index
    FROM denied
    INNER JOIN claim_patient AS patient ON patient.payment_key = denied.payment_key
    LEFT JOIN submitted_service AS line ON line.submitted_line_key = denied.submitted_line_key
    LEFT JOIN submitted_candidate AS claim ON claim.submitted_claim_key = denied.submitted_claim_key
),
-- Months are counted in the calendar: the same day of an earlier month, or that month's last day.
lookback AS (
    SELECT
        described.item_id,
        described.service_date,
        year(described.service_date) * 12 + month(described.service_date) - 1 - parameter.lookback_months AS month_number
    FROM described
    CROSS JOIN run_parameter AS parameter
),
lookback_month AS (
    SELECT
        item_id,
        day(service_date) AS day_of_month,
        make_date(cast(month_number // 12 AS INTEGER), cast(month_number % 12 + 1 AS INTEGER), 1) AS first_day
    FROM lookback
)
SELECT
    described.item_id,
    described.file_id,
    described.segment_index,
    described.claim_segment_index,
    described.is_claim_level,
    described.claim_key,
    described.payer_claim_control_number,
    described.payer_key,
    described.payee_id,
    described.member_key,
    described.first_name_key,
    described.patient_birth_date,
    described.person_key,
    described.billed_procedure_code,
    described.modifiers,
    modifier_set.sorted_modifiers,
    modifier_set.material_modifiers,
    described.place_of_service_code,
    described.diagnosis_codes,
    split_part(described.diagnosis_codes, ' ', 1) AS primary_diagnosis_code,
    described.diagnosis_basis,
    described.diagnosis_code_set,
    described.line_units,
    described.policy_id,
    described.charge_amount,
    described.service_date,
    make_date(
        cast(year(lookback_month.first_day) AS INTEGER),
        cast(month(lookback_month.first_day) AS INTEGER),
        cast(least(lookback_month.day_of_month, day(last_day(lookback_month.first_day))) AS INTEGER)
    ) AS history_from_date,
    described.match_method,
    described.match_confidence,
    described.submitted_file_id,
    described.submitted_claim_segment_index,
    described.submitted_segment_index,
    open_item.item_id IS NOT NULL AS is_open
FROM described
LEFT JOIN open_item ON open_item.item_id = described.item_id
LEFT JOIN lookback_month ON lookback_month.item_id = described.item_id
LEFT JOIN modifier_set ON modifier_set.modifiers = coalesce(described.modifiers, '')
