-- A copy of the database must neither reach the gateways nor know their secrets.
UPDATE payment_provider
   SET huishouyin_app_id = NULL,
       huishouyin_mch_uid = NULL,
       huishouyin_key = NULL,
       huishouyin_isv_app_id = NULL,
       huishouyin_isv_mch_uid = NULL,
       cn_sandbox_url = NULL;

UPDATE payment_provider
   SET state = 'disabled'
 WHERE code = 'huishouyin';

-- Nothing of the original's open payments is to be asked about or sent from here.
UPDATE payment_transaction
   SET cn_next_query_at = NULL
 WHERE cn_next_query_at IS NOT NULL;

-- Notices hold payers' numbers.
UPDATE payment_cn_notice
   SET body = NULL,
       headers = NULL;
