-- grain: one pair of a claim payment that stands and a submitted claim that it may answer
-- reads: claim_payment_current, claim_payment, submitted_claim, claim_frequency (mapping), match_method (mapping)
-- why:   the claim part of the matching ladder. Exact or zero-padded control number first; only payments without such a
--        claim go on to a control number that the payer cut, the payer's own claim number, and member with charge.
--        A claim dated after the decision comes after every claim dated before it: claims written again from an archive
--        carry the day of writing. A replacement dated after the decision answers it and is never what was decided: it is
--        kept to explain why nothing was found.
with payment as (
    select
        file_id,
        segment_index,
        upper(trim(patient_control_number)) as control_number,
        ltrim(upper(trim(patient_control_number)), '0') as control_key,
        nullif(upper(trim(payer_claim_control_number)), '') as payer_claim_number,
        charge_amount,
        denial_date as decided_date
    from claim_payment_current
),
submitted as (
    select
        claim.file_id as submitted_file_id,
        claim.segment_index as submitted_claim_segment_index,
        upper(trim(claim.patient_control_number)) as control_number,
        ltrim(upper(trim(claim.patient_control_number)), '0') as control_key,
        nullif(upper(trim(claim.original_claim_number)), '') as payer_claim_number,
        nullif(upper(trim(claim.subscriber_id)), '') as member_key,
        claim.charge_amount,
        claim.transaction_date as submission_date,
        coalesce(claim_frequency.is_replacement, false) as is_replacement
    from submitted_claim as claim
    left join claim_frequency on claim_frequency.code = claim.claim_frequency_code
    where not coalesce(claim_frequency.is_void, false)
),
by_number as (
    select
        payment.file_id,
        payment.segment_index,
        payment.decided_date,
        submitted.submitted_file_id,
        submitted.submitted_claim_segment_index,
        submitted.submission_date,
        submitted.is_replacement,
        case when payment.control_number = submitted.control_number then 'control_number' else 'control_number_padded' end as claim_method
    from payment
    inner join submitted on submitted.control_key = payment.control_key
    where payment.control_key <> ''
),
without_number as (
    select
        payment.file_id, payment.segment_index, payment.decided_date, payment.control_number, payment.payer_claim_number,
        payment.charge_amount
    from payment
    left join (select distinct file_id, segment_index from by_number) as found
        on found.file_id = payment.file_id and found.segment_index = payment.segment_index
    where found.file_id is null
),
-- Control numbers shorter than this are too common to be the beginning of one certain longer number.
cut_length as (
    select distinct length(control_number) as characters
    from without_number
    where length(control_number) >= 8
),
-- Every member id the payer names: the corrected one is not the one that was submitted.
named_member as (
    select payment.file_id, payment.segment_index, upper(trim(claim.member_id)) as member_key
    from without_number as payment
    inner join claim_payment as claim on claim.file_id = payment.file_id and claim.segment_index = payment.segment_index
    union
    select payment.file_id, payment.segment_index, upper(trim(claim.insured_id)) as member_key
    from without_number as payment
    inner join claim_payment as claim on claim.file_id = payment.file_id and claim.segment_index = payment.segment_index
    union
    select payment.file_id, payment.segment_index, upper(trim(claim.patient_id)) as member_key
    from without_number as payment
    inner join claim_payment as claim on claim.file_id = payment.file_id and claim.segment_index = payment.segment_index
),
candidate as (
    select
        file_id, segment_index, decided_date, submitted_file_id, submitted_claim_segment_index, submission_date, is_replacement, claim_method
    from by_number
    union all
    select
        payment.file_id, payment.segment_index, payment.decided_date, submitted.submitted_file_id,
        submitted.submitted_claim_segment_index, submitted.submission_date, submitted.is_replacement, 'control_number_cut' as claim_method
    from submitted
    inner join cut_length on length(submitted.control_number) > cut_length.characters
    inner join without_number as payment on payment.control_number = left(submitted.control_number, cut_length.characters)
    union all
    select
        payment.file_id, payment.segment_index, payment.decided_date, submitted.submitted_file_id,
        submitted.submitted_claim_segment_index, submitted.submission_date, submitted.is_replacement, 'payer_claim_number' as claim_method
    from without_number as payment
    inner join submitted on submitted.payer_claim_number = payment.payer_claim_number
    union all
    select
        payment.file_id, payment.segment_index, payment.decided_date, submitted.submitted_file_id,
        submitted.submitted_claim_segment_index, submitted.submission_date, submitted.is_replacement, 'member_and_charge' as claim_method
    from without_number as payment
    inner join named_member on named_member.file_id = payment.file_id and named_member.segment_index = payment.segment_index
    inner join submitted
        on submitted.member_key = named_member.member_key and submitted.charge_amount = payment.charge_amount
),
dated as (
    select
        file_id, segment_index, submitted_file_id, submitted_claim_segment_index, submission_date, is_replacement, claim_method,
        submission_date is null or decided_date is null or submission_date <= decided_date as is_submitted_before
    from candidate
)
select
    dated.file_id,
    dated.segment_index,
    dated.submitted_file_id,
    dated.submitted_claim_segment_index,
    min_by(dated.claim_method, match_method.method_rank) as claim_match_method,
    -- Half a step down: a claim dated later only counts where the same step finds none dated before.
    min(match_method.method_rank + case when dated.is_submitted_before then 0 else 50 end) as claim_match_rank,
    min(dated.submission_date) as submission_date,
    bool_and(dated.is_submitted_before) as is_submitted_before,
    bool_and(dated.is_submitted_before or not dated.is_replacement) as can_be_answered
from dated
inner join match_method on match_method.method = dated.claim_method
group by dated.file_id, dated.segment_index, dated.submitted_file_id, dated.submitted_claim_segment_index
