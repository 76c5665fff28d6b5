-- Grain: one reason, amount pair of a PLB of a remittance that counts. Reads provider_adjustment, provider_adjustment_reason,
-- remittance_head, remittance_status, claim_payment_event.
-- Why: money that is moved at the level of the payment has a sign that is easily misread, and touches a claim only through its
-- reference. The reference is the payer's claim number, else the provider's, else, where the reason refers to claims, it holds
-- one of them: some payers write the number and the member's identifier together. Numbers of less than eight characters stand
-- in other numbers by chance. A reference that fits several claims of the payer is linked to none of them, and says so.
WITH adjusted AS (
    SELECT
        provider_adjustment.file_id,
        provider_adjustment.segment_index,
        provider_adjustment.pair_number,
        provider_adjustment.remittance_segment_index,
        remittance_status.payer_key,
        remittance_status.payer_name,
        remittance.trace_number,
        remittance.payment_date,
        provider_adjustment.provider_id,
        provider_adjustment.fiscal_period_date,
        provider_adjustment.provider_adjustment_code,
        coalesce(reason.wording, 'unknown') AS wording,
        nullif(trim(provider_adjustment.reference_id), '') AS reference_id,
        provider_adjustment.adjustment_amount,
        CASE
            WHEN provider_adjustment.adjustment_amount > 0
                THEN coalesce(reason.positive_means, 'Money taken out of this payment; the reason code is in no list')
            WHEN provider_adjustment.adjustment_amount < 0
                THEN coalesce(reason.negative_means, 'Money added to this payment; the reason code is in no list')
            WHEN provider_adjustment.adjustment_amount = 0 THEN 'No money is moved'
            ELSE 'The amount is unknown'
        END AS amount_meaning,
        coalesce(reason.is_takeback, FALSE) AS is_takeback,
        coalesce(reason.links_to_claim, FALSE) AS links_to_claim
    FROM provider_adjustment
    JOIN remittance_status
        ON remittance_status.file_id = provider_adjustment.file_id
        AND remittance_status.segment_index = provider_adjustment.remittance_segment_index
    JOIN remittance_head AS remittance
        ON remittance.file_id = provider_adjustment.file_id
        AND remittance.segment_index = provider_adjustment.remittance_segment_index
    LEFT JOIN provider_adjustment_reason AS reason ON reason.code = provider_adjustment.provider_adjustment_code
    WHERE remittance_status.is_accepted
),
-- The few references go to the many claims, never the claims to the references, and to the next kind of number only where the
-- one before found none. The reader left no blanks around a number, so none are taken off here.
by_payer_number AS (
    SELECT DISTINCT adjusted.file_id, adjusted.segment_index, adjusted.pair_number, entry.claim_key
    FROM claim_payment_event AS entry
    JOIN adjusted ON adjusted.reference_id = entry.payer_claim_control_number AND adjusted.payer_key = entry.payer_key
    JOIN remittance_status
        ON remittance_status.file_id = entry.file_id AND remittance_status.segment_index = entry.remittance_segment_index
    WHERE remittance_status.is_accepted
),
not_payers AS (
    SELECT
        adjusted.file_id, adjusted.segment_index, adjusted.pair_number, adjusted.payer_key, adjusted.reference_id,
        adjusted.links_to_claim
    FROM adjusted
    LEFT JOIN by_payer_number AS found
        ON found.file_id = adjusted.file_id
        AND found.segment_index = adjusted.segment_index
        AND found.pair_number = adjusted.pair_number
    WHERE adjusted.reference_id IS NOT NULL AND found.file_id IS NULL
),
by_provider_number AS (
    SELECT DISTINCT sought.file_id, sought.segment_index, sought.pair_number, entry.claim_key
    FROM claim_payment_event AS entry
    JOIN not_payers AS sought ON sought.reference_id = entry.patient_control_number AND sought.payer_key = entry.payer_key
    JOIN remittance_status
        ON remittance_status.file_id = entry.file_id AND remittance_status.segment_index = entry.remittance_segment_index
    WHERE remittance_status.is_accepted
),
unresolved AS (
    SELECT sought.file_id, sought.segment_index, sought.pair_number, sought.payer_key, sought.reference_id
    FROM not_payers AS sought
    LEFT JOIN by_provider_number AS found
        ON found.file_id = sought.file_id
        AND found.segment_index = sought.segment_index
        AND found.pair_number = sought.pair_number
    WHERE sought.links_to_claim AND found.file_id IS NULL
),
payer_unresolved AS (
    SELECT DISTINCT payer_key FROM unresolved
),
number_length AS (
    SELECT entry.payer_key, length(entry.payer_claim_control_number) AS number_length
    FROM claim_payment_event AS entry
    JOIN payer_unresolved ON payer_unresolved.payer_key = entry.payer_key
    WHERE length(entry.payer_claim_control_number) > 7
    UNION
    SELECT entry.payer_key, length(entry.patient_control_number) AS number_length
    FROM claim_payment_event AS entry
    JOIN payer_unresolved ON payer_unresolved.payer_key = entry.payer_key
    WHERE length(entry.patient_control_number) > 7
),
placed AS (
    SELECT file_id, segment_index, pair_number, payer_key, reference_id, part.place
    FROM unresolved
    CROSS JOIN unnest(generate_series(1, 50)) AS part(place)
),
-- every piece that is as long as a number of the payer: joined on the piece, where LIKE would try every claim
piece AS (
    SELECT DISTINCT
        placed.file_id,
        placed.segment_index,
        placed.pair_number,
        placed.payer_key,
        substr(placed.reference_id, placed.place, number_length.number_length) AS number
    FROM placed
    JOIN number_length
        ON number_length.payer_key = placed.payer_key
        AND placed.place + number_length.number_length <= length(placed.reference_id) + 1
),
holds_number AS (
    SELECT piece.file_id, piece.segment_index, piece.pair_number, entry.claim_key, entry.file_id AS claim_file_id,
        entry.remittance_segment_index
    FROM claim_payment_event AS entry
    JOIN piece ON piece.number = entry.payer_claim_control_number AND piece.payer_key = entry.payer_key
    UNION ALL
    SELECT piece.file_id, piece.segment_index, piece.pair_number, entry.claim_key, entry.file_id AS claim_file_id,
        entry.remittance_segment_index
    FROM claim_payment_event AS entry
    JOIN piece ON piece.number = entry.patient_control_number AND piece.payer_key = entry.payer_key
),
found AS (
    SELECT file_id, segment_index, pair_number, claim_key, 'payer_claim_control_number' AS link_method
    FROM by_payer_number
    UNION ALL
    SELECT file_id, segment_index, pair_number, claim_key, 'patient_control_number' AS link_method
    FROM by_provider_number
    UNION ALL
    SELECT holds_number.file_id, holds_number.segment_index, holds_number.pair_number, holds_number.claim_key,
        'contained' AS link_method
    FROM holds_number
    JOIN remittance_status
        ON remittance_status.file_id = holds_number.claim_file_id
        AND remittance_status.segment_index = holds_number.remittance_segment_index
    WHERE remittance_status.is_accepted
),
resolved AS (
    SELECT
        file_id,
        segment_index,
        pair_number,
        min(claim_key) AS claim_key,
        min(link_method) AS link_method,
        count(DISTINCT claim_key) AS claim_count
    FROM found
    GROUP BY file_id, segment_index, pair_number
)
SELECT
    adjusted.file_id,
    adjusted.segment_index,
    adjusted.pair_number,
    adjusted.remittance_segment_index,
    adjusted.payer_key,
    adjusted.payer_name,
    adjusted.trace_number,
    adjusted.payment_date,
    adjusted.provider_id,
    adjusted.fiscal_period_date,
    adjusted.provider_adjustment_code,
    adjusted.wording,
    adjusted.adjustment_amount,
    adjusted.amount_meaning,
    adjusted.is_takeback,
    adjusted.reference_id,
    CASE WHEN resolved.claim_count = 1 THEN resolved.claim_key END AS claim_key,
    CASE
        WHEN adjusted.reference_id IS NULL THEN 'no_reference'
        WHEN resolved.claim_count IS NULL THEN 'not_found'
        WHEN resolved.claim_count > 1 THEN 'ambiguous'
        ELSE resolved.link_method
    END AS link_method
FROM adjusted
LEFT JOIN resolved
    ON resolved.file_id = adjusted.file_id
    AND resolved.segment_index = adjusted.segment_index
    AND resolved.pair_number = adjusted.pair_number
