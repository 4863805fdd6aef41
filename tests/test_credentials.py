# Part of payment_cn_wallets. License LGPL-3.

import base64
from datetime import datetime, timedelta, timezone

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import pkcs12

from odoo.exceptions import AccessError, ValidationError
from odoo.tests import Form, new_test_user, tagged
from odoo.tools import mute_logger

from odoo.addons.payment_cn_wallets import const
from odoo.addons.payment_cn_wallets.tests.common import CnCommon

CREDENTIALS = 'odoo.addons.payment_cn_wallets.models.provider.credentials'
NOW = datetime.now(timezone.utc)


def certificate(key, name, days=400, begins=-10):
    """Return a certificate, PEM, made by itself."""
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    made = x509.CertificateBuilder(
        issuer_name=subject, subject_name=subject, public_key=key.public_key(),
        serial_number=x509.random_serial_number(),
        not_valid_before=NOW + timedelta(days=begins), not_valid_after=NOW + timedelta(days=days),
    ).sign(key, hashes.SHA256())
    return made.public_bytes(serialization.Encoding.PEM)


def pem(key):
    """Return a private key as PEM."""
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )


@tagged('post_install', '-at_install')
class TestCredentials(CnCommon):
    gateway = 'wechat_pay'

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.mchid = cls.credentials['mchid']
        cls.key = rsa.generate_private_key(65537, 2048)

    def _upload(self, name, content):
        self.provider.write({f'wechat_pay_{name}_file': base64.b64encode(content)})

    def _p12(self, key=None, password=None, **options):
        key = key or self.key
        return pkcs12.serialize_key_and_certificates(
            b'merchant', key,
            x509.load_pem_x509_certificate(certificate(key, self.mchid, **options)), None,
            serialization.BestAvailableEncryption((password or self.mchid).encode()),
        )

    # === TAKING IN === #

    def test_p12_fills_certificate_and_key(self):
        """Test that the one file of the merchant platform is enough."""
        self._upload('certificate', self._p12())
        self.assertEqual(self.provider.wechat_pay_private_key.encode(), pem(self.key))
        record = self.provider.wechat_pay_certificate_id
        self.assertEqual(record.subject_common_name, self.mchid)
        self.assertTrue(record.is_valid)
        self.assertEqual(record.company_id, self.company)

    def test_certificate_and_key_apart(self):
        """Test that two files uploaded together must fit each other, in either form."""
        cert = certificate(self.key, self.mchid)
        self.provider.write({
            'wechat_pay_certificate_file': base64.b64encode(cert),
            'wechat_pay_private_key_file': base64.b64encode(pem(self.key)),
        })
        self.assertEqual(self.provider.wechat_pay_certificate.strip().encode(), cert.strip())
        other = rsa.generate_private_key(65537, 2048)
        with self.assertRaisesRegex(ValidationError, "does not belong"), self.env.cr.savepoint():
            self._upload('private_key', pem(other))
        self.env.invalidate_all()
        self.assertEqual(self.provider.wechat_pay_private_key.encode(), pem(self.key))

    def test_new_file_replaces_the_old_record(self):
        """Test that no old private key stays behind in the certificate store."""
        count = self.env['certificate.key'].search_count([])
        before = self.provider.wechat_pay_private_key_id
        self._upload('certificate', self._p12())
        self.assertEqual(self.provider.wechat_pay_private_key_id, before)
        self.assertEqual(self.env['certificate.key'].search_count([]), count)

    def test_wrong_files_are_refused_with_a_reason(self):
        """Test that each mistake is told in plain words and changes nothing."""
        self._upload('certificate', self._p12())
        before = self.provider._cn_credentials()
        stranger = rsa.generate_private_key(65537, 2048)
        for name, content, words in (
            ('certificate', b'not a certificate', "can't be read"),
            ('certificate', certificate(self.key, self.mchid, days=-1), "expired"),
            ('certificate', certificate(self.key, self.mchid, begins=5), "not valid yet"),
            ('certificate', certificate(self.key, '1900000001'), "does not belong"),
            ('certificate', certificate(stranger, self.mchid), "does not belong"),
            ('certificate', self._p12(password='guess'), "password"),
            ('private_key', certificate(self.key, self.mchid), "another file"),
            ('private_key', pem(rsa.generate_private_key(65537, 1024)), "too short"),
            ('public_key', certificate(self.key, self.mchid), "another file"),
            ('public_key', pem(self.key), "another file"),
        ):
            with self.subTest(name=name, words=words):
                with self.assertRaisesRegex(ValidationError, words) as caught, \
                        self.env.cr.savepoint():
                    self._upload(name, content)
                self.assertNotIn('PRIVATE KEY', str(caught.exception))
                self.env.invalidate_all()
                self.assertEqual(self.provider._cn_credentials(), before)

    def test_form_refuses_a_wrong_file_at_once(self):
        """Test that the administrator need not save to learn that a file is wrong."""
        onchange = self.provider.onchange(
            {'wechat_pay_certificate_file': base64.b64encode(b'rubbish').decode()},
            ['wechat_pay_certificate_file'],
            {'wechat_pay_certificate_file': {}, 'wechat_pay_certificate_filename': {}},
        )
        self.assertIn("can't be read", onchange['warning']['message'])

    def test_form_takes_one_file_for_two(self):
        """Test that the form can be saved after a .p12 was chosen for the certificate alone."""
        self.provider.action_reset_credentials()
        with Form(self.provider) as form:
            for name in ('mchid', 'appid', 'api_v3_key', 'public_key_id'):
                form[f'wechat_pay_{name}'] = self.credentials[name]
            form.wechat_pay_public_key_file = base64.b64encode(
                self.credentials['public_key'].encode()
            )
            form.wechat_pay_certificate_file = base64.b64encode(self._p12())
            form.cn_sandbox_url = f'{self.sandbox.url}/wechat_pay'
            form.state = 'test'
        self.assertEqual(self.provider.wechat_pay_private_key.encode(), pem(self.key))
        self.assertEqual(self.provider.state, 'test')

    def test_switching_on_checks_everything(self):
        """Test that what was entered step by step must work as a whole."""
        self.provider.state = 'disabled'
        self.provider.wechat_pay_public_key_id = False
        with self.assertRaises(ValidationError), self.env.cr.savepoint():
            self.provider.state = 'test'
        with self.assertRaises(ValidationError), self.env.cr.savepoint():
            self.provider.write({'wechat_pay_api_v3_key': 'short', 'state': 'test'})

    def test_bare_base64_is_stored_as_pem(self):
        """Test that a key as consoles show it can be read from the certificate store too."""
        bare = ''.join(pem(self.key).decode().splitlines()[1:-1])
        self.provider.write({
            'wechat_pay_certificate': certificate(self.key, self.mchid).decode(),
            'wechat_pay_private_key': bare,
        })
        self.env.invalidate_all()
        self.assertFalse(self.provider.wechat_pay_private_key_id.loading_error)
        self.assertIn('BEGIN PRIVATE KEY', self.provider.wechat_pay_private_key)

    # === SHOWING === #

    def test_private_keys_never_leave(self):
        """Test that what the form can download of a private key is its public part."""
        for name in ('wechat_pay_private_key', 'wechat_pay_certificate', 'wechat_pay_public_key'):
            shown = base64.b64decode(self.provider[f'{name}_file']).decode()
            self.assertNotIn('PRIVATE', shown)
            self.assertIn('BEGIN', shown)
        self.assertIn('PUBLIC KEY', base64.b64decode(
            self.provider.wechat_pay_private_key_file
        ).decode())
        arch = self.env['payment.provider'].get_view(
            self.env.ref('payment.payment_provider_form').id, 'form'
        )['arch']
        self.assertNotIn('name="wechat_pay_private_key"', arch)

    def test_administrators_only(self):
        """Test that nobody else reads keys, in whatever form."""
        accountant = new_test_user(
            self.env, 'cn_key_reader', groups='account.group_account_manager',
            company_id=self.company.id,
        )
        provider = self.provider.with_user(accountant)
        for name in ('', '_file', '_id', '_filename'):
            with self.assertRaises(AccessError):
                provider.read([f'wechat_pay_private_key{name}'])

    def test_clearing_takes_the_key_out_of_the_store(self):
        """Test that an emptied upload leaves nothing behind."""
        self.provider.state = 'disabled'
        record = self.provider.wechat_pay_private_key_id
        self.provider.write({'wechat_pay_private_key_file': False})
        self.assertFalse(self.provider.wechat_pay_private_key)
        self.assertFalse(record.exists())

    def test_deleted_provider_takes_its_keys_along(self):
        """Test that a provider that goes leaves no keys in the store."""
        copy = self.provider.copy()
        copy.write(self._fields_of(self.credentials))
        records = [copy[name] for name in copy._cn_store_fields()]
        self.assertTrue(all(records))
        copy.unlink()
        self.assertFalse(any(record.exists() for record in records))

    # === ENDING AND RENEWING === #

    def test_administrators_are_warned_in_time(self):
        """Test that a certificate that ends within 30 days makes one task, and shows in the form."""
        self._upload('certificate', self._p12(days=const.EXPIRY_WARNING_DAYS + 2))
        self.assertFalse(self.provider.cn_expiry_warning)
        self._upload('certificate', self._p12(days=const.EXPIRY_WARNING_DAYS - 2))
        self.provider.invalidate_recordset(['cn_expiry_warning'])
        english = self.provider.with_context(lang='en_US')
        self.assertIn("valid until", english.cn_expiry_warning)
        for _run in range(3):
            self._run_cron('cron_credentials')
        incident = self.env['payment.cn.incident'].search([
            ('provider_id', '=', self.provider.id), ('kind', '=', 'certificate'),
        ])
        self.assertEqual((len(incident), incident.count), (1, 1))
        self.assertEqual(incident.activity_ids.user_id, self.env.ref('base.user_admin'))
        incident.action_done()
        self._run_cron('cron_credentials')
        self.assertEqual(incident.state, 'done')

    def test_expired_certificate_does_not_lock_the_form(self):
        """Test that a provider whose certificate ended can be mended and switched off."""
        self.provider.state = 'disabled'
        self.provider.wechat_pay_certificate_id.content = base64.b64encode(
            certificate(self.key, self.mchid, days=-3)
        )
        self.provider.wechat_pay_private_key_id.content = base64.b64encode(pem(self.key))
        self.env.invalidate_all()
        self.provider.write({'wechat_pay_sub_mchid': '1900000200'})
        self.provider.write({'state': 'disabled', 'is_published': False})
        with self.assertRaisesRegex(ValidationError, "expired"), self.env.cr.savepoint():
            self.provider.state = 'test'

    def test_platform_certificates_are_renewed(self):
        """Test that the cron fetches what the gateway hands out, for merchants that use it."""
        empty = dict.fromkeys(('public_key', 'public_key_id', 'platform_certificates'), '')
        self.provider.write({
            **self._fields_of(empty),
            **self._fields_of(self.sandbox.credentials('wechat_pay_certificate')),
        })
        self._run_cron('cron_credentials')
        self.assertIn('BEGIN CERTIFICATE', self.provider.wechat_pay_platform_certificates)
        tx = self._paid(order=self._order())
        self.assertEqual(tx.state, 'done')

    @mute_logger(CREDENTIALS)
    def test_failed_renewal_keeps_what_is_there(self):
        """Test that a gateway that does not answer costs nothing."""
        self.provider.write(self._fields_of(self.sandbox.credentials('wechat_pay_switching')))
        before = self.provider.wechat_pay_platform_certificates
        self.provider.cn_sandbox_url = 'http://127.0.0.1:9/wechat_pay'
        self._run_cron('cron_credentials')
        self.assertEqual(self.provider.wechat_pay_platform_certificates, before)
