-- Grain: one combination of codes that holds a code with a client's label. Reads denial_pattern, denial_pattern_value,
-- denial_pattern_official, client_label, client_label_service_kind, run_parameter.
-- Why: the client may read a code in another way than its official list does. The label is kept beside the official meaning,
-- never in its place. Of several labels the one that agrees with the official family comes first.
WITH labelled AS (
    SELECT
        offered.pattern_id,
        client_label.code_type,
        client_label.code,
        client_label.family AS family_of_label,
        client_label.medical_necessity AS medical_necessity_of_label,
        client_label.flag
    FROM denial_pattern_value AS offered
    JOIN client_label
        ON client_label.code = offered.condition_value
        AND offered.dimension = CASE WHEN client_label.code_type = 'CARC' THEN 'reason_code' ELSE 'remark_code' END
    CROSS JOIN run_parameter
    WHERE run_parameter.client_labels_on
)
SELECT
    labelled.pattern_id,
    labelled.code,
    labelled.family_of_label,
    labelled.medical_necessity_of_label,
    CASE WHEN kind.service_kind IS NOT NULL THEN labelled.flag END AS flag
FROM labelled
JOIN denial_pattern ON denial_pattern.pattern_id = labelled.pattern_id
JOIN denial_pattern_official AS official ON official.pattern_id = labelled.pattern_id
LEFT JOIN client_label_service_kind AS kind
    ON kind.code_type = labelled.code_type
    AND kind.code = labelled.code
    AND kind.service_kind = denial_pattern.service_kind
QUALIFY row_number() OVER (
    PARTITION BY labelled.pattern_id
    ORDER BY CASE WHEN labelled.family_of_label = official.official_family THEN 0 ELSE 1 END, labelled.code_type, labelled.code
) = 1
