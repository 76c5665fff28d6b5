-- grain: one service line that stands and has no submitted line
-- reads: service_line_current, line_match, line_candidate, claim_candidate
-- why:   what could not be matched is kept with the reason, so that nobody takes `unknown` for `never paid`.
with candidate_line as (
    select file_id, segment_index, count(*) as candidate_count
    from line_candidate
    group by file_id, segment_index
),
candidate_claim as (
    select file_id, segment_index, bool_or(can_be_answered) as can_be_answered
    from claim_candidate
    group by file_id, segment_index
)
select
    line.file_id,
    line.segment_index,
    line.claim_segment_index,
    case
        when candidate_line.file_id is not null then 'ambiguous'
        when candidate_claim.can_be_answered then 'no_line_agrees'
        when candidate_claim.file_id is not null then 'only_replaced_later'
        else 'no_claim'
    end as unmatched_reason,
    coalesce(candidate_line.candidate_count, 0) as candidate_count
from service_line_current as line
left join line_match on line_match.file_id = line.file_id and line_match.segment_index = line.segment_index
left join candidate_line on candidate_line.file_id = line.file_id and candidate_line.segment_index = line.segment_index
left join candidate_claim
    on candidate_claim.file_id = line.file_id and candidate_claim.segment_index = line.claim_segment_index
where line_match.file_id is null
