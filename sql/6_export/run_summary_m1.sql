-- Grain: one remark code that the client reads in its own way, and one reason code it came with. Reads denied_line,
-- client_label.
-- Why: shows how far the client's label of a remark holds: with which reason codes it came, and how often only the label
-- makes the family.
WITH labelled AS (
    SELECT denied_line.item_id, client_label.code AS remark_code, denied_line.reason_codes, denied_line.family_basis,
        denied_line.denied_amount
    FROM denied_line
    INNER JOIN client_label
        ON client_label.code_type = 'RARC'
        AND list_contains(string_split(denied_line.remark_codes, ' '), client_label.code)
),
by_reason AS (
    SELECT labelled.remark_code, part.reason_code, labelled.item_id, labelled.family_basis, labelled.denied_amount
    FROM labelled
    CROSS JOIN unnest(string_split(labelled.reason_codes, ' ')) AS part(reason_code)
)
SELECT
    remark_code,
    reason_code,
    count(*) AS item_count,
    cast(sum(denied_amount) AS DECIMAL(18, 2)) AS denied_amount,
    count(*) FILTER (WHERE family_basis = 'client_label') AS label_only_count
FROM by_reason
GROUP BY remark_code, reason_code
