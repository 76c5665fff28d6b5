-- Grain: one denied service line, or one claim denied at claim level, by the latest decision about it. Reads
-- classified_adjustment, adjustment_case, denial_pattern_family, denial_pattern_flag, claim_payment_current, service_line_current.
-- Why: what billers work on. A denial is found in the adjustments alone: neither a status code nor a payment of zero makes one.
-- The LEFT JOINs all find their row; see claim_payment_current. The largest denial adjustment leads: it gives group, family, rule and guard; `denied_amount` is the sum of all of them.
WITH denial AS (
    SELECT
        adjusted.file_id,
        coalesce(adjusted.line_segment_index, adjusted.claim_segment_index) AS segment_index,
        adjusted.claim_segment_index,
        adjusted.line_segment_index,
        adjusted.item_id,
        adjusted.pattern_id,
        adjusted.group_code,
        adjusted.reason_code,
        adjusted.adjustment_amount,
        adjusted.family,
        adjusted.family_basis,
        adjusted.rule_id,
        decided.medical_necessity,
        decided.guard,
        decided.has_frequency_signal,
        one_case.remark_codes,
        one_case.service_remark_basis,
        row_number() OVER (
            PARTITION BY adjusted.file_id, coalesce(adjusted.line_segment_index, adjusted.claim_segment_index)
            ORDER BY adjusted.adjustment_amount DESC, adjusted.segment_index, adjusted.triplet_number
        ) AS place
    FROM classified_adjustment AS adjusted
    LEFT JOIN denial_pattern_family AS decided ON decided.pattern_id = adjusted.pattern_id
    LEFT JOIN adjustment_case AS one_case
        ON one_case.file_id = adjusted.file_id
        AND one_case.segment_index = adjusted.segment_index
        AND one_case.triplet_number = adjusted.triplet_number
    WHERE adjusted.outcome = 'denied'
),
reason AS (
    SELECT file_id, segment_index, reason_code, min(place) AS place
    FROM denial
    WHERE reason_code IS NOT NULL
    GROUP BY file_id, segment_index, reason_code
),
reason_list AS (
    SELECT file_id, segment_index, string_agg(reason_code, ' ' ORDER BY place) AS reason_codes
    FROM reason
    GROUP BY file_id, segment_index
),
flag AS (
    SELECT denial.file_id, denial.segment_index, denial_pattern_flag.flag
    FROM denial
    JOIN denial_pattern_flag ON denial_pattern_flag.pattern_id = denial.pattern_id
    UNION
    SELECT file_id, segment_index, 'CLAIM_LEVEL_REMARK' AS flag
    FROM denial
    WHERE service_remark_basis = 'claim'
),
flag_list AS (
    SELECT file_id, segment_index, string_agg(flag, ' ' ORDER BY flag) AS flags
    FROM flag
    GROUP BY file_id, segment_index
),
total AS (
    SELECT
        file_id,
        segment_index,
        CAST(sum(adjustment_amount) AS DECIMAL(18, 2)) AS denied_amount,
        bool_or(has_frequency_signal) AS has_frequency_signal
    FROM denial
    GROUP BY file_id, segment_index
)
SELECT
    denial.item_id,
    denial.file_id,
    denial.segment_index,
    denial.claim_segment_index,
    denial.line_segment_index,
    claim.claim_key,
    claim.payer_key,
    total.denied_amount,
    CASE WHEN denial.line_segment_index IS NULL THEN claim.charge_amount ELSE line.charge_amount END AS charge_amount,
    CASE WHEN denial.line_segment_index IS NULL THEN claim.paid_amount ELSE line.paid_amount END AS paid_amount,
    denial.group_code,
    reason_list.reason_codes,
    denial.remark_codes,
    denial.family,
    denial.family_basis,
    denial.medical_necessity,
    denial.rule_id,
    denial.guard,
    total.has_frequency_signal,
    line.policy_id,
    flag_list.flags
FROM denial
LEFT JOIN total ON total.file_id = denial.file_id AND total.segment_index = denial.segment_index
LEFT JOIN claim_payment_current AS claim ON claim.file_id = denial.file_id AND claim.segment_index = denial.claim_segment_index
LEFT JOIN service_line_current AS line ON line.file_id = denial.file_id AND line.segment_index = denial.line_segment_index
LEFT JOIN reason_list ON reason_list.file_id = denial.file_id AND reason_list.segment_index = denial.segment_index
LEFT JOIN flag_list ON flag_list.file_id = denial.file_id AND flag_list.segment_index = denial.segment_index
WHERE denial.place = 1
