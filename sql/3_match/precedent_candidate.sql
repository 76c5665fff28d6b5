-- grain: one pair of a denied line and an earlier paid line of the same patient and procedure
-- reads: denied_service, paid_line
-- why:   the evidence behind precedent. Tier A is the same in everything, B differs in the order of diagnoses or in modifiers
--        that only inform, C in payer, provider, place or a modifier that matters (or the diagnosis is only the claim's),
--        D only shares the diagnosis category, and `unknown` has no diagnosis on one of the sides. The denied side is small
--        and hashed; the paid history streams past it once for the member's claims and once for the person's at other payers.
with same_payer as (
    select
        denied.item_id,
        paid.file_id as precedent_file_id,
        paid.segment_index as precedent_segment_index
    from paid_line as paid
    inner join denied_service as denied
        on denied.payer_key = paid.payer_key
        and denied.member_key = paid.member_key
        and denied.billed_procedure_code = paid.billed_procedure_code
    where paid.service_date < denied.service_date
        and paid.service_date >= denied.history_from_date
        and paid.claim_key <> denied.claim_key
        -- One member id serves a family: another first name or day of birth is another patient.
        and (paid.patient_birth_date is null or denied.patient_birth_date is null or paid.patient_birth_date = denied.patient_birth_date)
        and (
            paid.first_name_key is null
            or denied.first_name_key is null
            or paid.first_name_key = denied.first_name_key
            or (
                paid.patient_birth_date = denied.patient_birth_date
                and (starts_with(paid.first_name_key, denied.first_name_key) or starts_with(denied.first_name_key, paid.first_name_key))
            )
        )
),
other_payer as (
    select
        denied.item_id,
        paid.file_id as precedent_file_id,
        paid.segment_index as precedent_segment_index
    from paid_line as paid
    inner join denied_service as denied
        on denied.person_key = paid.person_key
        and denied.billed_procedure_code = paid.billed_procedure_code
    where paid.payer_key <> denied.payer_key
        and paid.service_date < denied.service_date
        and paid.service_date >= denied.history_from_date
),
pair as (
    select item_id, precedent_file_id, precedent_segment_index from same_payer
    union all
    select item_id, precedent_file_id, precedent_segment_index from other_payer
),
compared as (
    select
        pair.item_id,
        pair.precedent_file_id,
        pair.precedent_segment_index,
        paid.claim_key as precedent_claim_key,
        paid.service_date as precedent_service_date,
        paid.payment_date as precedent_paid_date,
        case
            when denied.primary_diagnosis_code is null or paid.primary_diagnosis_code is null then 'unknown'
            when denied.diagnosis_code_set <> paid.diagnosis_code_set then 'other'
            when denied.primary_diagnosis_code = paid.primary_diagnosis_code then 'primary'
            when list_contains(string_split(paid.diagnosis_codes, ' '), denied.primary_diagnosis_code) then 'listed'
            when list_contains(string_split(denied.diagnosis_codes, ' '), paid.primary_diagnosis_code) then 'listed'
            when left(denied.primary_diagnosis_code, 3) = left(paid.primary_diagnosis_code, 3) then 'category'
            else 'other'
        end as diagnosis_relation,
        paid.payer_key = denied.payer_key as is_same_payer,
        paid.payee_id is null or denied.payee_id is null or paid.payee_id = denied.payee_id as is_same_provider,
        coalesce(paid.place_of_service_code, '') = coalesce(denied.place_of_service_code, '') as is_same_place,
        coalesce(paid.sorted_modifiers, '') = coalesce(denied.sorted_modifiers, '') as has_same_modifiers,
        coalesce(paid.material_modifiers, '') = coalesce(denied.material_modifiers, '') as has_same_material_modifiers,
        paid.diagnosis_basis <> 'claim' and denied.diagnosis_basis <> 'claim' as is_pointed,
        paid.is_first_payer,
        paid.line_units is null or denied.line_units is null or paid.line_units = denied.line_units as has_same_units
    from pair
    inner join denied_service as denied on denied.item_id = pair.item_id
    inner join paid_line as paid
        on paid.file_id = pair.precedent_file_id and paid.segment_index = pair.precedent_segment_index
)
select
    item_id,
    precedent_file_id,
    precedent_segment_index,
    precedent_claim_key,
    precedent_service_date,
    precedent_paid_date,
    case
        when diagnosis_relation = 'unknown' then 'unknown'
        when diagnosis_relation = 'category' then 'D'
        when not (
            is_same_payer and is_same_provider and is_same_place and has_same_material_modifiers and is_pointed and is_first_payer
        ) then 'C'
        when diagnosis_relation = 'primary' and has_same_modifiers then 'A'
        else 'B'
    end as precedent_tier,
    concat_ws(
        ' ',
        case when diagnosis_relation = 'listed' then 'diagnosis_order' end,
        case when diagnosis_relation = 'category' then 'diagnosis' end,
        case when diagnosis_relation = 'unknown' then 'diagnosis_unknown' end,
        case when not is_pointed then 'diagnosis_of_claim' end,
        case when not is_same_payer then 'payer' end,
        case when not is_same_provider then 'provider' end,
        case when not is_same_place then 'place_of_service' end,
        case when not has_same_modifiers then 'modifiers' end,
        case when not has_same_units then 'units' end,
        case when not is_first_payer then 'not_first_payer' end
    ) as precedent_differences
from compared
where diagnosis_relation <> 'other'
