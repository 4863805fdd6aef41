# Part of payment_cn_wallets. License LGPL-3.
"""Provider fields for credentials that are files.

Such a credential has a few fields, named after the text that gateways read, `<code>_<credential>`:

- `…`: PEM text. What the gateway hands out is stored in it; the merchant's own keys and
  certificates live in Odoo's certificate store, and it mirrors them;
- `…_id`: the record in the certificate store, for the merchant's own;
- `…_file`: what the form shows. It takes a file in; what it gives back is never a private key;
- `…_filename`: what was uploaded, in short.
"""

import base64

from odoo import api, fields
from odoo.exceptions import ValidationError

from ..gateways import key_files
from ..gateways.base import CredentialProblem
from . import reasons

ADMINISTRATORS = 'base.group_system'

# What the form shows for a credential that came in a file chosen for another one (a .p12 holds
# certificate and key), until it is saved.
ALSO_IN_OTHER_FILE = base64.b64encode(b'taken from the other file')


# === THE MERCHANT'S OWN, IN THE CERTIFICATE STORE === #

def own_key(label):
    """Return the `…_id` field of a private key.

    :param str label: what administrators call it
    """
    return _stored('certificate.key', label)


def own_certificate(label):
    """Return the `…_id` field of a certificate; see `own_key`."""
    return _stored('certificate.certificate', label)


def _stored(comodel, label):
    # Odoo wants the labels of a model's fields to differ; forms have shorter ones.
    return fields.Many2one(
        string=f"{label} (record)", comodel_name=comodel, copy=False, groups=ADMINISTRATORS
    )


def key_text(name, label, **options):
    """Return the text field that mirrors a private key of the certificate store.

    :param str name: of this field
    :param options: of the field, `required_if_provider` for instance
    """
    return _mirror(name, label, 'pem_key', options)


def certificate_text(name, label, **options):
    """Return the text field that mirrors a certificate of the certificate store."""
    return _mirror(name, label, 'pem_certificate', options)


def _mirror(name, label, pem_field, options):
    @api.depends(f'{name}_id', f'{name}_id.{pem_field}')
    def compute(providers):
        for provider in providers:
            pem = provider[f'{name}_id'].sudo().with_context(bin_size=False)[pem_field]
            provider[name] = base64.b64decode(pem).decode() if pem else False

    def inverse(providers):
        for provider in providers:
            value = provider[name]
            if value:
                # The certificate store reads PEM only, and only as openssl writes it.
                value = read_upload(provider, name, base64.b64encode(value.encode()))[name]
            _store(provider, f'{name}_id', value)

    return fields.Text(
        string=label, compute=compute, inverse=inverse, copy=False, groups=ADMINISTRATORS,
        **options,
    )


def _store(provider, record_name, pem):
    """Put a key or certificate in the store: in the record that is there, or in a new one."""
    record = provider[record_name].sudo()
    if not pem:
        provider[record_name] = False
        record.unlink()
        return
    values = {
        'name': f"{provider.name}: {provider._fields[record_name].string}",
        'content': base64.b64encode(pem.encode()),
    }
    if record:
        record.write(values)
    else:
        provider[record_name] = record.create({**values, 'company_id': provider.company_id.id})


# === WHAT THE GATEWAY HANDS OUT === #

def text(label, **options):
    """Return the text field of a credential that is stored in the provider's own table."""
    return fields.Text(string=label, copy=False, groups=ADMINISTRATORS, **options)


# === UPLOADING === #

def upload(name, label, help=None):
    """Return the `…_file` field.

    :param str name: of the text field
    """

    @api.depends(name)
    def compute(providers):
        for provider in providers:
            value = provider.sudo()[name]
            provider[f'{name}_file'] = base64.b64encode(shown(value)) if value else False

    def inverse(providers):
        for provider in providers:
            content = provider[f'{name}_file']
            if content == ALSO_IN_OTHER_FILE:
                continue
            if not content:
                values = {name: False}
            elif content == base64.b64encode(shown(provider.sudo()[name])):
                continue
            else:
                values = read_upload(provider, name, content)
            # Other files may be on their way in the same call: it is checked at its end.
            provider.with_context(cn_credentials_unchecked=True).write(values)

    return fields.Binary(
        string=f"{label} (file)", help=help, compute=compute, inverse=inverse, copy=False,
        groups=ADMINISTRATORS,
    )


def upload_name(name, label):
    """Return the `…_filename` field."""

    @api.depends(name)
    @api.depends_context('lang')
    def compute(providers):
        for provider in providers:
            provider[f'{name}_filename'] = summary(provider.env, provider.sudo()[name])

    return fields.Char(string=f"{label} (file name)", compute=compute, groups=ADMINISTRATORS)


def read_upload(provider, name, content):
    """Return the values to write for an uploaded file.

    :param str name: of the text field
    :param bytes content: the file, as base64
    :rtype: dict[str, str]
    :raise ValidationError: when it is not the file that is wanted there
    """
    credential = name.removeprefix(f'{provider.code}_')
    try:
        found = provider._cn_gateway_class().read_file(
            credential, base64.b64decode(content), provider._cn_credentials()
        )
    except CredentialProblem as problem:
        raise ValidationError(
            reasons.explain_credential(provider.env, _label(provider, name), problem)
        ) from None
    return {f'{provider.code}_{other}': value for other, value in found.items()}


def _label(provider, name):
    return provider.fields_get([name], ['string'])[name]['string']


# === SHOWING === #

def shown(value):
    """Return what may leave the server of a key or certificate: never the private key.

    For a private key it is its public key, which is what the gateway's console wants to have.

    :param str value: PEM text
    :rtype: bytes
    """
    if not value:
        return b''
    try:
        described = key_files.describe(value)
    except CredentialProblem:
        return b'?'
    if described.sort == 'private_key':
        return described.public_pem.encode()
    return value.encode()


def summary(env, value):
    """Return a name for the uploaded file that tells what it is, or False.

    :param env: Odoo environment, for its language
    :param str value: PEM text
    """
    if not value:
        return False
    try:
        described = key_files.describe(value)
    except CredentialProblem:
        return env._("unreadable")
    mark = described.fingerprint[:8]
    if described.sort == 'private_key':
        return env._("public part %s", mark) + '.pem'
    if described.sort == 'public_key':
        return env._("public key %s", mark) + '.pem'
    return env._(
        "%(name)s until %(day)s", name=described.subject or mark,
        day=described.not_after.date().isoformat(),
    ) + '.pem'
