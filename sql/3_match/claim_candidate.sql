-- Grain: one pair of a wanted claim payment and a submitted claim that it may answer. Reads wanted_payment, submitted_name,
-- match_method, file_number.
-- Why: the claim part of the matching ladder, step by step, each over what the step before left: the control number, exact or
-- padded with zeros; one that the payer cut; the payer's own claim number; member and charge. Numbers are used again: a claim
-- whose member id and name are both others is another patient's and no candidate. Where no number came back, the first name has
-- to agree too, for a family shares one member id; a member id that is itself known from a submitted claim proves nothing. A claim dated after the decision comes after every claim dated before it:
-- claims written again from an archive carry the day of writing. A replacement dated after the decision answers it and is never
-- what was decided: it is kept to explain why nothing was found.
WITH submitted AS (
    SELECT
        file_number.file_number * 4294967296 + claim.segment_index AS submitted_claim_key,
        claim.control_number,
        claim.control_key,
        claim.payer_claim_key,
        claim.member_key,
        claim.last_name_key,
        claim.first_name_key,
        claim.charge_amount,
        claim.submission_date,
        claim.is_replacement
    FROM submitted_name AS claim
    INNER JOIN file_number ON file_number.file_id = claim.file_id
    WHERE NOT claim.is_void
),
numbered AS (
    SELECT
        payment.payment_key,
        submitted.submitted_claim_key,
        submitted.submission_date,
        submitted.is_replacement,
        submitted.member_key,
        submitted.last_name_key,
        submitted.first_name_key,
        CASE WHEN payment.control_number = submitted.control_number THEN 'control_number' ELSE 'control_number_padded' END AS claim_method
    FROM submitted
    INNER JOIN wanted_payment AS payment ON payment.control_key = submitted.control_key
    WHERE payment.control_key <> ''
),
by_number AS (
    SELECT
        numbered.payment_key, numbered.submitted_claim_key, numbered.submission_date, numbered.is_replacement, numbered.claim_method
    FROM numbered
    INNER JOIN wanted_payment AS payment ON payment.payment_key = numbered.payment_key
    WHERE coalesce(
        starts_with(numbered.last_name_key, payment.last_name_key) OR starts_with(payment.last_name_key, numbered.last_name_key), TRUE
    )
        AND coalesce(
            starts_with(numbered.first_name_key, payment.first_name_key) OR starts_with(payment.first_name_key, numbered.first_name_key),
            TRUE
        )
        OR coalesce(
            (payment.named_member_key IS NOT NULL AND numbered.member_key = payment.member_key)
            OR numbered.member_key = payment.named_member_key
            OR numbered.member_key = payment.insured_key
            OR numbered.member_key = payment.patient_id_key,
            FALSE
        )
),
without_number AS (
    SELECT
        payment.payment_key, payment.control_number, payment.payer_claim_key, payment.charge_amount, payment.member_key,
        payment.insured_key, payment.patient_id_key, payment.named_member_key, payment.last_name_key, payment.first_name_key
    FROM wanted_payment AS payment
    LEFT JOIN (SELECT DISTINCT payment_key FROM by_number) AS found ON found.payment_key = payment.payment_key
    WHERE found.payment_key IS NULL
),
-- Control numbers shorter than this are too common to be the beginning of one certain longer number.
cut_length AS (
    SELECT DISTINCT length(control_number) AS characters
    FROM without_number
    WHERE length(control_number) >= 8
),
named_member AS (
    SELECT payment_key, named_member_key AS member_key FROM without_number WHERE named_member_key IS NOT NULL
    UNION
    SELECT payment_key, insured_key AS member_key FROM without_number WHERE insured_key IS NOT NULL
    UNION
    SELECT payment_key, patient_id_key AS member_key FROM without_number WHERE patient_id_key IS NOT NULL
),
looser AS (
    SELECT
        payment.payment_key, submitted.submitted_claim_key, submitted.submission_date, submitted.is_replacement, submitted.member_key,
        submitted.last_name_key, submitted.first_name_key, 'control_number_cut' AS claim_method
    FROM submitted
    INNER JOIN cut_length ON length(submitted.control_number) > cut_length.characters
    INNER JOIN without_number AS payment ON payment.control_number = left(submitted.control_number, cut_length.characters)
    UNION ALL
    SELECT
        payment.payment_key, submitted.submitted_claim_key, submitted.submission_date, submitted.is_replacement, submitted.member_key,
        submitted.last_name_key, submitted.first_name_key, 'payer_claim_number' AS claim_method
    FROM submitted
    INNER JOIN without_number AS payment ON payment.payer_claim_key = submitted.payer_claim_key
    UNION ALL
    SELECT
        payment.payment_key, submitted.submitted_claim_key, submitted.submission_date, submitted.is_replacement,
        cast(NULL AS VARCHAR) AS member_key, submitted.last_name_key, submitted.first_name_key,
        'member_and_charge' AS claim_method
    FROM submitted
    INNER JOIN named_member ON named_member.member_key = submitted.member_key
    INNER JOIN without_number AS payment
        ON payment.payment_key = named_member.payment_key AND payment.charge_amount = submitted.charge_amount
),
candidate AS (
    SELECT payment_key, submitted_claim_key, submission_date, is_replacement, claim_method
    FROM by_number
    UNION ALL
    SELECT looser.payment_key, looser.submitted_claim_key, looser.submission_date, looser.is_replacement, looser.claim_method
    FROM looser
    INNER JOIN without_number AS payment ON payment.payment_key = looser.payment_key
    WHERE coalesce(
        starts_with(looser.last_name_key, payment.last_name_key) OR starts_with(payment.last_name_key, looser.last_name_key), TRUE
    )
        AND coalesce(
            starts_with(looser.first_name_key, payment.first_name_key) OR starts_with(payment.first_name_key, looser.first_name_key), TRUE
        )
        OR coalesce(
            (payment.named_member_key IS NOT NULL AND looser.member_key = payment.member_key)
            OR looser.member_key = payment.named_member_key
            OR looser.member_key = payment.insured_key
            OR looser.member_key = payment.patient_id_key,
            FALSE
        )
),
dated AS (
    SELECT
        candidate.payment_key,
        candidate.submitted_claim_key,
        candidate.submission_date,
        candidate.is_replacement,
        candidate.claim_method,
        candidate.submission_date IS NULL OR payment.decided_date IS NULL OR candidate.submission_date <= payment.decided_date
            AS is_submitted_before
    FROM candidate
    INNER JOIN wanted_payment AS payment ON payment.payment_key = candidate.payment_key
)
SELECT
    dated.payment_key,
    dated.submitted_claim_key,
    min_by(dated.claim_method, match_method.method_rank) AS claim_match_method,
    -- Half a step down: a claim dated later only counts where the same step finds none dated before.
    min(match_method.method_rank + CASE WHEN dated.is_submitted_before THEN 0 ELSE 50 END) AS claim_match_rank,
    min(dated.submission_date) AS submission_date,
    bool_and(dated.is_submitted_before) AS is_submitted_before,
    bool_or(dated.is_replacement) AS is_replacement,
    bool_and(dated.is_submitted_before OR NOT dated.is_replacement) AS can_be_answered
FROM dated
INNER JOIN match_method ON match_method.method = dated.claim_method
GROUP BY dated.payment_key, dated.submitted_claim_key
