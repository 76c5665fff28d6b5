-- grain: one denied line whose patient, procedure and diagnosis the same payer denied before
-- reads: denied_service
-- why:   counter-evidence: who names an earlier payment on the call should know of earlier denials.
select
    denied.item_id,
    count(distinct earlier.item_id) as previous_denial_count,
    max(earlier.service_date) as previous_denial_service_date
from denied_service as denied
inner join denied_service as earlier
    on earlier.payer_key = denied.payer_key
    and earlier.member_key = denied.member_key
    and earlier.billed_procedure_code = denied.billed_procedure_code
    and earlier.primary_diagnosis_code = denied.primary_diagnosis_code
where earlier.service_date < denied.service_date
    and earlier.service_date >= denied.history_from_date
    and earlier.claim_key <> denied.claim_key
    and (earlier.first_name_key is null or denied.first_name_key is null or earlier.first_name_key = denied.first_name_key)
group by denied.item_id
