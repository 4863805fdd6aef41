# Part of payment_cn_wallets. License LGPL-3.

from datetime import timedelta

from odoo import _, api, fields, models
from odoo.exceptions import ValidationError

from odoo.addons.payment.logging import get_payment_logger

from ... import const, gateways
from ...gateways import times
from ...gateways.base import CallFailed
from ...tools import batches, credentials, reasons

_logger = get_payment_logger(__name__, const.SENSITIVE_KEYS)

# Kinds of credentials that live in Odoo's certificate store.
IN_STORE = ('private_key', 'certificate')


class PaymentProvider(models.Model):
    """Credentials: taken in, checked, shown, renewed, and warned of before they end."""

    _inherit = 'payment.provider'

    cn_expiry_warning = fields.Char(
        string="Certificates that end soon", compute='_compute_cn_expiry_warning',
        groups='base.group_system',
    )

    # === COMPUTE METHODS === #

    @api.depends(lambda self: ['code', *self._cn_stored_credential_fields()])
    @api.depends_context('lang')
    def _compute_cn_expiry_warning(self):
        for provider in self:
            provider.cn_expiry_warning = ' '.join(provider._cn_expiry_sentences()) or False

    # === CRUD METHODS === #

    @api.model_create_multi
    def create(self, vals_list):
        """Override of `payment` to refuse credentials that can't work."""
        providers = super().create(vals_list)
        for provider, values in zip(providers, vals_list, strict=True):
            provider._cn_check_credentials(values)
        return providers

    def write(self, vals):
        """Override of `payment` to refuse credentials that can't work.

        Scenes that were refused are tried again as soon as something was changed.
        """
        result = super().write(vals)
        if not self.env.context.get('cn_credentials_unchecked'):
            for provider in self:
                provider._cn_check_credentials(vals)
        for provider in self.filtered('cn_is_gateway'):
            if 'state' in vals or any(name.startswith(f'{provider.code}_') for name in vals):
                provider._cn_forget_refusals()
                provider._cn_ask_again()
                provider._cn_settle_expiry()
        return result

    def _cn_ask_again(self):
        """Have open attempts asked about now: their merchant's credentials may have been put back."""
        self.ensure_one()
        waiting = self.env['payment.transaction'].sudo().search([
            ('provider_id', '=', self.id), ('cn_next_query_at', '>', fields.Datetime.now()),
            ('state', 'in', ('draft', 'pending')),
        ])
        if waiting:
            waiting.cn_next_query_at = fields.Datetime.now()

    def unlink(self):
        """Override of `payment` to take the merchant's keys out of the certificate store."""
        records = [
            provider[name].sudo()
            for provider in self.filtered('cn_is_gateway').sudo()
            for name in provider._cn_store_fields()
        ]
        result = super().unlink()
        for record in records:
            record.unlink()
        return result

    # === FIELDS === #

    @api.model
    def _cn_stored_credential_fields(self):
        """Return the names of all stored fields that credentials are kept in or depend on."""
        return [
            f'{code}_{field.name}' + ('_id' if field.kind in IN_STORE else '')
            for code in gateways.codes() for field in gateways.get(code).credential_fields
        ]

    def _cn_store_fields(self):
        """Return the names of the provider's fields that lead to the certificate store."""
        self.ensure_one()
        return [
            f'{self.code}_{field.name}_id'
            for field in self._cn_gateway_class().credential_fields if field.kind in IN_STORE
        ]

    def _cn_gateway_class(self):
        """Return the class of the gateway, which knows what its credentials look like."""
        return gateways.get(self.code)

    # === CHECKING === #

    def _cn_check_credentials(self, vals):
        """Refuse what was entered now and can't work; all of it when payments are switched on.

        What was entered before is left alone otherwise: a certificate that has expired meanwhile
        must not keep anybody from switching the provider off or from mending something else.

        :param dict vals: what is being written
        :raise ValidationError: with a sentence for each mistake
        """
        self.ensure_one()
        if not self.cn_is_gateway:
            return
        names = {field.name for field in self._cn_gateway_class().credential_fields}
        entered = {
            key.removeprefix(f'{self.code}_').removesuffix('_file').removesuffix('_id')
            for key in vals if key.startswith(f'{self.code}_')
        } | {key.removeprefix(f'{self.code}_') for key in vals}
        entered &= names
        if vals.get('state') in ('enabled', 'test'):
            entered = names
        if not entered:
            return
        problems = self._cn_credential_problems()
        if self.state == 'disabled':
            # Filled in step by step: what is missing is nobody's mistake yet.
            given = self._cn_credentials()
            problems = {name: problem for name, problem in problems.items() if given[name]}
        sentences = [
            reasons.explain_credential(self.env, self._cn_label(name), problem)
            for name, problem in problems.items()
            # Of two that do not fit each other, the other one may be the new one.
            if name in entered or problem.kind in ('mismatch', 'own_key', 'chain')
        ]
        if sentences:
            raise ValidationError('\n'.join(sentences))

    def _cn_credential_problems(self):
        return self._cn_gateway_class().credential_problems(self._cn_credentials(), times.now())

    def _cn_label(self, name):
        """Return what the form calls a credential."""
        field = f'{self.code}_{name}'
        return self.fields_get([field], ['string'])[field]['string']

    def _cn_uploaded(self, *names):
        """Look at a file as soon as it has been chosen; for `onchange` methods.

        :param names: of the `…_file` fields
        :return: what the web client shows, or None
        :rtype: dict|None
        """
        for name in names:
            text_name = name.removesuffix('_file')
            content, before = self[name], self._origin[name]
            if content in (False, before, credentials.ALSO_IN_OTHER_FILE):
                continue
            try:
                values = credentials.read_upload(self, text_name, content)
                problems = self._cn_gateway_class().credential_problems(
                    {**self._cn_credentials(), **{
                        key.removeprefix(f'{self.code}_'): value for key, value in values.items()
                    }},
                    times.now(),
                )
                if problem := problems.get(text_name.removeprefix(f'{self.code}_')):
                    raise ValidationError(reasons.explain_credential(
                        self.env, credentials._label(self, text_name), problem
                    ))
            except ValidationError as error:
                self[name] = before
                return {'warning': {'title': _("This file was not taken"), 'message': str(error)}}
            for other, value in values.items():
                self[f'{other}_filename'] = credentials.summary(self.env, value)
                if other != text_name:
                    self[f'{other}_file'] = credentials.ALSO_IN_OTHER_FILE
        return None

    # === ENDING === #

    def _cn_expiry_sentences(self):
        """Return a sentence for each certificate that has ended or ends soon."""
        self.ensure_one()
        if not self.cn_is_gateway:
            return []
        soon = times.now() + timedelta(days=const.EXPIRY_WARNING_DAYS)
        expiries = self._cn_gateway_class().credential_expiries(self._cn_credentials())
        return [
            _(
                "%(certificate)s of %(gateway)s is valid until %(day)s only. Upload a new one in"
                " time: no payment works without.",
                certificate=self._cn_label(name), gateway=self.name,
                day=moment.date().isoformat(),
            )
            for name, moment in sorted(expiries.items()) if moment <= soon
        ]

    @api.model
    def _cron_cn_credentials(self):
        """Fetch what gateways renew themselves, and warn of certificates that end soon."""
        providers = self.sudo().search([
            ('code', 'in', list(gateways.codes())), ('state', '!=', 'disabled'),
        ])
        cron = self.env['ir.cron']
        cron._commit_progress(remaining=len(providers))
        batches.one_by_one(
            providers, lambda provider: provider._cn_see_to_credentials(),
            lambda provider, error: _logger.error(
                "The credentials of provider %s could not be seen to", provider.id, exc_info=error
            ),
        )

    def _cn_see_to_credentials(self):
        self._cn_renew_credentials()
        self._cn_warn_of_expiry()

    def _cn_renew_credentials(self):
        """Store the certificates that the gateway hands out now."""
        self.ensure_one()
        try:
            renewed = self._cn_gateway().renewed_credentials()
        except CallFailed as error:
            _logger.warning(
                "Provider %s: certificates could not be fetched: %s", self.id, error.reason
            )
            return
        values = {
            f'{self.code}_{name}': value for name, value in renewed.items()
            if self[f'{self.code}_{name}'] != value
        }
        if values:
            self.write(values)

    def _cn_warn_of_expiry(self):
        """Give an administrator a task for each certificate that ends soon, once."""
        self._cn_settle_expiry()
        admin = self.env.ref('base.user_admin')
        provider = self.with_context(lang=admin.lang or self.env.lang)
        incidents = provider.env['payment.cn.incident'].sudo()
        for sentence in provider._cn_expiry_sentences():
            known = [
                ('kind', '=', 'certificate'), ('provider_id', '=', self.id),
                ('message', '=', sentence),
            ]
            if not incidents.search_count(known, limit=1):
                incidents._cn_report('certificate', sentence, provider=provider, user=admin)

    def _cn_settle_expiry(self):
        """Close the tasks about certificates that are not there any more."""
        admin = self.env.ref('base.user_admin')
        provider = self.with_context(lang=admin.lang or self.env.lang)
        tasks = provider.env['payment.cn.incident'].sudo().search([
            ('kind', '=', 'certificate'), ('provider_id', '=', self.id), ('state', '=', 'open'),
        ])
        if tasks:
            sentences = provider._cn_expiry_sentences()
            tasks.filtered(lambda task: task.message not in sentences)._cn_settle(
                provider.env._("The certificate was replaced.")
            )
