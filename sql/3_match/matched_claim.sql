-- Grain: one wanted claim payment that has exactly one submitted claim that it answers. Reads wanted_payment, matched_line,
-- claim_candidate, submitted_candidate, submitted_service.
-- Why: gives claim-level denials their diagnoses, and every patient a date of birth. Lines are the better witness: where all
-- matched lines of the payment name one claim, that is the claim. Else the claim's charge and day must agree.
WITH by_line AS (
    SELECT payment_key, min(submitted_claim_key) AS submitted_claim_key
    FROM matched_line
    GROUP BY payment_key
    HAVING min(submitted_claim_key) = max(submitted_claim_key)
),
undecided AS (
    SELECT
        candidate.payment_key, candidate.submitted_claim_key, candidate.claim_match_method, candidate.claim_match_rank,
        CASE WHEN candidate.is_submitted_before THEN candidate.submission_date END AS submission_date,
        candidate.is_replacement
    FROM claim_candidate AS candidate
    LEFT JOIN by_line ON by_line.payment_key = candidate.payment_key
    WHERE candidate.can_be_answered AND by_line.payment_key IS NULL
),
first_day AS (
    SELECT submitted.submitted_claim_key, min(submitted.service_date) AS first_service_date
    FROM submitted_service AS submitted
    INNER JOIN (SELECT DISTINCT submitted_claim_key FROM undecided) AS needed
        ON needed.submitted_claim_key = submitted.submitted_claim_key
    GROUP BY submitted.submitted_claim_key
),
described AS (
    SELECT
        submitted_claim_key,
        charge_amount,
        statement_from_date,
        concat_ws('|', coalesce(diagnosis_codes, ''), coalesce(cast(patient_birth_date AS VARCHAR), '')) AS content_key
    FROM submitted_candidate
),
agreeing AS (
    SELECT undecided.payment_key, undecided.submitted_claim_key, undecided.claim_match_method, described.content_key
    FROM undecided
    INNER JOIN wanted_payment AS payment ON payment.payment_key = undecided.payment_key
    INNER JOIN described ON described.submitted_claim_key = undecided.submitted_claim_key
    LEFT JOIN first_day ON first_day.submitted_claim_key = undecided.submitted_claim_key
    WHERE described.charge_amount = payment.charge_amount
        AND (
            payment.statement_from_date IS NULL
            OR coalesce(described.statement_from_date, first_day.first_service_date) IS NULL
            OR payment.statement_from_date = coalesce(described.statement_from_date, first_day.first_service_date)
        )
    QUALIFY rank() OVER (
        PARTITION BY undecided.payment_key
        ORDER BY
            undecided.claim_match_rank,
            undecided.submission_date DESC NULLS LAST,
            CASE WHEN undecided.is_replacement THEN 0 ELSE 1 END
    ) = 1
)
SELECT payment_key, submitted_claim_key, 'lines' AS match_method, cast(1 AS BIGINT) AS candidate_count
FROM by_line
UNION ALL
SELECT
    payment_key,
    min(submitted_claim_key) AS submitted_claim_key,
    min(claim_match_method) AS match_method,
    count(*) AS candidate_count
FROM agreeing
GROUP BY payment_key
HAVING min(content_key) = max(content_key)
