-- Grain: one claim payment that stands. Reads claim_payment_current, member_alias, file_number.
-- Why: who the patient is, as the remittance alone says it: by this the history that a denied line can rest on is found before
-- anything is matched. person_name_key finds the patient at another payer, where the member id is another one.
WITH named AS (
    SELECT
        payment.file_id,
        payment.segment_index,
        file_number.file_number * 4294967296 + payment.segment_index AS payment_key,
        payment.payer_key,
        nullif(translate(upper(payment.member_id), ' -', ''), '') AS member_key,
        coalesce(regexp_replace(upper(payment.patient_last_name), '[^A-Z]', '', 'g'), '') AS last_name_key,
        nullif(regexp_replace(split_part(upper(trim(payment.patient_first_name)), ' ', 1), '[^A-Z]', '', 'g'), '') AS first_name_key
    FROM claim_payment_current AS payment
    INNER JOIN file_number ON file_number.file_id = payment.file_id
)
SELECT
    named.file_id,
    named.segment_index,
    named.payment_key,
    named.payer_key,
    coalesce(member_alias.corrected_key, named.member_key) AS member_key,
    named.last_name_key,
    named.first_name_key,
    CASE
        WHEN named.last_name_key <> '' AND named.first_name_key IS NOT NULL
            THEN concat_ws('|', named.last_name_key, named.first_name_key)
    END AS person_name_key
FROM named
LEFT JOIN member_alias
    ON member_alias.payer_key = named.payer_key
    AND member_alias.last_name_key = named.last_name_key
    AND member_alias.alias_key = named.member_key
