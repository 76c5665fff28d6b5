-- grain: one denied line whose payer decided on the same procedure and primary diagnosis for other patients
-- reads: denied_service, paid_line
-- why:   a second kind of evidence, for an appeal and not for the call: counts and a rate, never a name.
with pair as (
    select distinct payer_key, billed_procedure_code, primary_diagnosis_code
    from denied_service
    where primary_diagnosis_code is not null
),
decided as (
    select paid.payer_key, paid.billed_procedure_code, paid.primary_diagnosis_code, paid.member_key,
        count(*) as paid_count, cast(0 as bigint) as denied_count
    from paid_line as paid
    inner join pair
        on pair.payer_key = paid.payer_key
        and pair.billed_procedure_code = paid.billed_procedure_code
        and pair.primary_diagnosis_code = paid.primary_diagnosis_code
    where paid.is_first_payer and paid.member_key is not null
    group by paid.payer_key, paid.billed_procedure_code, paid.primary_diagnosis_code, paid.member_key
    union all
    select payer_key, billed_procedure_code, primary_diagnosis_code, member_key,
        cast(0 as bigint) as paid_count, count(*) as denied_count
    from denied_service
    where primary_diagnosis_code is not null and member_key is not null
    group by payer_key, billed_procedure_code, primary_diagnosis_code, member_key
),
by_patient as (
    select payer_key, billed_procedure_code, primary_diagnosis_code, member_key,
        cast(sum(paid_count) as bigint) as paid_count, cast(sum(denied_count) as bigint) as denied_count
    from decided
    group by payer_key, billed_procedure_code, primary_diagnosis_code, member_key
),
by_pair as (
    select payer_key, billed_procedure_code, primary_diagnosis_code,
        cast(sum(paid_count) as bigint) as paid_count,
        cast(sum(denied_count) as bigint) as denied_count,
        count(*) filter (where paid_count > 0) as paid_patient_count
    from by_patient
    group by payer_key, billed_procedure_code, primary_diagnosis_code
),
others as (
    select
        denied.item_id,
        by_pair.paid_count - coalesce(own.paid_count, 0) as other_patient_paid_count,
        by_pair.denied_count - coalesce(own.denied_count, 0) as other_patient_denied_count,
        by_pair.paid_patient_count - case when own.paid_count > 0 then 1 else 0 end as other_patient_count
    from denied_service as denied
    inner join by_pair
        on by_pair.payer_key = denied.payer_key
        and by_pair.billed_procedure_code = denied.billed_procedure_code
        and by_pair.primary_diagnosis_code = denied.primary_diagnosis_code
    left join by_patient as own
        on own.payer_key = denied.payer_key
        and own.billed_procedure_code = denied.billed_procedure_code
        and own.primary_diagnosis_code = denied.primary_diagnosis_code
        and own.member_key = denied.member_key
)
select
    item_id,
    other_patient_count,
    other_patient_paid_count,
    other_patient_denied_count,
    (other_patient_paid_count * 100) // (other_patient_paid_count + other_patient_denied_count) as other_patient_paid_percent
from others
where other_patient_paid_count + other_patient_denied_count > 0
