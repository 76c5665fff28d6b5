-- Grain: one claim payment, one code in it and one thing that is wrong with its use. Reads adjustment, remark_code, claim_payment,
-- claim_payment_event, remittance_head, remittance_status, remark_position, carc, rarc, group_code, claim_status.
-- Why: a payer that uses a code before its first day, from the day of its retirement on, or one that no list has, is worth
-- asking; and an unknown code may only mean that our lists are old. Such codes are classified all the same.
-- A reversal repeats the codes of what it takes back, so a retired code is right there.
WITH remittance_day AS (
    SELECT
        remittance.file_id,
        remittance.segment_index,
        coalesce(remittance.payment_date, remittance.production_date, remittance.group_date) AS used_date
    FROM remittance_head AS remittance
    JOIN remittance_status AS status
        ON status.file_id = remittance.file_id AND status.segment_index = remittance.segment_index
    WHERE status.is_accepted
),
-- Dollars are looked up for remarks that can be wrong on some day only: those are few.
doubtful_remark AS (
    SELECT
        remark.file_id,
        remark.remittance_segment_index,
        remark.claim_segment_index,
        coalesce(remark.line_segment_index, remark.claim_segment_index) AS segment_index,
        remark.remark_code
    FROM remark_code AS remark
    LEFT JOIN rarc ON rarc.code = remark.remark_code
    LEFT JOIN remark_position
        ON remark_position.remark_source = remark.remark_source
        AND remark_position.code_list_qualifier = coalesce(remark.code_list_qualifier, '')
    JOIN remittance_day
        ON remittance_day.file_id = remark.file_id AND remittance_day.segment_index = remark.remittance_segment_index
    WHERE coalesce(remark_position.code_list, 'RARC') = 'RARC'
        AND (rarc.code IS NULL OR rarc.stop_date IS NOT NULL OR rarc.start_date > remittance_day.used_date)
),
line_adjusted AS (
    SELECT adjustment.file_id, line.segment_index, sum(adjustment.adjustment_amount) AS adjustment_amount
    FROM (SELECT DISTINCT file_id, segment_index FROM doubtful_remark) AS line
    JOIN adjustment
        ON adjustment.file_id = line.file_id
        AND coalesce(adjustment.line_segment_index, adjustment.claim_segment_index) = line.segment_index
    GROUP BY adjustment.file_id, line.segment_index
),
reversal AS (
    SELECT file_id, segment_index
    FROM claim_payment_event
    WHERE claim_effect = 'reversal'
),
listed AS (
    SELECT 'CARC' AS code_type, code, start_date, stop_date FROM carc
    UNION ALL
    SELECT 'RARC' AS code_type, code, start_date, stop_date FROM rarc
    UNION ALL
    SELECT 'GROUP' AS code_type, code, CAST(NULL AS DATE) AS start_date, CAST(NULL AS DATE) AS stop_date FROM group_code
    UNION ALL
    SELECT 'CLP02' AS code_type, code, CAST(NULL AS DATE) AS start_date, CAST(NULL AS DATE) AS stop_date FROM claim_status
),
-- Nearly every use is of a code that is right on all days of the remittances: those are left aside before anything is joined.
certain AS (
    SELECT listed.code_type, listed.code
    FROM listed
    CROSS JOIN (SELECT min(used_date) AS first_date FROM remittance_day) AS used_since
    WHERE listed.stop_date IS NULL AND (listed.start_date IS NULL OR listed.start_date <= used_since.first_date)
),
used AS (
    SELECT 'CARC' AS code_type, reason_code AS code, file_id, remittance_segment_index, claim_segment_index, adjustment_amount AS amount
    FROM adjustment
    LEFT JOIN certain ON certain.code_type = 'CARC' AND certain.code = adjustment.reason_code
    WHERE certain.code IS NULL
    UNION ALL
    SELECT 'GROUP' AS code_type, group_code AS code, file_id, remittance_segment_index, claim_segment_index, adjustment_amount AS amount
    FROM adjustment
    LEFT JOIN certain ON certain.code_type = 'GROUP' AND certain.code = adjustment.group_code
    WHERE certain.code IS NULL
    UNION ALL
    SELECT
        'RARC' AS code_type,
        remark.remark_code AS code,
        remark.file_id,
        remark.remittance_segment_index,
        remark.claim_segment_index,
        line_adjusted.adjustment_amount AS amount
    FROM doubtful_remark AS remark
    LEFT JOIN line_adjusted
        ON line_adjusted.file_id = remark.file_id AND line_adjusted.segment_index = remark.segment_index
    UNION ALL
    SELECT
        'CLP02' AS code_type,
        claim_status_code AS code,
        file_id,
        remittance_segment_index,
        segment_index AS claim_segment_index,
        charge_amount AS amount
    FROM claim_payment
    LEFT JOIN certain ON certain.code_type = 'CLP02' AND certain.code = claim_payment.claim_status_code
    WHERE certain.code IS NULL
),
of_claim AS (
    SELECT
        used.file_id,
        used.claim_segment_index,
        used.code_type,
        used.code,
        remittance_day.used_date,
        reversal.file_id IS NOT NULL AS is_reversal,
        count(*) AS use_count,
        sum(used.amount) AS amount
    FROM used
    JOIN remittance_day
        ON remittance_day.file_id = used.file_id AND remittance_day.segment_index = used.remittance_segment_index
    LEFT JOIN reversal
        ON reversal.file_id = used.file_id AND reversal.segment_index = used.claim_segment_index
    WHERE used.code IS NOT NULL
    GROUP BY
        used.file_id, used.claim_segment_index, used.code_type, used.code, remittance_day.used_date, reversal.file_id IS NOT NULL
),
judged AS (
    SELECT
        of_claim.file_id,
        of_claim.claim_segment_index,
        of_claim.code_type,
        of_claim.code,
        CASE
            WHEN listed.code IS NULL THEN 'unknown_code'
            WHEN listed.start_date > of_claim.used_date THEN 'not_yet_valid'
            WHEN listed.stop_date <= of_claim.used_date AND NOT of_claim.is_reversal THEN 'retired_code'
        END AS problem,
        of_claim.used_date,
        of_claim.use_count,
        of_claim.amount
    FROM of_claim
    LEFT JOIN listed ON listed.code_type = of_claim.code_type AND listed.code = of_claim.code
)
SELECT
    file_id,
    claim_segment_index,
    code_type,
    code,
    problem,
    use_count,
    CAST(amount AS DECIMAL(18, 2)) AS use_amount,
    used_date
FROM judged
WHERE problem IS NOT NULL
