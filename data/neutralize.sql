-- A copy of the database must neither reach the gateways nor know their secrets.
-- The merchant's keys and certificates are attachments of Odoo's certificate store.
DELETE FROM ir_attachment
 WHERE res_model = 'certificate.key'
   AND res_id IN (
       SELECT unnest(ARRAY[
                  wechat_pay_private_key_id, alipay_private_key_id, qq_wallet_client_key_id,
                  jd_pay_private_key_id
              ])
         FROM payment_provider
   );

DELETE FROM ir_attachment
 WHERE res_model = 'certificate.certificate'
   AND res_id IN (
       SELECT unnest(ARRAY[
                  wechat_pay_certificate_id, alipay_app_cert_id, qq_wallet_client_certificate_id
              ])
         FROM payment_provider
   );

UPDATE payment_provider
   SET huishouyin_app_id = NULL,
       huishouyin_mch_uid = NULL,
       huishouyin_key = NULL,
       huishouyin_mini_appid = NULL,
       huishouyin_isv_app_id = NULL,
       huishouyin_isv_mch_uid = NULL,
       wechat_pay_appid = NULL,
       wechat_pay_mchid = NULL,
       wechat_pay_api_v3_key = NULL,
       wechat_pay_certificate_id = NULL,
       wechat_pay_private_key_id = NULL,
       wechat_pay_public_key = NULL,
       wechat_pay_public_key_id = NULL,
       wechat_pay_platform_certificates = NULL,
       wechat_pay_app_secret = NULL,
       wechat_pay_app_appid = NULL,
       wechat_pay_mini_appid = NULL,
       wechat_pay_mini_app_secret = NULL,
       wechat_pay_sub_mchid = NULL,
       wechat_pay_sub_appid = NULL,
       wechat_pay_codepay_api = NULL,
       wechat_pay_api_key = NULL,
       alipay_app_id = NULL,
       alipay_seller_id = NULL,
       alipay_mini_app_id = NULL,
       alipay_private_key_id = NULL,
       alipay_alipay_public_key = NULL,
       alipay_app_cert_id = NULL,
       alipay_alipay_cert = NULL,
       alipay_root_cert = NULL,
       alipay_aes_key = NULL,
       alipay_app_auth_token = NULL,
       alipay_provider_id = NULL,
       alipay_qr_product = NULL,
       alipay_web_product = NULL,
       qq_wallet_mch_id = NULL,
       qq_wallet_api_key = NULL,
       qq_wallet_app_id = NULL,
       qq_wallet_app_key = NULL,
       qq_wallet_op_user_id = NULL,
       qq_wallet_op_user_passwd = NULL,
       qq_wallet_client_certificate_id = NULL,
       qq_wallet_client_key_id = NULL,
       qq_wallet_sub_mch_id = NULL,
       qq_wallet_sub_app_id = NULL,
       qq_wallet_sign_type = NULL,
       jd_pay_merchant = NULL,
       jd_pay_des_key = NULL,
       jd_pay_private_key_id = NULL,
       jd_pay_jd_public_key = NULL,
       jd_pay_md5_key = NULL,
       jd_pay_app_id = NULL,
       jd_pay_owner = NULL,
       cn_sandbox_url = NULL;

UPDATE payment_provider
   SET state = 'disabled'
 WHERE code IN ('huishouyin', 'wechat_pay', 'alipay', 'qq_wallet', 'jd_pay');

-- Nothing of the original's open payments is to be asked about or sent from here.
UPDATE payment_transaction
   SET cn_next_query_at = NULL
 WHERE cn_next_query_at IS NOT NULL;

-- They open the cashiers of payers.
UPDATE payment_transaction
   SET cn_sdk_params = NULL,
       cn_pay_form = NULL
 WHERE cn_sdk_params IS NOT NULL
    OR cn_pay_form IS NOT NULL;

-- Notices hold payers' numbers.
UPDATE payment_cn_notice
   SET body = NULL,
       headers = NULL;

-- The merchant's own systems hear nothing of a copy.
UPDATE payment_cn_webhook
   SET active = false,
       secret = NULL,
       old_secret = NULL;

UPDATE payment_cn_webhook_message
   SET state = 'failed',
       next_at = NULL
 WHERE state = 'waiting';

-- The shop's apps belong to the original, as do the answers that open its payers' cashiers.
DELETE FROM res_users_apikeys
 WHERE scope = 'payment_cn_wallets.app';

DELETE FROM payment_cn_app_call;
