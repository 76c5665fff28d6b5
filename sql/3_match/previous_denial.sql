-- Grain: one open denied line whose patient, procedure and diagnosis the same payer denied before. Reads denied_service.
-- Why: counter-evidence: who names an earlier payment on the call should know of earlier denials.
SELECT
    denied.item_id,
    count(DISTINCT earlier.item_id) AS previous_denial_count,
    max(earlier.service_date) AS previous_denial_service_date
FROM denied_service AS denied
INNER JOIN denied_service AS earlier
    ON earlier.payer_key = denied.payer_key
    AND earlier.member_key = denied.member_key
    AND earlier.billed_procedure_code = denied.billed_procedure_code
    AND earlier.primary_diagnosis_code = denied.primary_diagnosis_code
WHERE denied.is_open
    AND earlier.service_date < denied.service_date
    AND earlier.service_date >= denied.history_from_date
    AND NOT coalesce(earlier.file_id = denied.file_id AND earlier.claim_segment_index = denied.claim_segment_index, FALSE)
    AND (earlier.first_name_key IS NULL OR denied.first_name_key IS NULL OR earlier.first_name_key = denied.first_name_key)
GROUP BY denied.item_id
