-- grain: one claim payment that stands and has exactly one submitted claim that it answers
-- reads: claim_payment_current, service_line_current, line_match, claim_candidate, submitted_claim, submitted_service
-- why:   gives claim-level denials their diagnoses, and every patient a date of birth. Lines are the better witness: where
--        all matched lines of the payment name one claim, that is the claim. Else the claim's charge and day must agree.
with by_line as (
    select
        line.file_id,
        line.claim_segment_index as segment_index,
        min(line_match.submitted_file_id) as submitted_file_id,
        min(line_match.submitted_claim_segment_index) as submitted_claim_segment_index
    from line_match
    inner join service_line_current as line
        on line.file_id = line_match.file_id and line.segment_index = line_match.segment_index
    group by line.file_id, line.claim_segment_index
    having
        min(line_match.submitted_file_id) = max(line_match.submitted_file_id)
        and min(line_match.submitted_claim_segment_index) = max(line_match.submitted_claim_segment_index)
),
undecided as (
    select candidate.file_id, candidate.segment_index, candidate.submitted_file_id,
        candidate.submitted_claim_segment_index, candidate.claim_match_method, candidate.claim_match_rank,
        candidate.submission_date, candidate.is_submitted_before
    from claim_candidate as candidate
    left join by_line on by_line.file_id = candidate.file_id and by_line.segment_index = candidate.segment_index
    where candidate.can_be_answered and by_line.file_id is null
),
first_day as (
    select submitted.file_id, submitted.claim_segment_index, min(submitted.service_date) as first_service_date
    from submitted_service as submitted
    inner join (select distinct submitted_file_id, submitted_claim_segment_index from undecided) as needed
        on needed.submitted_file_id = submitted.file_id
        and needed.submitted_claim_segment_index = submitted.claim_segment_index
    group by submitted.file_id, submitted.claim_segment_index
),
agreeing as (
    select
        undecided.file_id, undecided.segment_index, undecided.submitted_file_id, undecided.submitted_claim_segment_index,
        undecided.claim_match_method,
        md5(concat_ws('|', coalesce(claim.diagnosis_codes, ''), coalesce(cast(claim.patient_birth_date as varchar), ''))) as content_key,
        concat_ws('|', undecided.submitted_file_id, lpad(cast(undecided.submitted_claim_segment_index as varchar), 12, '0'))
            as submitted_key
    from undecided
    inner join claim_payment_current as payment
        on payment.file_id = undecided.file_id and payment.segment_index = undecided.segment_index
    inner join submitted_claim as claim
        on claim.file_id = undecided.submitted_file_id and claim.segment_index = undecided.submitted_claim_segment_index
    left join first_day
        on first_day.file_id = claim.file_id and first_day.claim_segment_index = claim.segment_index
    where claim.charge_amount = payment.charge_amount
        and (
            payment.statement_from_date is null
            or coalesce(claim.statement_from_date, first_day.first_service_date) is null
            or payment.statement_from_date = coalesce(claim.statement_from_date, first_day.first_service_date)
        )
    qualify rank() over (
        partition by undecided.file_id, undecided.segment_index
        order by
            undecided.claim_match_rank,
            case when undecided.is_submitted_before then undecided.submission_date end desc nulls last
    ) = 1
),
by_claim as (
    select
        file_id,
        segment_index,
        min_by(submitted_file_id, submitted_key) as submitted_file_id,
        min_by(submitted_claim_segment_index, submitted_key) as submitted_claim_segment_index,
        min(claim_match_method) as claim_match_method,
        count(*) as candidate_count
    from agreeing
    group by file_id, segment_index
    having min(content_key) = max(content_key)
)
select
    by_line.file_id,
    by_line.segment_index,
    by_line.submitted_file_id,
    by_line.submitted_claim_segment_index,
    'lines' as match_method,
    cast(1 as bigint) as candidate_count
from by_line
union all
select
    by_claim.file_id,
    by_claim.segment_index,
    by_claim.submitted_file_id,
    by_claim.submitted_claim_segment_index,
    by_claim.claim_match_method as match_method,
    by_claim.candidate_count
from by_claim
