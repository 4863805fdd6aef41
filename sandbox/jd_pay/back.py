# Part of payment_cn_wallets. License LGPL-3.
"""The way back to the shop: JD makes the payer's browser post a form to `callbackUrl`."""

from markupsafe import Markup
from werkzeug.wrappers import Response

from . import crypto, states

PAGE = Markup(
    '<!DOCTYPE html><html lang="zh"><meta charset="utf-8"><title>京东支付</title>'
    '<form method="post" action="{}">{}<button>返回商户 (back to the shop)</button></form>'
    '<script>document.forms[0].submit()</script></html>'
)
FIELD = Markup('<input type="hidden" name="{}" value="{}">')


def form(people, order):
    """Return the fields: encrypted one by one, signed as sorted pairs. `status` is a third scale,
    on which 0 is a success."""
    merchant = people.find(order['merchant'])
    plain = {
        'tradeNum': order['out_trade_no'], 'amount': str(order['amount']), 'currency': 'CNY',
        'tradeTime': states.compact(order['created_at']), 'note': order['attach'],
        'status': '0' if order['state'] == 'paid' else '1',
    }
    plain = {name: value for name, value in plain.items() if value}
    text = '&'.join(f'{name}={plain[name]}' for name in sorted(plain))
    sealed = {name: crypto.des(value, merchant.des) for name, value in plain.items()}
    return {**sealed, 'sign': crypto.sign(text, people.jd)}


def page(server, token):
    """Return the page that posts it."""
    order = server.box.network.order(token=token, gateway=server.code)
    address = order and order['extra'].get('callbackUrl')
    if not address:
        return Response("no such order", status=404)
    inputs = Markup('').join(
        FIELD.format(name, value) for name, value in form(server.people, order).items()
    )
    return Response(PAGE.format(address, inputs), content_type='text/html; charset=utf-8')
