# Part of payment_cn_wallets. License LGPL-3.

from odoo import fields

from odoo.addons.payment_cn_wallets.tests import webhook_receiver


class WebhookCases:
    """A receiver that is told of money."""

    def _listen(self, **values):
        self.receiver = webhook_receiver.Receiver()
        self.addCleanup(self.receiver.stop)
        self.hook = self.env['payment.cn.webhook'].sudo().create({
            'name': "Loudspeaker", 'company_id': self.company.id, 'url': self.receiver.url,
            'allows_private': True, **values,
        })

    def _messages(self):
        return self.env['payment.cn.webhook.message'].sudo().search([('webhook_id', '=', self.hook.id)])

    def _sent(self, after=0):
        """Have the cron send what is due; return what the receiver was told since the first ones."""
        self.env.flush_all()
        self._run_cron('cron_webhooks')
        secrets = self._secrets()
        return [
            webhook_receiver.verify(secrets[path], headers, body)
            for path, headers, body in self.receiver.caught[after:]
        ]

    def _secrets(self):
        """Return the secret of each path."""
        hooks = self.env['payment.cn.webhook'].sudo().with_context(active_test=False).search([])
        return {hook.url.partition(str(self.receiver.port))[2]: hook.secret for hook in hooks}

    def _due(self):
        """Let the wait until the next try pass."""
        self._messages().filtered('next_at').next_at = fields.Datetime.now()
