-- Grain: one denied line, or one claim denied at claim level: what was billed, for whom, for which diagnoses. Reads
-- denied_line, claim_payment_current, service_line_current, claim_patient, line_match, claim_match, submitted_line,
-- submitted_claim, modifier_set, run_parameter.
-- Why: the small side of the precedent join. An 835 carries no diagnosis: without a matched submitted line it is unknown,
-- and stays so. A claim denied at claim level has its claim's diagnoses, and its line where it has only one.
WITH claim_level AS (
    SELECT file_id, claim_segment_index
    FROM denied_line
    WHERE line_segment_index IS NULL
),
submitted_only_line AS (
    SELECT
        claim_match.file_id,
        claim_match.segment_index,
        line.file_id AS submitted_file_id,
        line.segment_index AS submitted_segment_index
    FROM claim_level
    INNER JOIN claim_match
        ON claim_match.file_id = claim_level.file_id AND claim_match.segment_index = claim_level.claim_segment_index
    INNER JOIN submitted_claim AS claim
        ON claim.file_id = claim_match.submitted_file_id
        AND claim.segment_index = claim_match.submitted_claim_segment_index
    INNER JOIN submitted_line AS line
        ON line.file_id = claim.file_id AND line.claim_segment_index = claim.segment_index
    WHERE claim.line_count = 1
),
denied AS (
    SELECT
        denied_line.item_id,
        denied_line.file_id,
        denied_line.segment_index,
        denied_line.claim_segment_index,
        denied_line.line_segment_index IS NULL AS is_claim_level,
        denied_line.claim_key,
        denied_line.payer_key,
        denied_line.policy_id,
        denied_line.charge_amount,
        payment.payee_npi,
        payment.payee_tax_number,
        coalesce(service.service_date, payment.statement_from_date) AS received_service_date,
        service.billed_procedure_code AS received_procedure_code,
        service.modifiers AS received_modifiers,
        coalesce(line_match.submitted_file_id, only_line.submitted_file_id) AS submitted_file_id,
        coalesce(line_match.submitted_segment_index, only_line.submitted_segment_index) AS submitted_segment_index,
        coalesce(line_match.match_method, claim_match.match_method) AS match_method,
        line_match.match_confidence,
        payment.payer_claim_control_number,
        coalesce(line_match.submitted_claim_key, claim_match.submitted_claim_key) AS submitted_claim_key,
        claim_match.submitted_file_id AS claim_submitted_file_id,
        claim_match.submitted_claim_segment_index
    FROM denied_line
    INNER JOIN claim_payment_current AS payment
        ON payment.file_id = denied_line.file_id AND payment.segment_index = denied_line.claim_segment_index
    LEFT JOIN service_line_current AS service
        ON service.file_id = denied_line.file_id AND service.segment_index = denied_line.line_segment_index
    LEFT JOIN line_match
        ON line_match.file_id = denied_line.file_id AND line_match.segment_index = denied_line.line_segment_index
    LEFT JOIN claim_match
        ON claim_match.file_id = denied_line.file_id
        AND claim_match.segment_index = denied_line.claim_segment_index
        AND denied_line.line_segment_index IS NULL
    LEFT JOIN submitted_only_line AS only_line
        ON only_line.file_id = denied_line.file_id
        AND only_line.segment_index = denied_line.claim_segment_index
        AND denied_line.line_segment_index IS NULL
),
described AS (
    SELECT
        denied.item_id,
        denied.file_id,
        denied.segment_index,
        denied.claim_segment_index,
        denied.is_claim_level,
        denied.claim_key,
        denied.submitted_claim_key,
        denied.payer_claim_control_number,
        denied.payer_key,
        denied.policy_id,
        denied.charge_amount,
        coalesce(denied.payee_npi, denied.payee_tax_number) AS payee_id,
        patient.member_key,
        patient.first_name_key,
        patient.patient_birth_date,
        patient.person_key,
        upper(coalesce(denied.received_procedure_code, line.procedure_code, line.revenue_code)) AS billed_procedure_code,
        coalesce(
            denied.received_modifiers,
            concat_ws(' ', line.modifier_1, line.modifier_2, line.modifier_3, line.modifier_4)
        ) AS modifiers,
        line.place_of_service_code,
        coalesce(line.diagnosis_codes, claim.diagnosis_codes) AS diagnosis_codes,
        CASE
            WHEN line.diagnosis_codes IS NOT NULL THEN line.diagnosis_basis
            WHEN claim.diagnosis_codes IS NOT NULL THEN 'claim'
            ELSE 'unknown'
        END AS diagnosis_basis,
        coalesce(claim_of_line.diagnosis_code_set, claim.diagnosis_code_set) AS diagnosis_code_set,
        line.line_units,
        coalesce(denied.received_service_date, line.service_date) AS service_date,
        denied.match_method,
        denied.match_confidence,
        denied.submitted_file_id,
        denied.submitted_segment_index
    FROM denied
    INNER JOIN claim_patient AS patient
        ON patient.file_id = denied.file_id AND patient.segment_index = denied.claim_segment_index
    LEFT JOIN submitted_line AS line
        ON line.file_id = denied.submitted_file_id AND line.segment_index = denied.submitted_segment_index
    LEFT JOIN submitted_claim AS claim_of_line
        ON claim_of_line.file_id = line.file_id AND claim_of_line.segment_index = line.claim_segment_index
    LEFT JOIN submitted_claim AS claim
        ON claim.file_id = denied.claim_submitted_file_id AND claim.segment_index = denied.submitted_claim_segment_index
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
    described.submitted_claim_key,
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
    described.submitted_segment_index
FROM described
LEFT JOIN lookback_month ON lookback_month.item_id = described.item_id
LEFT JOIN modifier_set ON modifier_set.modifiers = coalesce(described.modifiers, '')
