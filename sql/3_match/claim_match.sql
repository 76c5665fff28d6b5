-- Grain: one claim payment that stands and has exactly one submitted claim that it answers. Reads claim_payment_current,
-- service_line_current, line_match, claim_candidate, submitted_claim, submitted_service.
-- Why: gives claim-level denials their diagnoses, and every patient a date of birth. Lines are the better witness: where all
-- matched lines of the payment name one claim, that is the claim. Else the claim's charge and day must agree.
WITH by_line AS (
    SELECT
        line.file_id,
        line.claim_segment_index AS segment_index,
        min(line_match.submitted_file_id) AS submitted_file_id,
        min(line_match.submitted_claim_segment_index) AS submitted_claim_segment_index
    FROM line_match
    INNER JOIN service_line_current AS line
        ON line.file_id = line_match.file_id AND line.segment_index = line_match.segment_index
    GROUP BY line.file_id, line.claim_segment_index
    HAVING
        min(line_match.submitted_file_id) = max(line_match.submitted_file_id)
        AND min(line_match.submitted_claim_segment_index) = max(line_match.submitted_claim_segment_index)
),
undecided AS (
    SELECT candidate.file_id, candidate.segment_index, candidate.submitted_file_id,
        candidate.submitted_claim_segment_index, candidate.claim_match_method, candidate.claim_match_rank,
        candidate.submission_date, candidate.is_submitted_before
    FROM claim_candidate AS candidate
    LEFT JOIN by_line ON by_line.file_id = candidate.file_id AND by_line.segment_index = candidate.segment_index
    WHERE candidate.can_be_answered AND by_line.file_id IS NULL
),
first_day AS (
    SELECT submitted.file_id, submitted.claim_segment_index, min(submitted.service_date) AS first_service_date
    FROM submitted_service AS submitted
    INNER JOIN (SELECT DISTINCT submitted_file_id, submitted_claim_segment_index FROM undecided) AS needed
        ON needed.submitted_file_id = submitted.file_id
        AND needed.submitted_claim_segment_index = submitted.claim_segment_index
    GROUP BY submitted.file_id, submitted.claim_segment_index
),
agreeing AS (
    SELECT
        undecided.file_id, undecided.segment_index, undecided.submitted_file_id, undecided.submitted_claim_segment_index,
        undecided.claim_match_method,
        md5(concat_ws('|', coalesce(claim.diagnosis_codes, ''), coalesce(cast(claim.patient_birth_date AS VARCHAR), ''))) AS content_key,
        concat_ws('|', undecided.submitted_file_id, lpad(cast(undecided.submitted_claim_segment_index AS VARCHAR), 12, '0'))
            AS submitted_key
    FROM undecided
    INNER JOIN claim_payment_current AS payment
        ON payment.file_id = undecided.file_id AND payment.segment_index = undecided.segment_index
    INNER JOIN submitted_claim AS claim
        ON claim.file_id = undecided.submitted_file_id AND claim.segment_index = undecided.submitted_claim_segment_index
    LEFT JOIN first_day
        ON first_day.file_id = claim.file_id AND first_day.claim_segment_index = claim.segment_index
    WHERE claim.charge_amount = payment.charge_amount
        AND (
            payment.statement_from_date IS NULL
            OR coalesce(claim.statement_from_date, first_day.first_service_date) IS NULL
            OR payment.statement_from_date = coalesce(claim.statement_from_date, first_day.first_service_date)
        )
    QUALIFY rank() OVER (
        PARTITION BY undecided.file_id, undecided.segment_index
        ORDER BY
            undecided.claim_match_rank,
            CASE WHEN undecided.is_submitted_before THEN undecided.submission_date END DESC NULLS LAST
    ) = 1
),
by_claim AS (
    SELECT
        file_id,
        segment_index,
        min_by(submitted_file_id, submitted_key) AS submitted_file_id,
        min_by(submitted_claim_segment_index, submitted_key) AS submitted_claim_segment_index,
        min(claim_match_method) AS claim_match_method,
        count(*) AS candidate_count
    FROM agreeing
    GROUP BY file_id, segment_index
    HAVING min(content_key) = max(content_key)
)
SELECT
    by_line.file_id,
    by_line.segment_index,
    by_line.submitted_file_id,
    by_line.submitted_claim_segment_index,
    'lines' AS match_method,
    cast(1 AS BIGINT) AS candidate_count
FROM by_line
UNION ALL
SELECT
    by_claim.file_id,
    by_claim.segment_index,
    by_claim.submitted_file_id,
    by_claim.submitted_claim_segment_index,
    by_claim.claim_match_method AS match_method,
    by_claim.candidate_count
FROM by_claim
