-- Grain: one adjustment of a claim payment that stands. Reads adjustment, claim_payment_current, service_line_current,
-- service_remark, service_kind, filing_indicator.
-- Why: gathers all that rules look at. Millions of adjustments have a few thousand combinations of codes, and rules are matched
-- against the combinations (`pattern_id`), not against the adjustments.
WITH procedure_kind AS (
    SELECT code.billed_procedure_code, service_kind.service_kind
    FROM (SELECT DISTINCT billed_procedure_code FROM service_line_current) AS code
    JOIN service_kind
        ON code.billed_procedure_code >= service_kind.first_code
        AND code.billed_procedure_code <= service_kind.last_code
        AND length(code.billed_procedure_code) = length(service_kind.first_code)
),
coded AS (
    SELECT
        adjustment.file_id,
        adjustment.segment_index,
        adjustment.triplet_number,
        adjustment.claim_segment_index,
        adjustment.line_segment_index,
        adjustment.group_code,
        adjustment.reason_code,
        remark.remark_codes,
        line.modifiers,
        procedure_kind.service_kind,
        line.policy_id IS NOT NULL AS has_policy,
        claim.claim_status_code,
        filing_indicator.medicare_part,
        remark.service_remark_basis,
        adjustment.adjustment_amount
    FROM adjustment
    JOIN claim_payment_current AS claim
        ON claim.file_id = adjustment.file_id AND claim.segment_index = adjustment.claim_segment_index
    LEFT JOIN service_line_current AS line
        ON line.file_id = adjustment.file_id AND line.segment_index = adjustment.line_segment_index
    LEFT JOIN service_remark AS remark
        ON remark.file_id = adjustment.file_id
        AND remark.segment_index = coalesce(adjustment.line_segment_index, adjustment.claim_segment_index)
    LEFT JOIN procedure_kind ON procedure_kind.billed_procedure_code = line.billed_procedure_code
    LEFT JOIN filing_indicator ON filing_indicator.code = claim.filing_indicator_code
)
SELECT
    file_id,
    segment_index,
    triplet_number,
    claim_segment_index,
    line_segment_index,
    md5(concat_ws('|',
        coalesce(group_code, ''), coalesce(reason_code, ''), coalesce(remark_codes, ''), coalesce(modifiers, ''),
        coalesce(service_kind, ''), CAST(has_policy AS VARCHAR), coalesce(claim_status_code, ''), coalesce(medicare_part, '')
    )) AS pattern_id,
    group_code,
    reason_code,
    remark_codes,
    modifiers,
    service_kind,
    has_policy,
    claim_status_code,
    medicare_part,
    service_remark_basis,
    adjustment_amount
FROM coded
