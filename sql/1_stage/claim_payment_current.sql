-- Grain: one claim payment that stands. Reads claim_payment, claim_payment_event, remittance_head, remittance_status,
-- filing_indicator, service_line.
-- Why: everything after this stage sees only claim payments that count. `item_id` is what a denial at claim level is called on
-- every night; `is_latest` is false where a later remittance decided about the same claim and day again.
-- Each LEFT JOIN finds its row. They are no inner joins, because an engine that reorders those begins with the file alone, the
-- part of the key that all tables share, and pairs every claim of a file with every remittance of it.
-- A payer of several lines of business has no family of its own: the claim's filing indicator tells.
WITH first_line AS (
    SELECT file_id, claim_segment_index, min(service_date) AS service_date
    FROM service_line
    GROUP BY file_id, claim_segment_index
),
standing AS (
    SELECT
        event.file_id,
        event.segment_index,
        event.remittance_segment_index,
        event.claim_key,
        event.claim_effect,
        event.event_type,
        event.decision_number,
        md5(concat_ws('|',
            event.claim_key,
            CASE WHEN event.claim_effect = 'secondary' OR event.claim_effect = 'tertiary' THEN event.claim_effect ELSE '' END,
            'claim',
            coalesce(CAST(coalesce(claim_payment.statement_from_date, first_line.service_date) AS VARCHAR), '')
        )) AS claim_day
    FROM claim_payment_event AS event
    JOIN claim_payment ON claim_payment.file_id = event.file_id AND claim_payment.segment_index = event.segment_index
    LEFT JOIN first_line ON first_line.file_id = event.file_id AND first_line.claim_segment_index = event.segment_index
    WHERE event.is_current
),
named AS (
    SELECT
        file_id,
        segment_index,
        remittance_segment_index,
        claim_key,
        claim_effect,
        event_type,
        decision_number,
        md5(concat_ws('|', claim_day, CAST(row_number() OVER (
            PARTITION BY claim_day, decision_number ORDER BY segment_index
        ) AS VARCHAR))) AS item_id,
        decision_number = max(decision_number) OVER (PARTITION BY claim_day) AS is_latest
    FROM standing
)
SELECT
    claim_payment.file_id,
    claim_payment.segment_index,
    claim_payment.remittance_segment_index,
    named.claim_key,
    named.item_id,
    named.is_latest,
    named.decision_number,
    named.claim_effect,
    named.event_type,
    remittance_status.payer_key,
    remittance_status.payer_id,
    remittance_status.payer_name,
    coalesce(nullif(remittance_status.payer_family, 'unknown'), filing_indicator.payer_family, 'unknown') AS payer_family,
    claim_payment.patient_control_number,
    claim_payment.payer_claim_control_number,
    claim_payment.claim_status_code,
    claim_payment.filing_indicator_code,
    claim_payment.claim_frequency_code,
    claim_payment.facility_type_code,
    claim_payment.member_id,
    claim_payment.patient_last_name,
    claim_payment.patient_first_name,
    claim_payment.charge_amount,
    claim_payment.paid_amount,
    claim_payment.patient_responsibility_amount,
    claim_payment.statement_from_date,
    claim_payment.claim_received_date,
    remittance.payment_date,
    remittance.production_date,
    remittance.trace_number,
    remittance_status.denial_date,
    remittance_status.denial_date_basis,
    coalesce(claim_payment.claim_contact_phone, remittance.payer_phone) AS payer_phone,
    coalesce(claim_payment.claim_contact_fax, remittance.payer_fax) AS payer_fax,
    remittance.payee_npi,
    remittance.payee_tax_number,
    remittance.payee_name
FROM named
LEFT JOIN claim_payment ON claim_payment.file_id = named.file_id AND claim_payment.segment_index = named.segment_index
LEFT JOIN remittance_head AS remittance ON remittance.file_id = named.file_id AND remittance.segment_index = named.remittance_segment_index
LEFT JOIN remittance_status
    ON remittance_status.file_id = named.file_id AND remittance_status.segment_index = named.remittance_segment_index
LEFT JOIN filing_indicator ON filing_indicator.code = claim_payment.filing_indicator_code
