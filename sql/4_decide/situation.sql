-- Grain: one open item, described by what the rules of next_step.csv look at. Reads open_item, denied_service, precedent,
-- deadline, carc, filing_indicator, client, past_limit, run_parameter.
-- Why: many lines, few situations: rules are tried once for each distinct situation_key and not once a line. Where the
-- client says to go on after a limit, the passed limit counts as open here, and the line says so.
-- What only the cautious default says to have passed is not known to have passed.
WITH known AS (
    SELECT item_id, deadline_action, CASE WHEN deadline_state = 'doubtful' THEN 'unknown' ELSE deadline_state END AS known_state
    FROM deadline
),
limits AS (
    SELECT
        item_id,
        max(CASE WHEN deadline_action = 'appeal' THEN known_state END) AS appeal_state,
        max(CASE WHEN deadline_action = 'corrected_claim' THEN known_state END) AS corrected_claim_state,
        max(CASE WHEN deadline_action = 'reopening' THEN known_state END) AS reopening_state,
        max(CASE WHEN deadline_action = 'new_claim' THEN known_state END) AS new_claim_state
    FROM known
    GROUP BY item_id
),
told AS (
    SELECT
        open_item.item_id,
        client.client,
        open_item.client_continues,
        string_agg(past_limit.past_limit_id, ' ' ORDER BY past_limit.past_limit_id) AS past_limit_ids
    FROM open_item
    LEFT JOIN client ON client.payee_id = coalesce(open_item.payee_npi, open_item.payee_tax_number)
    LEFT JOIN past_limit
        ON (past_limit.client IS NULL OR past_limit.client = client.client)
        AND (past_limit.payer_key IS NULL OR past_limit.payer_key = open_item.payer_key)
    GROUP BY open_item.item_id, client.client, open_item.client_continues
),
-- What the client says of one item is stronger than what it says of all.
instructed AS (
    SELECT
        item_id,
        client,
        coalesce(client_continues = 'Y', past_limit_ids IS NOT NULL) AS works_past_limit,
        CASE
            WHEN client_continues = 'Y' THEN 'logged for this item'
            WHEN client_continues IS NULL AND past_limit_ids IS NOT NULL THEN concat('past_limit.csv: ', past_limit_ids)
        END AS continue_basis
    FROM told
),
described AS (
    SELECT
        open_item.item_id,
        instructed.client,
        instructed.works_past_limit,
        instructed.continue_basis,
        open_item.family,
        coalesce(open_item.medical_necessity, 'none') AS medical_necessity,
        coalesce(open_item.guard, 'none') AS guard,
        CASE WHEN open_item.has_frequency_signal THEN 'Y' ELSE 'N' END AS frequency_signal,
        CASE WHEN precedent.is_candidate THEN 'AB' ELSE 'none' END AS precedent_class,
        coalesce(open_item.payer_family, 'unknown') AS payer_family,
        coalesce(filing_indicator.medicare_part, 'none') AS medicare_part,
        open_item.group_code,
        coalesce(carc.next_step, 'none') AS code_next_step,
        CASE WHEN denied_service.diagnosis_codes IS NULL THEN 'N' ELSE 'Y' END AS diagnosis_known,
        open_item.item_state,
        -- An item waits until its answer is due: then it is open again, for the follow-up.
        CASE WHEN open_item.follow_up_date <= parameter.as_of_date THEN 'open' ELSE open_item.item_status END AS item_status,
        CASE WHEN instructed.works_past_limit AND limits.appeal_state = 'passed' THEN 'open' ELSE limits.appeal_state END
            AS appeal_state,
        CASE
            WHEN instructed.works_past_limit AND limits.corrected_claim_state = 'passed' THEN 'open'
            ELSE limits.corrected_claim_state
        END AS corrected_claim_state,
        -- The payer's own reopening right ends with its limit, whatever the client says.
        limits.reopening_state,
        CASE WHEN instructed.works_past_limit AND limits.new_claim_state = 'passed' THEN 'open' ELSE limits.new_claim_state END
            AS new_claim_state
    FROM open_item
    INNER JOIN instructed ON instructed.item_id = open_item.item_id
    CROSS JOIN run_parameter AS parameter
    LEFT JOIN denied_service ON denied_service.item_id = open_item.item_id
    LEFT JOIN precedent ON precedent.item_id = open_item.item_id
    LEFT JOIN limits ON limits.item_id = open_item.item_id
    LEFT JOIN filing_indicator ON filing_indicator.code = open_item.filing_indicator_code
    LEFT JOIN carc ON carc.code = split_part(open_item.reason_codes, ' ', 1)
)
SELECT
    item_id,
    client,
    works_past_limit,
    continue_basis,
    family,
    medical_necessity,
    guard,
    frequency_signal,
    precedent_class,
    payer_family,
    medicare_part,
    group_code,
    code_next_step,
    diagnosis_known,
    item_state,
    item_status,
    coalesce(appeal_state, 'unknown') AS appeal_state,
    coalesce(corrected_claim_state, 'unknown') AS corrected_claim_state,
    coalesce(reopening_state, 'unknown') AS reopening_state,
    coalesce(new_claim_state, 'unknown') AS new_claim_state,
    md5(concat_ws(
        '|', coalesce(family, ''), medical_necessity, guard, frequency_signal, precedent_class, payer_family, medicare_part,
        coalesce(group_code, ''), code_next_step, diagnosis_known, item_state, item_status,
        coalesce(appeal_state, 'unknown'), coalesce(corrected_claim_state, 'unknown'), coalesce(reopening_state, 'unknown'),
        coalesce(new_claim_state, 'unknown')
    )) AS situation_key
FROM described
