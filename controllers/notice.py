# Part of payment_cn_wallets. License LGPL-3.

import logging
from datetime import timedelta

import psycopg2

from odoo import fields, http
from odoo.http import request
from odoo.tools import SQL

from .. import const
from ..gateways.base import NoticeRejected
from . import shared
from .dispatchers import RawBodyDispatcher

_logger = logging.getLogger(__name__)

# The request processes what it brought. The cron must not come for it at the same moment.
CRON_COMES_AFTER = timedelta(minutes=1)


class CnNoticeController(http.Controller):
    _notice_url = '/payment/cn/notice/<int:provider_id>'

    @http.route(
        _notice_url, type=RawBodyDispatcher.routing_type, auth='public', methods=['POST'], save_session=False,
        max_content_length=const.NOTICE_MAX_BYTES,
    )
    def cn_notice(self, provider_id):
        """Store a notice and acknowledge it; process it if that is quick.

        :param int provider_id: the gateway, as a `payment.provider` id
        :return: what the gateway's protocol wants to hear
        """
        provider = request.env['payment.provider'].sudo().browse(provider_id).exists()
        gateway = provider._cn_listening_gateway()
        if not gateway:
            return request.make_response('unknown', status=404)
        shared.refuse_flood()
        notices = request.env['payment.cn.notice'].sudo()
        try:
            notice = self._store(notices, provider)
        except NoticeRejected as error:
            shared.count_refused()
            notices._cn_rejected(provider, error)
            return self._reply(gateway.notice_reply(accepted=False))
        if notice:
            # Should this process die before it is processed.
            self._trigger_cron(at=fields.Datetime.now() + CRON_COMES_AFTER)
        # Acknowledged only after this.
        request.env.cr.commit()  # pylint: disable=invalid-commit
        if notice:
            self._process_quickly(notice)
        return self._reply(gateway.notice_reply(accepted=True))

    @staticmethod
    def _store(notices, provider):
        """Store the notice of the request; see `payment.cn.notice`.

        A copy of it that was committed while this request began can't be seen by it: the database
        calls that a collision. Odoo would sleep and repeat the request; starting over at once is
        enough, for then the copy is seen.
        """
        headers = dict(request.httprequest.headers)
        body = request.httprequest.get_data(cache=True)
        remote_addr = request.httprequest.remote_addr
        for _again in range(3):
            try:
                return notices._cn_receive(provider, headers, body, remote_addr)
            except psycopg2.errors.SerializationFailure:
                request.env.cr.rollback()
        return notices._cn_receive(provider, headers, body, remote_addr)

    @staticmethod
    def _process_quickly(notice):
        """Book the payment now unless somebody holds the attempt; the cron does the rest."""
        cr = request.env.cr
        try:
            cr.execute(SQL("SET LOCAL lock_timeout = '400ms'"))
            notice._cn_process()
            cr.commit()  # pylint: disable=invalid-commit
        except psycopg2.OperationalError:
            cr.rollback()
            _logger.info("Notice %s is left to the cron", notice.id)
        except Exception:
            cr.rollback()
            _logger.exception("Notice %s is left to the cron", notice.id)
        else:
            return
        CnNoticeController._trigger_cron()
        cr.commit()  # pylint: disable=invalid-commit

    @staticmethod
    def _trigger_cron(at=None):
        request.env.ref('payment_cn_wallets.cron_notices').sudo()._trigger(at)

    @staticmethod
    def _reply(reply):
        return request.make_response(
            reply.body, headers=[('Content-Type', reply.content_type)], status=reply.status
        )
