-- Grain: one file and one payer that it has remittances of; payer `none` for a file without, and for what is found outside any.
-- Reads source_file, remittance_head, remittance_status, remittance_summary, finding, denied_line, denied_service.
-- Why: how far the rest can be trusted, by where it came from. Sums over files give a payer or a night: received_date is the
-- night. A denied line without a submitted one has no diagnosis, so it can have no precedent either.
WITH paid AS (
    SELECT
        status.file_id,
        status.payer_key,
        max(status.payer_name) AS payer_name,
        count(*) AS remittance_count,
        count(*) FILTER (WHERE NOT summary.is_balanced) AS unbalanced_count,
        count(*) FILTER (WHERE NOT status.is_accepted) AS not_counted_count,
        cast(sum(remittance.claim_count) AS BIGINT) AS claim_count,
        cast(sum(remittance.line_count) AS BIGINT) AS line_count
    FROM remittance_status AS status
    INNER JOIN remittance_head AS remittance ON remittance.file_id = status.file_id AND remittance.segment_index = status.segment_index
    INNER JOIN remittance_summary AS summary
        ON summary.file_id = status.file_id AND summary.segment_index = status.segment_index
    GROUP BY status.file_id, status.payer_key
),
found AS (
    SELECT
        finding.file_id,
        coalesce(status.payer_key, 'none') AS payer_key,
        count(*) FILTER (WHERE finding.severity = 'error') AS error_count,
        count(*) FILTER (WHERE finding.severity = 'warning') AS warning_count,
        count(*) FILTER (WHERE finding.severity = 'information') AS information_count
    FROM finding
    LEFT JOIN remittance_status AS status
        ON status.file_id = finding.file_id AND status.segment_index = finding.transaction_segment_index
    GROUP BY finding.file_id, coalesce(status.payer_key, 'none')
),
denied AS (
    SELECT
        denied_line.file_id,
        denied_line.payer_key,
        count(*) AS item_count,
        count(*) FILTER (WHERE service.match_method IS NULL) AS unmatched_count,
        count(*) FILTER (WHERE coalesce(service.diagnosis_basis, 'unknown') = 'unknown') AS unknown_diagnosis_count
    FROM denied_line
    LEFT JOIN denied_service AS service ON service.item_id = denied_line.item_id
    GROUP BY denied_line.file_id, denied_line.payer_key
),
-- What a file without remittances holds: the claims of an 837.
unpaid AS (
    SELECT source_file.file_id, source_file.claim_count, source_file.line_count
    FROM source_file
    LEFT JOIN paid ON paid.file_id = source_file.file_id
    WHERE paid.file_id IS NULL
),
part AS (
    SELECT file_id, payer_key FROM paid
    UNION
    SELECT file_id, payer_key FROM found
    UNION
    SELECT file_id, payer_key FROM denied
    UNION
    SELECT file_id, 'none' AS payer_key FROM unpaid
)
SELECT
    part.file_id,
    part.payer_key,
    paid.payer_name,
    source_file.file_name,
    cast(source_file.received_at AS DATE) AS received_date,
    source_file.kind,
    source_file.file_status,
    source_file.quarantine_code,
    coalesce(paid.remittance_count, 0) AS remittance_count,
    coalesce(paid.unbalanced_count, 0) AS unbalanced_count,
    coalesce(paid.not_counted_count, 0) AS not_counted_count,
    coalesce(paid.claim_count, unpaid.claim_count, 0) AS claim_count,
    coalesce(paid.line_count, unpaid.line_count, 0) AS line_count,
    coalesce(found.error_count, 0) AS error_count,
    coalesce(found.warning_count, 0) AS warning_count,
    coalesce(found.information_count, 0) AS information_count,
    coalesce(denied.item_count, 0) AS item_count,
    coalesce(denied.unmatched_count, 0) AS unmatched_count,
    (denied.unmatched_count * 10000) // nullif(denied.item_count, 0) AS unmatched_per_ten_thousand,
    coalesce(denied.unknown_diagnosis_count, 0) AS unknown_diagnosis_count,
    (denied.unknown_diagnosis_count * 10000) // nullif(denied.item_count, 0) AS unknown_diagnosis_per_ten_thousand
FROM part
INNER JOIN source_file ON source_file.file_id = part.file_id
LEFT JOIN paid ON paid.file_id = part.file_id AND paid.payer_key = part.payer_key
LEFT JOIN unpaid ON unpaid.file_id = part.file_id
LEFT JOIN found ON found.file_id = part.file_id AND found.payer_key = part.payer_key
LEFT JOIN denied ON denied.file_id = part.file_id AND denied.payer_key = part.payer_key
