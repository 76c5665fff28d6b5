-- Grain: one line of a claim payment that stands, or the claim itself for its claim-level adjustments, where it has remarks.
-- Reads remark_code, service_line_current, claim_remark, remark_position.
-- Why: nothing ties a remark to one adjustment, so the remarks of a line stand beside all of its adjustments. A line without
-- remarks takes those of its claim, and says so.
WITH line_remark AS (
    SELECT
        remark.file_id,
        remark.line_segment_index AS segment_index,
        remark.claim_segment_index,
        remark.remark_code,
        min(remark.segment_index * 100 + remark.remark_position) AS remark_position
    FROM remark_code AS remark
    JOIN service_line_current AS line ON line.file_id = remark.file_id AND line.segment_index = remark.line_segment_index
    LEFT JOIN remark_position
        ON remark_position.remark_source = remark.remark_source
        AND remark_position.code_list_qualifier = coalesce(remark.code_list_qualifier, '')
    WHERE remark.remark_code IS NOT NULL AND coalesce(remark_position.code_list, 'RARC') = 'RARC'
    GROUP BY remark.file_id, remark.line_segment_index, remark.claim_segment_index, remark.remark_code
),
line_with_remark AS (
    SELECT DISTINCT file_id, segment_index FROM line_remark
),
gathered AS (
    SELECT file_id, segment_index, remark_code, 0 AS source_order, remark_position, 'line' AS service_remark_basis
    FROM line_remark
    UNION ALL
    SELECT
        line.file_id,
        line.segment_index,
        claim_remark.remark_code,
        1 AS source_order,
        claim_remark.remark_position,
        CASE WHEN own.file_id IS NULL THEN 'claim' ELSE 'line' END AS service_remark_basis
    FROM claim_remark
    JOIN service_line_current AS line
        ON line.file_id = claim_remark.file_id AND line.claim_segment_index = claim_remark.claim_segment_index
    LEFT JOIN line_with_remark AS own ON own.file_id = line.file_id AND own.segment_index = line.segment_index
    LEFT JOIN line_remark AS same
        ON same.file_id = line.file_id AND same.segment_index = line.segment_index AND same.remark_code = claim_remark.remark_code
    WHERE own.file_id IS NULL OR (claim_remark.is_forced AND same.file_id IS NULL)
    UNION ALL
    SELECT file_id, claim_segment_index, remark_code, 0 AS source_order, remark_position, 'line' AS service_remark_basis
    FROM claim_remark
)
SELECT
    file_id,
    segment_index,
    string_agg(remark_code, ' ' ORDER BY source_order, remark_position) AS remark_codes,
    min(service_remark_basis) AS service_remark_basis
FROM gathered
GROUP BY file_id, segment_index
