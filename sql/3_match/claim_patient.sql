-- grain: one claim payment that stands
-- reads: claim_payment_current, claim_payment, claim_match, submitted_claim
-- why:   who `the same patient` is. A member id that the payer corrected (NM1*74) counts as the one it was corrected to, on
--        every claim of a patient of that name; a family shares one member id, so the first name and the date of birth
--        stay beside it. person_key finds the patient at another payer, where the member id is another one.
with named as (
    select
        payment.file_id,
        payment.segment_index,
        payment.payer_key,
        payment.payment_date,
        nullif(upper(trim(coalesce(nullif(trim(payment.member_id), ''), submitted.subscriber_id))), '') as member_key,
        nullif(upper(trim(claim.insured_id)), '') as insured_key,
        nullif(upper(trim(claim.corrected_insured_id)), '') as corrected_key,
        coalesce(regexp_replace(upper(payment.patient_last_name), '[^A-Z]', '', 'g'), '') as last_name_key,
        nullif(regexp_replace(split_part(upper(trim(payment.patient_first_name)), ' ', 1), '[^A-Z]', '', 'g'), '') as first_name_key,
        submitted.patient_birth_date
    from claim_payment_current as payment
    inner join claim_payment as claim on claim.file_id = payment.file_id and claim.segment_index = payment.segment_index
    left join claim_match on claim_match.file_id = payment.file_id and claim_match.segment_index = payment.segment_index
    left join submitted_claim as submitted
        on submitted.file_id = claim_match.submitted_file_id
        and submitted.segment_index = claim_match.submitted_claim_segment_index
),
alias as (
    select
        payer_key,
        last_name_key,
        insured_key as alias_key,
        max_by(corrected_key, concat_ws('|', coalesce(cast(payment_date as varchar), ''), corrected_key)) as corrected_key
    from named
    where corrected_key is not null and insured_key is not null and corrected_key <> insured_key
    group by payer_key, last_name_key, insured_key
)
select
    named.file_id,
    named.segment_index,
    -- A corrected id may have been corrected again: two steps are followed.
    coalesce(again.corrected_key, once.corrected_key, named.member_key) as member_key,
    named.first_name_key,
    named.patient_birth_date,
    case
        when named.patient_birth_date is not null and named.first_name_key is not null and named.last_name_key <> ''
            then md5(concat_ws('|', named.last_name_key, named.first_name_key, cast(named.patient_birth_date as varchar)))
    end as person_key
from named
left join alias as once
    on once.payer_key = named.payer_key
    and once.last_name_key = named.last_name_key
    and once.alias_key = named.member_key
left join alias as again
    on again.payer_key = named.payer_key
    and again.last_name_key = named.last_name_key
    and again.alias_key = once.corrected_key
