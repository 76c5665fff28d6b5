-- Grain: one open denied line with at least one precedent of any tier. Reads precedent_candidate, denied_service, paid_service,
-- precedent_strength, previous_denial.
-- Why: the one earlier payment to name on the call: of the best tier, the latest. The count is of claims, by the payer's number:
-- in the tiers that allow a reprocessing request where the best one does, else in the best one's tier. Its strength in a word
-- comes from the mapping: less for an old one, and less again where the payer denied the same thing since.
WITH ranked AS (
    SELECT
        candidate.item_id,
        candidate.precedent_file_id,
        candidate.precedent_segment_index,
        candidate.precedent_claim_key,
        candidate.precedent_tier,
        candidate.precedent_differences,
        candidate.precedent_service_date,
        strength.is_candidate,
        row_number() OVER (
            PARTITION BY candidate.item_id
            ORDER BY
                strength.tier_rank,
                candidate.precedent_service_date DESC,
                candidate.precedent_paid_date DESC NULLS LAST,
                candidate.precedent_file_id,
                candidate.precedent_segment_index
        ) AS place
    FROM precedent_candidate AS candidate
    INNER JOIN precedent_strength AS strength ON strength.precedent_tier = candidate.precedent_tier
),
best AS (
    SELECT
        item_id, precedent_file_id, precedent_segment_index, precedent_tier, precedent_differences, precedent_service_date,
        is_candidate
    FROM ranked
    WHERE place = 1
),
counted AS (
    SELECT ranked.item_id, count(DISTINCT ranked.precedent_claim_key) AS precedent_count
    FROM ranked
    INNER JOIN best ON best.item_id = ranked.item_id
    WHERE ranked.precedent_tier = best.precedent_tier OR (ranked.is_candidate AND best.is_candidate)
    GROUP BY ranked.item_id
),
named AS (
    SELECT
        best.item_id,
        denied.file_id,
        denied.claim_segment_index,
        best.precedent_tier,
        best.is_candidate,
        best.precedent_differences,
        best.precedent_file_id,
        best.precedent_segment_index,
        best.precedent_service_date,
        counted.precedent_count,
        coalesce(previous_denial.previous_denial_service_date > best.precedent_service_date, FALSE) AS is_before_denial,
        cast(
            (year(denied.service_date) - year(best.precedent_service_date)) * 12
            + month(denied.service_date) - month(best.precedent_service_date)
            - CASE WHEN day(denied.service_date) < day(best.precedent_service_date) THEN 1 ELSE 0 END
            AS BIGINT
        ) AS precedent_age_months
    FROM best
    INNER JOIN counted ON counted.item_id = best.item_id
    INNER JOIN denied_service AS denied ON denied.item_id = best.item_id
    LEFT JOIN previous_denial ON previous_denial.item_id = best.item_id
)
SELECT
    named.item_id,
    named.file_id,
    named.claim_segment_index,
    named.precedent_tier,
    named.is_candidate,
    CASE
        WHEN named.is_before_denial THEN strength.strength_after_denial
        WHEN named.precedent_age_months > strength.old_after_months THEN strength.strength_when_old
        ELSE strength.strength
    END AS precedent_strength,
    named.precedent_differences,
    named.precedent_file_id,
    named.precedent_segment_index,
    paid.payer_claim_control_number AS precedent_claim_number,
    named.precedent_service_date,
    paid.payment_date AS precedent_paid_date,
    paid.paid_amount AS precedent_paid_amount,
    paid.allowed_amount AS precedent_allowed_amount,
    paid.charge_amount AS precedent_charge_amount,
    paid.line_units AS precedent_units,
    paid.sorted_modifiers AS precedent_modifiers,
    paid.policy_id AS precedent_policy_id,
    paid.trace_number AS precedent_trace_number,
    named.precedent_count,
    named.precedent_age_months,
    paid.takeback_amount,
    paid.is_replaced_since
FROM named
INNER JOIN precedent_strength AS strength ON strength.precedent_tier = named.precedent_tier
INNER JOIN paid_service AS paid
    ON paid.file_id = named.precedent_file_id AND paid.segment_index = named.precedent_segment_index
