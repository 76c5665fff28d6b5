-- Grain: one paid service line whose price can be compared with that of others. Reads service_line_current,
-- claim_payment_current, classified_adjustment, denied_line, group_code.
-- Why: what is known of a price lies in its claim alone, and a night looks at all prices: the key of a price is made once, and kept.
-- The same price is: payer, kind of plan, payee, place, procedure, modifiers in any order, units, and the codes of what was
-- taken off. Lines with a denial or an adjustment that nobody bears yet (OA), claims adjusted at claim level and second payers are
-- left out: there the allowed amount means something else. Hardly any line has two such codes: only these are put together, for
-- an engine holds texts that it puts together in memory, all of them.
WITH written AS (
    SELECT DISTINCT modifiers
    FROM service_line_current
    WHERE modifiers IS NOT NULL
),
single AS (
    SELECT written.modifiers, modifier_code
    FROM written
    CROSS JOIN unnest(string_split(written.modifiers, ' ')) AS part(modifier_code)
),
modifier_order AS (
    SELECT modifiers, array_to_string(list_sort(array_agg(modifier_code ORDER BY modifier_code)), ' ') AS sorted_modifiers
    FROM single
    GROUP BY modifiers
),
left_out AS (
    SELECT file_id, claim_segment_index
    FROM classified_adjustment
    WHERE line_segment_index IS NULL
    GROUP BY file_id, claim_segment_index
),
denied AS (
    SELECT file_id, line_segment_index
    FROM denied_line
    WHERE line_segment_index IS NOT NULL
),
paid AS (
    SELECT
        line.file_id,
        line.segment_index,
        line.claim_segment_index,
        line.allowed_amount,
        claim.payment_date,
        concat_ws(
            '|',
            line.payer_key,
            coalesce(claim.filing_indicator_code, ''),
            coalesce(claim.payee_npi, claim.payee_tax_number, ''),
            coalesce(claim.facility_type_code, ''),
            coalesce(line.procedure_qualifier, ''),
            line.billed_procedure_code,
            coalesce(modifier_order.sorted_modifiers, ''),
            coalesce(cast(line.paid_units AS VARCHAR), '')
        ) AS service_text
    FROM service_line_current AS line
    INNER JOIN claim_payment_current AS claim
        ON claim.file_id = line.file_id AND claim.segment_index = line.claim_segment_index
    LEFT JOIN modifier_order ON modifier_order.modifiers = line.modifiers
    LEFT JOIN left_out ON left_out.file_id = line.file_id AND left_out.claim_segment_index = line.claim_segment_index
    LEFT JOIN denied ON denied.file_id = line.file_id AND denied.line_segment_index = line.segment_index
    WHERE line.is_latest
        AND claim.claim_effect = 'pay_or_deny'
        AND line.billed_procedure_code IS NOT NULL
        AND line.allowed_amount > 0
        AND left_out.file_id IS NULL
        AND denied.file_id IS NULL
        AND claim.payment_date IS NOT NULL
),
taken AS (
    SELECT DISTINCT
        paid.file_id,
        paid.segment_index,
        adjustment.reason_code,
        group_code.who_bears = 'nobody yet' OR group_code.who_bears = 'earlier payment' AS is_elsewhere
    FROM paid
    INNER JOIN classified_adjustment AS adjustment
        ON adjustment.file_id = paid.file_id AND adjustment.line_segment_index = paid.segment_index
    LEFT JOIN group_code ON group_code.code = adjustment.group_code
    WHERE coalesce(group_code.who_bears, '') <> 'patient'
),
reduced AS (
    SELECT
        file_id,
        segment_index,
        min(reason_code) AS reason_code,
        count(reason_code) AS code_count,
        bool_or(is_elsewhere) AS is_elsewhere
    FROM taken
    GROUP BY file_id, segment_index
),
several AS (
    SELECT taken.file_id, taken.segment_index, string_agg(taken.reason_code, ' ' ORDER BY taken.reason_code) AS reduction_codes
    FROM taken
    INNER JOIN reduced ON reduced.file_id = taken.file_id AND reduced.segment_index = taken.segment_index
    WHERE reduced.code_count > 1
    GROUP BY taken.file_id, taken.segment_index
),
priced AS (
    SELECT
        paid.file_id,
        paid.segment_index,
        paid.claim_segment_index,
        paid.service_text,
        coalesce(several.reduction_codes, reduced.reason_code, '') AS reduction_codes,
        paid.allowed_amount,
        paid.payment_date
    FROM paid
    LEFT JOIN reduced ON reduced.file_id = paid.file_id AND reduced.segment_index = paid.segment_index
    LEFT JOIN several ON several.file_id = paid.file_id AND several.segment_index = paid.segment_index
    WHERE NOT coalesce(reduced.is_elsewhere, FALSE)
)
SELECT
    file_id,
    segment_index,
    claim_segment_index,
    md5(concat_ws('|', service_text, reduction_codes)) AS price_key,
    reduction_codes,
    allowed_amount,
    payment_date
FROM priced
