-- grain: one service line that stands and has exactly one submitted line that it can answer
-- reads: line_candidate, submitted_service, match_method (mapping)
-- why:   the best step of the ladder wins, then the latest claim submitted before the decision (a replacement over what it
--        replaces). Equal candidates that differ in nothing a later stage uses are one line sent twice: any of them serves.
--        Equal candidates that differ are not matched: they stand in line_unmatched.
with best as (
    select
        file_id,
        segment_index,
        submitted_file_id,
        submitted_segment_index,
        claim_match_method,
        line_match_method,
        is_submitted_before
    from line_candidate
    qualify rank() over (
        partition by file_id, segment_index order by
            match_rank,
            agreement desc,
            case when is_submitted_before then submission_date end desc nulls last
    ) = 1
),
chosen as (
    select
        best.file_id,
        best.segment_index,
        min(concat_ws('|', best.submitted_file_id, lpad(cast(best.submitted_segment_index as varchar), 12, '0')))
            as submitted_key,
        min(best.claim_match_method) as claim_match_method,
        min(best.line_match_method) as line_match_method,
        bool_and(best.is_submitted_before) as is_submitted_before,
        count(*) as candidate_count
    from best
    inner join submitted_service as submitted
        on submitted.file_id = best.submitted_file_id and submitted.segment_index = best.submitted_segment_index
    group by best.file_id, best.segment_index
    having min(submitted.content_key) = max(submitted.content_key)
),
matched as (
    select
        file_id,
        segment_index,
        split_part(submitted_key, '|', 1) as submitted_file_id,
        cast(split_part(submitted_key, '|', 2) as bigint) as submitted_segment_index,
        claim_match_method,
        line_match_method,
        is_submitted_before,
        candidate_count
    from chosen
)
select
    matched.file_id,
    matched.segment_index,
    matched.submitted_file_id,
    matched.submitted_segment_index,
    submitted.claim_segment_index as submitted_claim_segment_index,
    concat_ws(
        ' ',
        matched.claim_match_method,
        matched.line_match_method,
        case when not matched.is_submitted_before then 'dated_later' end
    ) as match_method,
    case
        when matched.is_submitted_before or claim_method.confidence_rank > 1 or line_method.confidence_rank > 1
            then case
                when claim_method.confidence_rank >= line_method.confidence_rank then claim_method.confidence
                else line_method.confidence
            end
        else 'medium'
    end as match_confidence,
    matched.candidate_count
from matched
inner join submitted_service as submitted
    on submitted.file_id = matched.submitted_file_id and submitted.segment_index = matched.submitted_segment_index
inner join match_method as claim_method on claim_method.method = matched.claim_match_method
inner join match_method as line_method on line_method.method = matched.line_match_method
