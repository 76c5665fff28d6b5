-- Grain: one combination of codes. Reads denial_pattern_official, denial_pattern_label, denial_pattern_value, denial_family,
-- rarc, carc.
-- Why: the family that counts, and what says so. `both`: official meaning and client's label agree. `client_label`: only the
-- label says so; it overrides families that say little (denial_family.yields_to_client_label), and never makes a denial of
-- what is none. `official`: there is no label, or it was not applied.
WITH weighed AS (
    SELECT
        official.pattern_id,
        official.official_family,
        official.official_medical_necessity,
        official.rule_id,
        official.guard,
        label.family_of_label,
        label.medical_necessity_of_label,
        CASE
            WHEN label.family_of_label = official.official_family THEN 'both'
            WHEN label.family_of_label IS NOT NULL AND official_family.is_denial AND official_family.yields_to_client_label
                THEN 'client_label'
            ELSE 'official'
        END AS family_basis
    FROM denial_pattern_official AS official
    JOIN denial_family AS official_family ON official_family.family = official.official_family
    LEFT JOIN denial_pattern_label AS label ON label.pattern_id = official.pattern_id
),
frequency_signal AS (
    SELECT offered.pattern_id
    FROM denial_pattern_value AS offered
    WHERE (offered.dimension = 'remark_signal' AND offered.condition_value = 'prior_payment_cause')
        OR (offered.dimension = 'remark_medical_necessity' AND offered.condition_value = 'frequency')
    UNION
    SELECT offered.pattern_id
    FROM denial_pattern_value AS offered
    JOIN carc ON carc.code = offered.condition_value
    WHERE offered.dimension = 'reason_code' AND carc.medical_necessity = 'frequency'
)
SELECT
    weighed.pattern_id,
    denial_family.family,
    weighed.family_basis,
    CASE
        WHEN weighed.family_basis = 'client_label' THEN weighed.medical_necessity_of_label
        WHEN weighed.family_basis = 'both' THEN coalesce(weighed.official_medical_necessity, weighed.medical_necessity_of_label)
        ELSE weighed.official_medical_necessity
    END AS medical_necessity,
    CASE WHEN weighed.family_basis = 'client_label' THEN 'CLIENT-LABEL' ELSE weighed.rule_id END AS rule_id,
    weighed.guard,
    denial_family.is_denial,
    denial_family.has_frequency_signal OR frequency_signal.pattern_id IS NOT NULL AS has_frequency_signal
FROM weighed
JOIN denial_family
    ON denial_family.family = CASE
        WHEN weighed.family_basis = 'client_label' THEN weighed.family_of_label ELSE weighed.official_family
    END
LEFT JOIN frequency_signal ON frequency_signal.pattern_id = weighed.pattern_id
