-- Grain: one pair of an open denied line and an earlier paid line of the same patient and procedure. Reads denied_service,
-- paid_service.
-- Why: the evidence behind precedent. Tier A is the same in everything, B differs in the order of diagnoses or in modifiers
-- that only inform, C in payer, provider, place or a modifier that matters (or the diagnosis is only the claim's), D only
-- shares the diagnosis category, and `unknown` has no diagnosis on one of the sides. The denied side is small and hashed;
-- the paid history streams past it once for the member's claims and once for the person's at other payers.
WITH same_payer AS (
    SELECT
        denied.item_id,
        paid.file_id AS precedent_file_id,
        paid.segment_index AS precedent_segment_index
    FROM paid_service AS paid
    INNER JOIN denied_service AS denied
        ON denied.payer_key = paid.payer_key
        AND denied.member_key = paid.member_key
        AND denied.billed_procedure_code = paid.billed_procedure_code
    WHERE denied.is_open
        AND paid.service_date < denied.service_date
        AND paid.service_date >= denied.history_from_date
        -- Never the claim itself. Some practices give all visits of a patient one number: then the payer's number, else the
        -- submitted claim, tells the visits apart.
        AND NOT (
            paid.claim_key = denied.claim_key
            AND (
                coalesce(paid.payer_claim_control_number, '') = ''
                OR coalesce(denied.payer_claim_control_number, '') = ''
                OR paid.payer_claim_control_number = denied.payer_claim_control_number
                OR coalesce(
                    paid.submitted_file_id = denied.submitted_file_id
                    AND paid.submitted_claim_segment_index = denied.submitted_claim_segment_index,
                    FALSE
                )
            )
        )
        -- One member id serves a family: another first name or day of birth is another patient.
        AND (paid.patient_birth_date IS NULL OR denied.patient_birth_date IS NULL OR paid.patient_birth_date = denied.patient_birth_date)
        AND (
            paid.first_name_key IS NULL
            OR denied.first_name_key IS NULL
            OR paid.first_name_key = denied.first_name_key
            OR (
                paid.patient_birth_date = denied.patient_birth_date
                AND (starts_with(paid.first_name_key, denied.first_name_key) OR starts_with(denied.first_name_key, paid.first_name_key))
            )
        )
),
other_payer AS (
    SELECT
        denied.item_id,
        paid.file_id AS precedent_file_id,
        paid.segment_index AS precedent_segment_index
    FROM paid_service AS paid
    INNER JOIN denied_service AS denied
        ON denied.person_key = paid.person_key
        AND denied.billed_procedure_code = paid.billed_procedure_code
    WHERE denied.is_open
        AND paid.payer_key <> denied.payer_key
        AND paid.service_date < denied.service_date
        AND paid.service_date >= denied.history_from_date
),
pair AS (
    SELECT item_id, precedent_file_id, precedent_segment_index FROM same_payer
    UNION ALL
    SELECT item_id, precedent_file_id, precedent_segment_index FROM other_payer
),
compared AS (
    SELECT
        pair.item_id,
        denied.file_id,
        denied.claim_segment_index,
        pair.precedent_file_id,
        pair.precedent_segment_index,
        -- One claim number of the practice may stand for many visits: the payer's number tells claims apart.
        coalesce(nullif(paid.payer_claim_control_number, ''), paid.claim_key) AS precedent_claim_key,
        paid.service_date AS precedent_service_date,
        paid.payment_date AS precedent_paid_date,
        CASE
            WHEN denied.primary_diagnosis_code IS NULL OR paid.primary_diagnosis_code IS NULL THEN 'unknown'
            WHEN denied.diagnosis_code_set <> paid.diagnosis_code_set THEN 'other'
            WHEN denied.primary_diagnosis_code = paid.primary_diagnosis_code THEN 'primary'
            WHEN list_contains(string_split(paid.diagnosis_codes, ' '), denied.primary_diagnosis_code) THEN 'listed'
            WHEN list_contains(string_split(denied.diagnosis_codes, ' '), paid.primary_diagnosis_code) THEN 'listed'
            WHEN left(denied.primary_diagnosis_code, 3) = left(paid.primary_diagnosis_code, 3) THEN 'category'
            ELSE 'other'
        END AS diagnosis_relation,
        paid.payer_key = denied.payer_key AS is_same_payer,
        paid.payee_id IS NULL OR denied.payee_id IS NULL OR paid.payee_id = denied.payee_id AS is_same_provider,
        coalesce(paid.place_of_service_code, '') = coalesce(denied.place_of_service_code, '') AS is_same_place,
        coalesce(paid.sorted_modifiers, '') = coalesce(denied.sorted_modifiers, '') AS has_same_modifiers,
        coalesce(paid.material_modifiers, '') = coalesce(denied.material_modifiers, '') AS has_same_material_modifiers,
        paid.diagnosis_basis <> 'claim' AND denied.diagnosis_basis <> 'claim' AS is_pointed,
        paid.is_first_payer,
        paid.line_units IS NULL OR denied.line_units IS NULL OR paid.line_units = denied.line_units AS has_same_units
    FROM pair
    INNER JOIN denied_service AS denied ON denied.item_id = pair.item_id
    INNER JOIN paid_service AS paid
        ON paid.file_id = pair.precedent_file_id AND paid.segment_index = pair.precedent_segment_index
)
SELECT
    item_id,
    file_id,
    claim_segment_index,
    precedent_file_id,
    precedent_segment_index,
    precedent_claim_key,
    precedent_service_date,
    precedent_paid_date,
    CASE
        WHEN diagnosis_relation = 'unknown' THEN 'unknown'
        WHEN diagnosis_relation = 'category' THEN 'D'
        WHEN NOT (
            is_same_payer AND is_same_provider AND is_same_place AND has_same_material_modifiers AND is_pointed AND is_first_payer
        ) THEN 'C'
        WHEN diagnosis_relation = 'primary' AND has_same_modifiers THEN 'A'
        ELSE 'B'
    END AS precedent_tier,
    concat_ws(
        ' ',
        CASE WHEN diagnosis_relation = 'listed' THEN 'diagnosis_order' END,
        CASE WHEN diagnosis_relation = 'category' THEN 'diagnosis' END,
        CASE WHEN diagnosis_relation = 'unknown' THEN 'diagnosis_unknown' END,
        CASE WHEN NOT is_pointed THEN 'diagnosis_of_claim' END,
        CASE WHEN NOT is_same_payer THEN 'payer' END,
        CASE WHEN NOT is_same_provider THEN 'provider' END,
        CASE WHEN NOT is_same_place THEN 'place_of_service' END,
        CASE WHEN NOT has_same_modifiers THEN 'modifiers' END,
        CASE WHEN NOT has_same_units THEN 'units' END,
        CASE WHEN NOT is_first_payer THEN 'not_first_payer' END
    ) AS precedent_differences
FROM compared
WHERE diagnosis_relation <> 'other'
