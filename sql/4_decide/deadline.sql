-- Grain: one open item and one action that has a limit. Reads open_item, denied_service, item_state, payer_rule, holiday,
-- run_parameter.
-- Why: when it is too late, and what says so. A limit learnt on a call is stronger than the payer's rule, that than the
-- payer family's, and that than the cautious default, which is marked. Among rules of one payer, or of one family, the site's
-- own contract comes before what is shipped, and a rule for one line of business before one for all. An appeal has the limit of
-- its level, and the level follows from the work log; a limit is met when what it is for was sent. Months and years are
-- counted in the calendar (31 January and one month is the last of February); days to mail, weekends and holidays only ever
-- make a day earlier.
WITH item AS (
    SELECT
        open_item.item_id,
        open_item.payer_key,
        open_item.payer_family,
        coalesce(open_item.denial_date_from_call, open_item.denial_date) AS denial_date,
        CASE WHEN open_item.denial_date_from_call IS NOT NULL THEN 'from_call' ELSE open_item.denial_date_basis END
            AS denial_date_basis,
        denied_service.service_date,
        open_item.appeal_limit_days,
        open_item.corrected_claim_limit_days,
        open_item.appeal_level,
        item_state.met_deadline_action,
        open_item.state_since
    FROM open_item
    LEFT JOIN denied_service ON denied_service.item_id = open_item.item_id
    LEFT JOIN item_state ON item_state.item_state = open_item.item_state
),
-- Items differ in few things that rules look at: the rule is looked up once for each of them.
asked AS (
    SELECT DISTINCT payer_key, payer_family, denial_date, appeal_level
    FROM item
),
fitting AS (
    SELECT
        asked.payer_key,
        asked.payer_family,
        asked.denial_date,
        asked.appeal_level,
        rule.deadline_action,
        rule.rule_id,
        row_number() OVER (
            PARTITION BY asked.payer_key, asked.payer_family, asked.denial_date, asked.appeal_level, rule.deadline_action
            ORDER BY
                CASE WHEN rule.payer_key IS NOT NULL THEN 1 WHEN rule.payer_family IS NOT NULL THEN 2 ELSE 3 END,
                CASE WHEN rule.is_site THEN 0 ELSE 1 END,
                CASE WHEN rule.payer_family IS NOT NULL THEN 0 ELSE 1 END,
                rule.effective_from DESC NULLS LAST,
                rule.rule_id
        ) AS place
    FROM asked
    INNER JOIN payer_rule AS rule
        ON (rule.payer_key IS NULL OR rule.payer_key = asked.payer_key)
        AND (rule.payer_family IS NULL OR rule.payer_family = asked.payer_family)
        AND (rule.deadline_action <> 'appeal' OR rule.appeal_level = asked.appeal_level)
        AND (rule.effective_from IS NULL OR asked.denial_date IS NULL OR rule.effective_from <= asked.denial_date)
        AND (rule.effective_to IS NULL OR asked.denial_date IS NULL OR rule.effective_to >= asked.denial_date)
),
ruled AS (
    SELECT
        item.item_id,
        rule.deadline_action,
        rule.rule_id,
        CASE
            WHEN rule.deadline_action = 'appeal' THEN item.appeal_limit_days
            WHEN rule.deadline_action = 'corrected_claim' THEN item.corrected_claim_limit_days
        END AS call_limit_days,
        coalesce(rule.window_value, parameter.default_deadline_days) AS window_value,
        rule.window_unit,
        rule.presumed_receipt_days,
        rule.verified,
        rule.payer_key IS NULL AND rule.payer_family IS NULL AS is_default,
        CASE WHEN rule.deadline_anchor = 'service_date' THEN item.service_date ELSE item.denial_date END AS anchor_date,
        CASE WHEN rule.deadline_anchor = 'service_date' THEN 'service_date' ELSE item.denial_date_basis END AS anchor_source,
        item.denial_date,
        item.denial_date_basis,
        coalesce(item.met_deadline_action = rule.deadline_action, FALSE) AS is_met,
        CASE WHEN rule.deadline_action = 'appeal' AND item.appeal_level > 1 THEN item.appeal_level END AS later_level,
        item.state_since
    FROM item
    INNER JOIN fitting
        ON fitting.payer_key = item.payer_key
        AND coalesce(fitting.payer_family, '') = coalesce(item.payer_family, '')
        AND coalesce(fitting.denial_date, DATE '1900-01-01') = coalesce(item.denial_date, DATE '1900-01-01')
        AND fitting.appeal_level = item.appeal_level
        AND fitting.place = 1
    INNER JOIN payer_rule AS rule ON rule.rule_id = fitting.rule_id
    CROSS JOIN run_parameter AS parameter
),
anchored AS (
    SELECT
        item_id,
        deadline_action,
        rule_id,
        is_met,
        later_level,
        state_since,
        call_limit_days,
        window_value,
        window_unit,
        presumed_receipt_days,
        verified,
        is_default,
        CASE WHEN call_limit_days IS NOT NULL THEN denial_date ELSE anchor_date + cast(presumed_receipt_days AS INTEGER) END
            AS first_day,
        CASE WHEN call_limit_days IS NOT NULL THEN denial_date ELSE anchor_date END AS anchor_date,
        CASE WHEN call_limit_days IS NOT NULL THEN denial_date_basis ELSE anchor_source END AS anchor_source,
        CASE
            WHEN call_limit_days IS NOT NULL OR window_unit = 'days' THEN 0
            WHEN window_unit = 'years' THEN window_value * 12
            ELSE window_value
        END AS added_months,
        CASE WHEN call_limit_days IS NOT NULL THEN call_limit_days WHEN window_unit = 'days' THEN window_value ELSE 0 END
            AS added_days
    FROM ruled
),
target AS (
    SELECT
        item_id, deadline_action, rule_id, is_met, later_level, state_since, call_limit_days, window_value, window_unit, presumed_receipt_days, verified, is_default,
        anchor_date, anchor_source, added_days,
        day(first_day) AS day_of_month,
        year(first_day) * 12 + month(first_day) - 1 + added_months AS month_number
    FROM anchored
),
target_month AS (
    SELECT
        item_id, deadline_action, rule_id, is_met, later_level, state_since, call_limit_days, window_value, window_unit, presumed_receipt_days, verified, is_default,
        anchor_date, anchor_source, added_days, day_of_month,
        make_date(cast(month_number // 12 AS INTEGER), cast(month_number % 12 + 1 AS INTEGER), 1) AS first_of_month
    FROM target
),
dated AS (
    SELECT
        item_id, deadline_action, rule_id, is_met, later_level, state_since, call_limit_days, window_value, window_unit, presumed_receipt_days, verified, is_default,
        anchor_date, anchor_source,
        make_date(
            cast(year(first_of_month) AS INTEGER),
            cast(month(first_of_month) AS INTEGER),
            cast(least(day_of_month, day(last_day(first_of_month))) AS INTEGER)
        ) + cast(added_days AS INTEGER) AS deadline
    FROM target_month
),
mailed AS (
    SELECT
        dated.item_id, dated.deadline_action, dated.rule_id, dated.is_met, dated.later_level, dated.state_since, dated.call_limit_days,
        concat(
            cast(dated.window_value AS VARCHAR), ' ',
            CASE WHEN dated.window_value = 1 THEN rtrim(dated.window_unit, 's') ELSE dated.window_unit END
        ) AS window_words,
        dated.presumed_receipt_days, dated.verified, dated.is_default, dated.anchor_date, dated.anchor_source, dated.deadline,
        dated.deadline - cast(parameter.mail_days AS INTEGER) AS mail_date,
        -- 5 January 1970 was a Monday: 5 and 6 are Saturday and Sunday.
        date_diff('day', DATE '1970-01-05', dated.deadline - cast(parameter.mail_days AS INTEGER)) % 7 AS weekday,
        cast(date_diff('day', parameter.as_of_date, dated.deadline) AS BIGINT) AS days_left
    FROM dated
    CROSS JOIN run_parameter AS parameter
),
-- The default is cautious about the day to work by, and would be rash as the day to give up: as long as some payer's appeal limit
-- is longer, a limit that only the default passed is doubtful.
longest AS (
    SELECT
        deadline_action AS limited_action,
        max(
            coalesce(presumed_receipt_days, 0)
            + window_value * CASE window_unit WHEN 'years' THEN 366 WHEN 'months' THEN 31 ELSE 1 END
        ) AS longest_days
    FROM payer_rule
    GROUP BY deadline_action
),
rolled AS (
    SELECT
        item_id, deadline_action, rule_id, is_met, later_level, state_since, call_limit_days, window_words, presumed_receipt_days, verified, is_default, anchor_date,
        anchor_source, deadline, days_left,
        mail_date - cast(CASE weekday WHEN 5 THEN 1 WHEN 6 THEN 2 ELSE 0 END AS INTEGER) AS weekday_date
    FROM mailed
)
SELECT
    item_id,
    deadline_action,
    rule_id AS deadline_rule_id,
    anchor_date,
    anchor_source,
    deadline,
    coalesce(holiday.working_date, weekday_date) AS work_by_date,
    CASE WHEN NOT is_met THEN days_left END AS days_left,
    CASE
        WHEN is_met THEN 'met'
        WHEN deadline IS NULL THEN 'unknown'
        WHEN days_left >= 0 THEN 'open'
        WHEN is_default AND call_limit_days IS NULL AND date_diff('day', anchor_date, parameter.as_of_date) <= coalesce(longest.longest_days, 0)
            THEN 'doubtful'
        ELSE 'passed'
    END AS deadline_state,
    verified = 'yes' OR call_limit_days IS NOT NULL AS is_deadline_verified,
    CASE
        WHEN deadline IS NULL THEN concat('no date to count from for rule ', rule_id)
        ELSE concat(
            CASE WHEN is_met THEN concat('met, sent on ', cast(state_since AS VARCHAR), '; ') ELSE '' END,
            CASE WHEN later_level IS NOT NULL THEN concat('level ', cast(later_level AS VARCHAR), '; ') ELSE '' END,
            CASE
                WHEN call_limit_days IS NOT NULL THEN concat('learnt on the call: ', cast(call_limit_days AS VARCHAR), ' days')
                WHEN is_default
                    THEN concat('UNVERIFIED RULE: default ', window_words)
                ELSE concat(
                    CASE verified WHEN 'yes' THEN '' WHEN 'partly' THEN 'PARTLY VERIFIED RULE: ' ELSE 'UNVERIFIED RULE: ' END,
                    rule_id, ': ', window_words
                )
            END,
            ' from ', cast(anchor_date AS VARCHAR), ' (', coalesce(anchor_source, 'unknown'), ')',
            CASE
                WHEN call_limit_days IS NULL AND presumed_receipt_days > 0
                    THEN concat(' and ', cast(presumed_receipt_days AS VARCHAR), ' days for its arrival')
                ELSE ''
            END,
            CASE WHEN call_limit_days IS NULL AND NOT is_default AND verified = 'yes' THEN ', verified' ELSE '' END
        )
    END AS deadline_basis
FROM rolled
CROSS JOIN run_parameter AS parameter
LEFT JOIN longest ON longest.limited_action = 'appeal'
LEFT JOIN holiday ON holiday.holiday_date = rolled.weekday_date
