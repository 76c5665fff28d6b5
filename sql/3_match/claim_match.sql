-- Grain: one wanted claim payment that has exactly one submitted claim that it answers. Reads matched_claim, wanted_payment,
-- submitted_candidate.
-- Why: matched_claim by the names that last: file and segment.
SELECT
    payment.file_id,
    payment.segment_index,
    submitted.file_id AS submitted_file_id,
    submitted.segment_index AS submitted_claim_segment_index,
    matched_claim.match_method,
    matched_claim.candidate_count
FROM matched_claim
INNER JOIN wanted_payment AS payment ON payment.payment_key = matched_claim.payment_key
INNER JOIN submitted_candidate AS submitted ON submitted.submitted_claim_key = matched_claim.submitted_claim_key
