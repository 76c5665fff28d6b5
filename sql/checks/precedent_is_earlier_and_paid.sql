-- Grain: a precedent that is not earlier, was not paid, belongs to the same claim or does not stand. Reads precedent,
-- denied_service, paid_service, service_line_current, paid_history.
SELECT precedent.item_id, precedent.precedent_file_id, precedent.precedent_segment_index
FROM precedent
INNER JOIN denied_service ON denied_service.item_id = precedent.item_id
LEFT JOIN paid_service
    ON paid_service.file_id = precedent.precedent_file_id AND paid_service.segment_index = precedent.precedent_segment_index
LEFT JOIN service_line_current AS line
    ON line.file_id = precedent.precedent_file_id AND line.segment_index = precedent.precedent_segment_index
LEFT JOIN paid_history AS history
    ON history.file_id = precedent.precedent_file_id AND history.segment_index = precedent.precedent_segment_index
WHERE (line.file_id IS NULL AND history.file_id IS NULL)
    OR paid_service.paid_amount IS NULL
    OR paid_service.paid_amount <= 0
    OR paid_service.service_date >= denied_service.service_date
    OR (paid_service.file_id = denied_service.file_id AND paid_service.claim_segment_index = denied_service.claim_segment_index)
