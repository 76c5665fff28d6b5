-- Grain: one service line of a claim payment that stands. Reads service_line, adjustment, claim_payment_current, group_code,
-- claim_frequency.
-- Why: the line as billed (SVC06, else SVC01), what the payer allowed, and the name of its service on every night.
-- Allowed is the charge less what neither payer nor patient pays; AMT*B6 is often the charge again, so it is not read.
-- `item_id` names the service by claim, day, code, modifiers and its ordinal among like ones: a resubmitted claim gets new line
-- numbers and may get another charge. `is_latest` is false where a later remittance decided again about the same service:
-- the same item, the same line number and code with other modifiers, or any line of that day in a replacement claim.
WITH adjusted AS (
    SELECT adjustment.file_id, adjustment.line_segment_index, sum(adjustment.adjustment_amount) AS adjustment_amount
    FROM adjustment
    LEFT JOIN group_code ON group_code.code = adjustment.group_code
    WHERE adjustment.line_segment_index IS NOT NULL AND coalesce(group_code.who_bears, '') <> 'patient'
    GROUP BY adjustment.file_id, adjustment.line_segment_index
),
billed AS (
    SELECT
        line.file_id,
        line.segment_index,
        line.claim_segment_index,
        claim.claim_key,
        claim.decision_number,
        CASE WHEN claim.claim_effect = 'secondary' OR claim.claim_effect = 'tertiary' THEN claim.claim_effect ELSE '' END AS payer_turn,
        coalesce(claim_frequency.is_replacement, FALSE) AS is_replacement,
        claim.payer_key,
        line.line_number,
        coalesce(line.submitted_procedure_qualifier, line.procedure_qualifier) AS procedure_qualifier,
        coalesce(line.submitted_procedure_code, line.procedure_code) AS billed_procedure_code,
        CASE
            WHEN line.submitted_procedure_code IS NOT NULL THEN concat_ws(' ',
                line.submitted_modifier_1, line.submitted_modifier_2, line.submitted_modifier_3, line.submitted_modifier_4)
            ELSE concat_ws(' ', line.modifier_1, line.modifier_2, line.modifier_3, line.modifier_4)
        END AS modifiers,
        line.revenue_code,
        line.charge_amount,
        line.paid_amount,
        line.charge_amount - coalesce(adjusted.adjustment_amount, 0) AS allowed_amount,
        line.paid_units,
        coalesce(line.service_date, claim.statement_from_date) AS service_date,
        line.line_control_number,
        line.policy_id,
        claim.member_id,
        claim.patient_control_number,
        claim.payer_claim_control_number,
        claim.claim_status_code
    FROM service_line AS line
    JOIN claim_payment_current AS claim ON claim.file_id = line.file_id AND claim.segment_index = line.claim_segment_index
    LEFT JOIN adjusted ON adjusted.file_id = line.file_id AND adjusted.line_segment_index = line.segment_index
    LEFT JOIN claim_frequency ON claim_frequency.code = claim.claim_frequency_code
),
named AS (
    SELECT
        file_id,
        segment_index,
        md5(concat_ws('|', claim_key, payer_turn, coalesce(CAST(service_date AS VARCHAR), ''))) AS claim_day,
        md5(concat_ws('|',
            claim_key, payer_turn, coalesce(CAST(service_date AS VARCHAR), ''),
            coalesce(billed_procedure_code, revenue_code, ''), modifiers,
            CAST(row_number() OVER (
                PARTITION BY
                    claim_key, payer_turn, service_date, coalesce(billed_procedure_code, revenue_code, ''), modifiers, decision_number
                ORDER BY segment_index
            ) AS VARCHAR)
        )) AS item_id,
        CASE WHEN line_control_number IS NOT NULL THEN md5(concat_ws('|',
            claim_key, payer_turn, coalesce(CAST(service_date AS VARCHAR), ''),
            coalesce(billed_procedure_code, revenue_code, ''), line_control_number
        )) END AS numbered_line,
        decision_number,
        is_replacement
    FROM billed
),
dated AS (
    SELECT
        file_id,
        segment_index,
        item_id,
        decision_number = max(decision_number) OVER (PARTITION BY item_id)
        AND (
            numbered_line IS NULL
            OR decision_number = max(decision_number) OVER (PARTITION BY coalesce(numbered_line, item_id))
        )
        AND decision_number >= coalesce(max(CASE WHEN is_replacement THEN decision_number END) OVER (PARTITION BY claim_day), 0)
            AS is_latest
    FROM named
)
SELECT
    billed.file_id,
    billed.segment_index,
    billed.claim_segment_index,
    billed.claim_key,
    dated.item_id,
    dated.is_latest,
    billed.decision_number,
    billed.payer_key,
    billed.line_number,
    billed.procedure_qualifier,
    billed.billed_procedure_code,
    nullif(billed.modifiers, '') AS modifiers,
    billed.revenue_code,
    billed.charge_amount,
    billed.paid_amount,
    CAST(billed.allowed_amount AS DECIMAL(18, 2)) AS allowed_amount,
    billed.paid_units,
    billed.service_date,
    billed.line_control_number,
    billed.policy_id,
    billed.member_id,
    billed.patient_control_number,
    billed.payer_claim_control_number,
    billed.claim_status_code
FROM billed
JOIN dated ON dated.file_id = billed.file_id AND dated.segment_index = billed.segment_index
