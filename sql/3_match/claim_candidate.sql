-- Grain: one pair of a claim payment that stands and a submitted claim that it may answer. Reads claim_payment_current,
-- claim_payment, submitted_claim, claim_frequency, match_method.
-- Why: the claim part of the matching ladder. Exact or zero-padded control number first; only payments without such a claim
-- go on to a control number that the payer cut, the payer's own claim number, and member with charge. A claim dated after
-- the decision comes after every claim dated before it: claims written again from an archive carry the day of writing. A
-- replacement dated after the decision answers it and is never what was decided: it is kept to explain why nothing was
-- found.
WITH payment AS (
    SELECT
        file_id,
        segment_index,
        upper(trim(patient_control_number)) AS control_number,
        ltrim(upper(trim(patient_control_number)), '0') AS control_key,
        nullif(upper(trim(payer_claim_control_number)), '') AS payer_claim_number,
        charge_amount,
        denial_date AS decided_date
    FROM claim_payment_current
),
submitted AS (
    SELECT
        claim.file_id AS submitted_file_id,
        claim.segment_index AS submitted_claim_segment_index,
        upper(trim(claim.patient_control_number)) AS control_number,
        ltrim(upper(trim(claim.patient_control_number)), '0') AS control_key,
        nullif(upper(trim(claim.original_claim_number)), '') AS payer_claim_number,
        nullif(upper(trim(claim.subscriber_id)), '') AS member_key,
        claim.charge_amount,
        claim.transaction_date AS submission_date,
        coalesce(claim_frequency.is_replacement, FALSE) AS is_replacement
    FROM submitted_claim AS claim
    LEFT JOIN claim_frequency ON claim_frequency.code = claim.claim_frequency_code
    WHERE NOT coalesce(claim_frequency.is_void, FALSE)
),
by_number AS (
    SELECT
        payment.file_id,
        payment.segment_index,
        payment.decided_date,
        submitted.submitted_file_id,
        submitted.submitted_claim_segment_index,
        submitted.submission_date,
        submitted.is_replacement,
        CASE WHEN payment.control_number = submitted.control_number THEN 'control_number' ELSE 'control_number_padded' END AS claim_method
    FROM payment
    INNER JOIN submitted ON submitted.control_key = payment.control_key
    WHERE payment.control_key <> ''
),
without_number AS (
    SELECT
        payment.file_id, payment.segment_index, payment.decided_date, payment.control_number, payment.payer_claim_number,
        payment.charge_amount
    FROM payment
    LEFT JOIN (SELECT DISTINCT file_id, segment_index FROM by_number) AS found
        ON found.file_id = payment.file_id AND found.segment_index = payment.segment_index
    WHERE found.file_id IS NULL
),
-- Control numbers shorter than this are too common to be the beginning of one certain longer number.
cut_length AS (
    SELECT DISTINCT length(control_number) AS characters
    FROM without_number
    WHERE length(control_number) >= 8
),
-- Every member id the payer names: the corrected one is not the one that was submitted.
named_member AS (
    SELECT payment.file_id, payment.segment_index, upper(trim(claim.member_id)) AS member_key
    FROM without_number AS payment
    INNER JOIN claim_payment AS claim ON claim.file_id = payment.file_id AND claim.segment_index = payment.segment_index
    UNION
    SELECT payment.file_id, payment.segment_index, upper(trim(claim.insured_id)) AS member_key
    FROM without_number AS payment
    INNER JOIN claim_payment AS claim ON claim.file_id = payment.file_id AND claim.segment_index = payment.segment_index
    UNION
    SELECT payment.file_id, payment.segment_index, upper(trim(claim.patient_id)) AS member_key
    FROM without_number AS payment
    INNER JOIN claim_payment AS claim ON claim.file_id = payment.file_id AND claim.segment_index = payment.segment_index
),
candidate AS (
    SELECT
        file_id, segment_index, decided_date, submitted_file_id, submitted_claim_segment_index, submission_date, is_replacement, claim_method
    FROM by_number
    UNION ALL
    SELECT
        payment.file_id, payment.segment_index, payment.decided_date, submitted.submitted_file_id,
        submitted.submitted_claim_segment_index, submitted.submission_date, submitted.is_replacement, 'control_number_cut' AS claim_method
    FROM submitted
    INNER JOIN cut_length ON length(submitted.control_number) > cut_length.characters
    INNER JOIN without_number AS payment ON payment.control_number = left(submitted.control_number, cut_length.characters)
    UNION ALL
    SELECT
        payment.file_id, payment.segment_index, payment.decided_date, submitted.submitted_file_id,
        submitted.submitted_claim_segment_index, submitted.submission_date, submitted.is_replacement, 'payer_claim_number' AS claim_method
    FROM without_number AS payment
    INNER JOIN submitted ON submitted.payer_claim_number = payment.payer_claim_number
    UNION ALL
    SELECT
        payment.file_id, payment.segment_index, payment.decided_date, submitted.submitted_file_id,
        submitted.submitted_claim_segment_index, submitted.submission_date, submitted.is_replacement, 'member_and_charge' AS claim_method
    FROM without_number AS payment
    INNER JOIN named_member ON named_member.file_id = payment.file_id AND named_member.segment_index = payment.segment_index
    INNER JOIN submitted
        ON submitted.member_key = named_member.member_key AND submitted.charge_amount = payment.charge_amount
),
dated AS (
    SELECT
        file_id, segment_index, submitted_file_id, submitted_claim_segment_index, submission_date, is_replacement, claim_method,
        submission_date IS NULL OR decided_date IS NULL OR submission_date <= decided_date AS is_submitted_before
    FROM candidate
)
SELECT
    dated.file_id,
    dated.segment_index,
    dated.submitted_file_id,
    dated.submitted_claim_segment_index,
    min_by(dated.claim_method, match_method.method_rank) AS claim_match_method,
    -- Half a step down: a claim dated later only counts where the same step finds none dated before.
    min(match_method.method_rank + CASE WHEN dated.is_submitted_before THEN 0 ELSE 50 END) AS claim_match_rank,
    min(dated.submission_date) AS submission_date,
    bool_and(dated.is_submitted_before) AS is_submitted_before,
    bool_and(dated.is_submitted_before OR NOT dated.is_replacement) AS can_be_answered
FROM dated
INNER JOIN match_method ON match_method.method = dated.claim_method
GROUP BY dated.file_id, dated.segment_index, dated.submitted_file_id, dated.submitted_claim_segment_index
