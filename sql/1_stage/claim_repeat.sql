-- Grain: one CLP that another remittance, first in the order, has carried already. Reads claim_ledger_entry, service_line.
-- Why: payers report a claim again under another payment without reversing it; its money may count once only.
-- The same claim event: claim, payer's number, status, amounts, production date and every line. Two equal CLPs of one
-- remittance are no repeat: that remittance pays for both.
WITH event AS (
    SELECT
        file_id,
        segment_index,
        remittance_segment_index,
        ledger_number,
        md5(concat_ws('|',
            claim_key, payer_claim_control_number, coalesce(claim_status_code, ''),
            CAST(charge_amount AS VARCHAR), CAST(paid_amount AS VARCHAR), coalesce(CAST(production_date AS VARCHAR), ''),
            CAST(is_with_reversal AS VARCHAR)
        )) AS event_hash
    FROM claim_ledger_entry
    WHERE exclusion_reason IS NULL AND payer_claim_control_number IS NOT NULL
),
shared_event AS (
    SELECT event_hash
    FROM event
    GROUP BY event_hash
    HAVING count(DISTINCT concat_ws('|', file_id, CAST(remittance_segment_index AS VARCHAR))) > 1
),
candidate AS (
    SELECT event.file_id, event.segment_index, event.remittance_segment_index, event.ledger_number, event.event_hash
    FROM event
    JOIN shared_event ON shared_event.event_hash = event.event_hash
),
line_text AS (
    SELECT
        candidate.file_id,
        candidate.segment_index,
        service_line.segment_index AS line_segment_index,
        concat_ws('|',
            coalesce(service_line.procedure_code, ''), coalesce(service_line.modifier_1, ''), coalesce(service_line.modifier_2, ''),
            coalesce(service_line.submitted_procedure_code, ''), coalesce(service_line.revenue_code, ''),
            coalesce(CAST(service_line.charge_amount AS VARCHAR), ''), coalesce(CAST(service_line.paid_amount AS VARCHAR), ''),
            coalesce(CAST(service_line.service_date AS VARCHAR), ''), coalesce(service_line.line_control_number, '')
        ) AS line_text
    FROM candidate
    JOIN service_line ON service_line.file_id = candidate.file_id AND service_line.claim_segment_index = candidate.segment_index
),
line_set AS (
    SELECT file_id, segment_index, md5(string_agg(line_text, ',' ORDER BY line_text)) AS line_set_hash
    FROM line_text
    GROUP BY file_id, segment_index
),
placed AS (
    SELECT
        candidate.file_id,
        candidate.segment_index,
        candidate.remittance_segment_index,
        first_value(candidate.file_id) OVER same_event AS first_file_id,
        first_value(candidate.remittance_segment_index) OVER same_event AS first_remittance_segment_index,
        first_value(candidate.segment_index) OVER same_event AS first_segment_index
    FROM candidate
    LEFT JOIN line_set ON line_set.file_id = candidate.file_id AND line_set.segment_index = candidate.segment_index
    WINDOW same_event AS (
        PARTITION BY candidate.event_hash, coalesce(line_set.line_set_hash, '') ORDER BY candidate.ledger_number
    )
)
SELECT
    file_id,
    segment_index,
    first_file_id AS restates_file_id,
    first_segment_index AS restates_segment_index
FROM placed
WHERE file_id <> first_file_id OR remittance_segment_index <> first_remittance_segment_index
