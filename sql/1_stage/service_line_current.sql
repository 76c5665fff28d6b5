-- Grain: one service line of a claim payment that stands. Reads service_line, adjustment, claim_payment_current, group_code,
-- claim_frequency.
-- Why: the line as billed (SVC06, else SVC01), what the payer allowed, and the name of its service on every night.
-- Allowed is the charge less what neither payer nor patient pays; AMT*B6 is often the charge again, so it is not read.
-- `item_id` names the service by claim, day, code, modifiers and its ordinal among like ones: a resubmitted claim gets new line
-- numbers and may get another charge. `is_latest` is false where a later remittance decided again about the same service:
-- the same item, the same line number and code with other modifiers, or any line of that day in a replacement claim. Few claims
-- have two like services, and not many are decided again: only those are put in order.
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
        coalesce(line.submitted_procedure_code, line.procedure_code, line.revenue_code, '') AS service_code,
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
repeated AS (
    SELECT claim_key, payer_turn, service_date, service_code, modifiers, decision_number
    FROM billed
    GROUP BY claim_key, payer_turn, service_date, service_code, modifiers, decision_number
    HAVING count(*) > 1
),
numbered AS (
    SELECT
        billed.file_id,
        billed.segment_index,
        row_number() OVER (
            PARTITION BY
                billed.claim_key, billed.payer_turn, billed.service_date, billed.service_code, billed.modifiers, billed.decision_number
            ORDER BY billed.segment_index
        ) AS ordinal
    FROM billed
    INNER JOIN repeated
        ON repeated.claim_key = billed.claim_key
        AND repeated.payer_turn = billed.payer_turn
        AND repeated.service_date IS NOT DISTINCT FROM billed.service_date
        AND repeated.service_code = billed.service_code
        AND repeated.modifiers = billed.modifiers
        AND repeated.decision_number = billed.decision_number
),
named AS (
    SELECT
        billed.file_id,
        billed.segment_index,
        billed.claim_segment_index,
        billed.claim_key,
        billed.decision_number,
        billed.payer_turn,
        billed.is_replacement,
        billed.payer_key,
        billed.line_number,
        billed.procedure_qualifier,
        billed.billed_procedure_code,
        billed.modifiers,
        billed.revenue_code,
        billed.service_code,
        billed.charge_amount,
        billed.paid_amount,
        billed.allowed_amount,
        billed.paid_units,
        billed.service_date,
        billed.line_control_number,
        billed.policy_id,
        billed.member_id,
        billed.patient_control_number,
        billed.payer_claim_control_number,
        billed.claim_status_code,
        md5(concat_ws('|',
            billed.claim_key, billed.payer_turn, coalesce(CAST(billed.service_date AS VARCHAR), ''), billed.service_code,
            billed.modifiers, CAST(coalesce(numbered.ordinal, 1) AS VARCHAR)
        )) AS item_id
    FROM billed
    LEFT JOIN numbered ON numbered.file_id = billed.file_id AND numbered.segment_index = billed.segment_index
),
decided_again AS (
    SELECT claim_key
    FROM billed
    GROUP BY claim_key
    HAVING min(decision_number) < max(decision_number)
),
dated AS (
    SELECT
        named.file_id,
        named.segment_index,
        named.decision_number,
        max(named.decision_number) OVER (PARTITION BY named.item_id) AS of_item,
        CASE WHEN named.line_control_number IS NOT NULL THEN max(named.decision_number) OVER (
            PARTITION BY named.claim_key, named.payer_turn, named.service_date, named.service_code, named.line_control_number
        ) END AS of_numbered_line,
        max(CASE WHEN named.is_replacement THEN named.decision_number END) OVER (
            PARTITION BY named.claim_key, named.payer_turn, named.service_date
        ) AS of_replacement
    FROM named
    INNER JOIN decided_again ON decided_again.claim_key = named.claim_key
),
superseded AS (
    SELECT file_id, segment_index
    FROM dated
    WHERE decision_number < of_item
        OR decision_number < coalesce(of_numbered_line, 0)
        OR decision_number < coalesce(of_replacement, 0)
)
SELECT
    named.file_id,
    named.segment_index,
    named.claim_segment_index,
    named.claim_key,
    named.item_id,
    superseded.file_id IS NULL AS is_latest,
    named.decision_number,
    named.payer_key,
    named.line_number,
    named.procedure_qualifier,
    named.billed_procedure_code,
    nullif(named.modifiers, '') AS modifiers,
    named.revenue_code,
    named.charge_amount,
    named.paid_amount,
    CAST(named.allowed_amount AS DECIMAL(18, 2)) AS allowed_amount,
    named.paid_units,
    named.service_date,
    named.line_control_number,
    named.policy_id,
    named.member_id,
    named.patient_control_number,
    named.payer_claim_control_number,
    named.claim_status_code
FROM named
LEFT JOIN superseded ON superseded.file_id = named.file_id AND superseded.segment_index = named.segment_index
