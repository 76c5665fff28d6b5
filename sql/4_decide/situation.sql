-- grain: one denied line, described by what the rules of next_step.csv look at
-- reads: denied_line, denied_service, claim_payment_current, precedent, deadline, work_state, carc (mapping),
--        filing_indicator (mapping), client (mapping), past_limit (mapping)
-- why:   many lines, few situations: rules are tried once for each distinct situation_key and not once a line. Where the
--        client says to go on after a limit, the passed limit counts as open here, and the line says so.
with limits as (
    select
        item_id,
        max(case when deadline_action = 'appeal' then deadline_state end) as appeal_state,
        max(case when deadline_action = 'corrected_claim' then deadline_state end) as corrected_claim_state,
        max(case when deadline_action = 'reopening' then deadline_state end) as reopening_state,
        max(case when deadline_action = 'new_claim' then deadline_state end) as new_claim_state
    from deadline
    group by item_id
),
told as (
    select
        denied_line.item_id,
        client.client,
        bool_or(past_limit.past_limit_id is not null) as works_past_limit
    from denied_line
    inner join claim_payment_current as payment
        on payment.file_id = denied_line.file_id and payment.segment_index = denied_line.claim_segment_index
    left join client on client.payee_id = coalesce(payment.payee_npi, payment.payee_tax_number)
    left join past_limit
        on (past_limit.client is null or past_limit.client = client.client)
        and (past_limit.payer_key is null or past_limit.payer_key = denied_line.payer_key)
    group by denied_line.item_id, client.client
),
described as (
    select
        denied_line.item_id,
        told.client,
        told.works_past_limit,
        denied_line.family,
        coalesce(denied_line.medical_necessity, 'none') as medical_necessity,
        coalesce(denied_line.guard, 'none') as guard,
        case when denied_line.has_frequency_signal then 'Y' else 'N' end as frequency_signal,
        case when precedent.is_candidate then 'AB' else 'none' end as precedent_class,
        coalesce(payment.payer_family, 'unknown') as payer_family,
        coalesce(filing_indicator.medicare_part, 'none') as medicare_part,
        denied_line.group_code,
        coalesce(carc.next_step, 'none') as code_next_step,
        case when denied_service.diagnosis_codes is null then 'N' else 'Y' end as diagnosis_known,
        coalesce(work_state.coding_outcome, 'none') as coding_outcome,
        coalesce(work_state.item_status, 'open') as item_status,
        case when told.works_past_limit and limits.appeal_state = 'passed' then 'open' else limits.appeal_state end
            as appeal_state,
        case
            when told.works_past_limit and limits.corrected_claim_state = 'passed' then 'open'
            else limits.corrected_claim_state
        end as corrected_claim_state,
        -- The payer's own reopening right ends with its limit, whatever the client says.
        limits.reopening_state,
        case when told.works_past_limit and limits.new_claim_state = 'passed' then 'open' else limits.new_claim_state end
            as new_claim_state
    from denied_line
    inner join claim_payment_current as payment
        on payment.file_id = denied_line.file_id and payment.segment_index = denied_line.claim_segment_index
    inner join told on told.item_id = denied_line.item_id
    left join denied_service on denied_service.item_id = denied_line.item_id
    left join precedent on precedent.item_id = denied_line.item_id
    left join limits on limits.item_id = denied_line.item_id
    left join work_state on work_state.item_id = denied_line.item_id
    left join filing_indicator on filing_indicator.code = payment.filing_indicator_code
    left join carc on carc.code = split_part(denied_line.reason_codes, ' ', 1)
)
select
    item_id,
    client,
    works_past_limit,
    family,
    medical_necessity,
    guard,
    frequency_signal,
    precedent_class,
    payer_family,
    medicare_part,
    group_code,
    code_next_step,
    diagnosis_known,
    coding_outcome,
    item_status,
    coalesce(appeal_state, 'unknown') as appeal_state,
    coalesce(corrected_claim_state, 'unknown') as corrected_claim_state,
    coalesce(reopening_state, 'unknown') as reopening_state,
    coalesce(new_claim_state, 'unknown') as new_claim_state,
    md5(concat_ws(
        '|', coalesce(family, ''), medical_necessity, guard, frequency_signal, precedent_class, payer_family, medicare_part,
        coalesce(group_code, ''), code_next_step, diagnosis_known, coding_outcome, item_status,
        coalesce(appeal_state, 'unknown'), coalesce(corrected_claim_state, 'unknown'), coalesce(reopening_state, 'unknown'),
        coalesce(new_claim_state, 'unknown')
    )) as situation_key
from described
