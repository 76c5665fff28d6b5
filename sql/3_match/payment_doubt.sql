-- Grain: one wanted claim payment that a take-back names, or whose claim we asked to cancel or replaced since. Reads
-- wanted_payment, provider_adjustment_detail, submitted_name.
-- Why: a payment can stand in the ledger while its money is gone (PLB without a reversal) or while we ourselves took the claim
-- back (frequency 8 or 7 with the payer's claim number, REF*F8). A claim key may cover many visits of one account number, so a
-- take-back counts for the payment whose payer's number stands in its reference, or where the provider's number is all it names.
WITH takeback AS (
    SELECT payment.payment_key, cast(sum(detail.adjustment_amount) AS DECIMAL(18, 2)) AS takeback_amount
    FROM provider_adjustment_detail AS detail
    INNER JOIN wanted_payment AS payment ON payment.claim_key = detail.claim_key
    WHERE detail.is_takeback
        AND (
            detail.link_method = 'patient_control_number'
            OR contains(upper(detail.reference_id), payment.payer_claim_key)
        )
    GROUP BY payment.payment_key
),
withdrawn AS (
    SELECT
        payment.payment_key,
        bool_or(claim.is_void) AS is_voided_since,
        bool_or(claim.is_replacement) AS is_replaced_since
    FROM submitted_name AS claim
    INNER JOIN wanted_payment AS payment
        ON payment.payer_claim_key = claim.payer_claim_key AND payment.control_key = claim.control_key
    WHERE (claim.is_void OR claim.is_replacement)
        -- what was decided on may itself be the replacement, under the number that the payer keeps
        AND claim.submission_date > payment.decided_date
    GROUP BY payment.payment_key
)
SELECT
    payment.payment_key,
    coalesce(takeback.takeback_amount, 0) AS takeback_amount,
    coalesce(withdrawn.is_voided_since, FALSE) AS is_voided_since,
    coalesce(withdrawn.is_replaced_since, FALSE) AS is_replaced_since,
    coalesce(takeback.takeback_amount >= payment.paid_amount, FALSE) OR coalesce(withdrawn.is_voided_since, FALSE) AS is_gone
FROM wanted_payment AS payment
LEFT JOIN takeback ON takeback.payment_key = payment.payment_key
LEFT JOIN withdrawn ON withdrawn.payment_key = payment.payment_key
WHERE takeback.takeback_amount > 0 OR withdrawn.payment_key IS NOT NULL
