-- Grain: one claim payment that stands and has a denied line. Reads claim_payment_current, denied_line.
-- Why: what stages after this ask of the payment of a denied line, they ask a few of and not all.
WITH denied AS (
    SELECT DISTINCT file_id, claim_segment_index
    FROM denied_line
)
SELECT
    payment.file_id,
    payment.segment_index,
    payment.claim_key,
    payment.payer_key,
    payment.payer_id,
    payment.payer_name,
    payment.payer_family,
    payment.patient_control_number,
    payment.payer_claim_control_number,
    payment.claim_status_code,
    payment.filing_indicator_code,
    payment.member_id,
    payment.patient_last_name,
    payment.patient_first_name,
    payment.charge_amount,
    payment.statement_from_date,
    payment.payment_date,
    payment.trace_number,
    payment.denial_date,
    payment.denial_date_basis,
    payment.payer_phone,
    payment.payer_fax,
    payment.payee_npi,
    payment.payee_tax_number,
    payment.payee_name
FROM denied
INNER JOIN claim_payment_current AS payment
    ON payment.file_id = denied.file_id AND payment.segment_index = denied.claim_segment_index
