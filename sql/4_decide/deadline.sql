-- grain: one denied line and one action that has a limit
-- reads: denied_line, denied_service, claim_payment_current, work_state, payer_rule (mapping), run_parameter
-- why:   when it is too late, and what says so. A limit learnt on a call is stronger than the payer's rule, that than the
--        payer family's, and that than the cautious default, which is marked. Months and years are counted in the calendar
--        (31 January and one month is the last of February); days to mail and weekends only ever make a day earlier.
with item as (
    select
        denied_line.item_id,
        payment.payer_key,
        payment.payer_family,
        coalesce(work_state.denial_date_from_call, payment.denial_date) as denial_date,
        case when work_state.denial_date_from_call is not null then 'from_call' else payment.denial_date_basis end
            as denial_date_basis,
        denied_service.service_date,
        work_state.appeal_limit_days,
        work_state.corrected_claim_limit_days
    from denied_line
    inner join claim_payment_current as payment
        on payment.file_id = denied_line.file_id and payment.segment_index = denied_line.claim_segment_index
    left join denied_service on denied_service.item_id = denied_line.item_id
    left join work_state on work_state.item_id = denied_line.item_id
),
-- Items differ in few things that rules look at: the rule is looked up once for each of them.
asked as (
    select distinct payer_key, payer_family, denial_date
    from item
),
fitting as (
    select
        asked.payer_key,
        asked.payer_family,
        asked.denial_date,
        rule.deadline_action,
        rule.rule_id,
        row_number() over (
            partition by asked.payer_key, asked.payer_family, asked.denial_date, rule.deadline_action
            order by
                case when rule.payer_key is not null then 1 when rule.payer_family is not null then 2 else 3 end,
                rule.appeal_level,
                rule.effective_from desc nulls last,
                rule.rule_id
        ) as place
    from asked
    inner join payer_rule as rule
        on (rule.payer_key is null or rule.payer_key = asked.payer_key)
        and (rule.payer_family is null or rule.payer_family = asked.payer_family)
        and (rule.effective_from is null or asked.denial_date is null or rule.effective_from <= asked.denial_date)
        and (rule.effective_to is null or asked.denial_date is null or rule.effective_to >= asked.denial_date)
),
ruled as (
    select
        item.item_id,
        rule.deadline_action,
        rule.rule_id,
        case
            when rule.deadline_action = 'appeal' then item.appeal_limit_days
            when rule.deadline_action = 'corrected_claim' then item.corrected_claim_limit_days
        end as call_limit_days,
        coalesce(rule.window_value, parameter.default_deadline_days) as window_value,
        rule.window_unit,
        rule.presumed_receipt_days,
        rule.verified,
        rule.payer_key is null and rule.payer_family is null as is_default,
        case when rule.deadline_anchor = 'service_date' then item.service_date else item.denial_date end as anchor_date,
        case when rule.deadline_anchor = 'service_date' then 'service_date' else item.denial_date_basis end as anchor_source,
        item.denial_date,
        item.denial_date_basis
    from item
    inner join fitting
        on fitting.payer_key = item.payer_key
        and coalesce(fitting.payer_family, '') = coalesce(item.payer_family, '')
        and coalesce(fitting.denial_date, date '1900-01-01') = coalesce(item.denial_date, date '1900-01-01')
        and fitting.place = 1
    inner join payer_rule as rule on rule.rule_id = fitting.rule_id
    cross join run_parameter as parameter
),
anchored as (
    select
        item_id,
        deadline_action,
        rule_id,
        call_limit_days,
        window_value,
        window_unit,
        presumed_receipt_days,
        verified,
        is_default,
        case when call_limit_days is not null then denial_date else anchor_date + cast(presumed_receipt_days as integer) end
            as first_day,
        case when call_limit_days is not null then denial_date else anchor_date end as anchor_date,
        case when call_limit_days is not null then denial_date_basis else anchor_source end as anchor_source,
        case
            when call_limit_days is not null or window_unit = 'days' then 0
            when window_unit = 'years' then window_value * 12
            else window_value
        end as added_months,
        case when call_limit_days is not null then call_limit_days when window_unit = 'days' then window_value else 0 end
            as added_days
    from ruled
),
target as (
    select
        item_id, deadline_action, rule_id, call_limit_days, window_value, window_unit, presumed_receipt_days, verified, is_default,
        anchor_date, anchor_source, added_days,
        day(first_day) as day_of_month,
        year(first_day) * 12 + month(first_day) - 1 + added_months as month_number
    from anchored
),
target_month as (
    select
        item_id, deadline_action, rule_id, call_limit_days, window_value, window_unit, presumed_receipt_days, verified, is_default,
        anchor_date, anchor_source, added_days, day_of_month,
        make_date(cast(month_number // 12 as integer), cast(month_number % 12 + 1 as integer), 1) as first_of_month
    from target
),
dated as (
    select
        item_id, deadline_action, rule_id, call_limit_days, window_value, window_unit, presumed_receipt_days, verified, is_default,
        anchor_date, anchor_source,
        make_date(
            cast(year(first_of_month) as integer),
            cast(month(first_of_month) as integer),
            cast(least(day_of_month, day(last_day(first_of_month))) as integer)
        ) + cast(added_days as integer) as deadline
    from target_month
),
mailed as (
    select
        dated.item_id, dated.deadline_action, dated.rule_id, dated.call_limit_days,
        concat(
            cast(dated.window_value as varchar), ' ',
            case when dated.window_value = 1 then rtrim(dated.window_unit, 's') else dated.window_unit end
        ) as window_words,
        dated.presumed_receipt_days, dated.verified, dated.is_default, dated.anchor_date, dated.anchor_source, dated.deadline,
        dated.deadline - cast(parameter.mail_days as integer) as mail_date,
        -- 5 January 1970 was a Monday: 5 and 6 are Saturday and Sunday.
        date_diff('day', date '1970-01-05', dated.deadline - cast(parameter.mail_days as integer)) % 7 as weekday,
        cast(date_diff('day', parameter.as_of_date, dated.deadline) as bigint) as days_left
    from dated
    cross join run_parameter as parameter
)
select
    item_id,
    deadline_action,
    rule_id as deadline_rule_id,
    anchor_date,
    anchor_source,
    deadline,
    mail_date - cast(case weekday when 5 then 1 when 6 then 2 else 0 end as integer) as work_by_date,
    days_left,
    case when deadline is null then 'unknown' when days_left < 0 then 'passed' else 'open' end as deadline_state,
    verified = 'yes' or call_limit_days is not null as is_deadline_verified,
    case
        when deadline is null then concat('no date to count from for rule ', rule_id)
        else concat(
            case
                when call_limit_days is not null then concat('learnt on the call: ', cast(call_limit_days as varchar), ' days')
                when is_default
                    then concat('UNVERIFIED RULE: default ', window_words)
                else concat(
                    case verified when 'yes' then '' when 'partly' then 'PARTLY VERIFIED RULE: ' else 'UNVERIFIED RULE: ' end,
                    rule_id, ': ', window_words
                )
            end,
            ' from ', cast(anchor_date as varchar), ' (', coalesce(anchor_source, 'unknown'), ')',
            case
                when call_limit_days is null and presumed_receipt_days > 0
                    then concat(' and ', cast(presumed_receipt_days as varchar), ' days for its arrival')
                else ''
            end,
            case when call_limit_days is null and not is_default and verified = 'yes' then ', verified' else '' end
        )
    end as deadline_basis
from mailed
