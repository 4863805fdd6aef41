# Part of payment_cn_wallets. License LGPL-3.
"""The description of the app's interface: OpenAPI 3.1, served by it.

What is here is what is checked: tests have `schemathesis` ask everything that it allows and much that it
does not, and compare the answers with it.
"""

from ..gateways.base import ReasonKind, Wallet
from ..models.api.callers import MODELS
from ..tools import problems

PREFIX = '/payment/cn/api/v1'
SCENES = ('app', 'mini')
WALLETS = tuple(wallet.value for wallet in Wallet)

STATUSES = {
    'waiting': "the payer may pay; `sdk` is what the wallet's SDK takes",
    'paid': "the money is there and stays; goods may be handed over",
    'held': "less came than is due: it waits for the rest, and then goes back",
    'returned': "it came and is not wanted: it goes back",
    'refunded': "it was paid, and all of it was given back",
    'cancelled': "nobody can pay it any more",
    'expired': "its time is over",
    'failed': "the gateway refused it",
    'closing': "not offered any more; until `payable_until` money may still come, and is decided about",
    'replaced': "another one took its place: `replaced_by`",
    'unknown': "the gateway has not said; ask again, and never take it for a failure",
}

_TIME = {'type': ['string', 'null'], 'format': 'date-time'}
_FEN = {'type': 'integer', 'minimum': 0, 'description': "fen (1/100 yuan)"}
_NUMBER = {'type': 'string', 'pattern': '^[0-9]{28}$', 'description': "merchant order number (out_trade_no)"}

_PAYMENT = {
    'type': 'object',
    'additionalProperties': False,
    'required': [
        'number', 'status', 'amount', 'kept_amount', 'currency', 'document', 'wallet', 'gateway', 'scene',
        'created_at', 'expires_at', 'payable_until', 'paid_at', 'replaced_by', 'reason', 'sdk', 'test',
    ],
    'properties': {
        'number': _NUMBER,
        'status': {
            'enum': list(STATUSES),
            'description': '\n'.join(f'- `{name}`: {text}' for name, text in STATUSES.items()),
        },
        'amount': {**_FEN, 'minimum': 1},
        'kept_amount': {**_FEN, 'description': "fen of it that stay now"},
        'currency': {'const': 'CNY'},
        'document': {
            'type': 'object',
            'additionalProperties': False,
            'required': ['kind', 'id', 'name'],
            'properties': {
                'kind': {'enum': list(MODELS)}, 'id': {'type': 'integer'}, 'name': {'type': 'string'},
            },
        },
        'wallet': {'enum': list(WALLETS)},
        'gateway': {'type': 'string'},
        'scene': {'enum': list(SCENES)},
        'created_at': _TIME,
        'expires_at': {**_TIME, 'description': "until then it is offered"},
        'payable_until': {**_TIME, 'description': "after that the gateway lets nobody pay it"},
        'paid_at': _TIME,
        'replaced_by': {'anyOf': [_NUMBER, {'type': 'null'}]},
        'reason': {
            'description': "why not, with a sentence that the payer may read",
            'anyOf': [{
                'type': 'object',
                'additionalProperties': False,
                'required': ['kind', 'text'],
                'properties': {
                    'kind': {'enum': [kind.value for kind in ReasonKind]}, 'text': {'type': 'string'},
                },
            }, {'type': 'null'}],
        },
        'sdk': {
            'description': "signed; hand it to the wallet's SDK as it is",
            'anyOf': [
                {'type': 'object', 'additionalProperties': {'type': 'string'}}, {'type': 'null'},
            ],
        },
        'test': {'type': 'boolean', 'description': "of the sandbox: no real money"},
    },
}

_PROBLEM = {
    'type': 'object',
    'required': ['type', 'title', 'status'],
    'properties': {
        'type': {'enum': [f'urn:payment-cn-wallets:problem:{code}' for code in problems.KINDS]},
        'title': {'type': 'string'},
        'status': {'type': 'integer'},
        'detail': {'type': 'string'},
        'payment': {'$ref': '#/components/schemas/Payment'},
    },
}

_ASKED = {
    'type': 'object',
    'additionalProperties': False,
    'required': ['document', 'wallet', 'scene'],
    'properties': {
        'document': {
            'type': 'object',
            'description': "what is paid; amount and payer are looked up there",
            'additionalProperties': False,
            'required': ['kind'],
            'properties': {
                'kind': {'enum': list(MODELS)},
                'id': {'type': 'integer', 'minimum': 1, 'maximum': 2 ** 31 - 1},
                'name': {'type': 'string', 'minLength': 1, 'maxLength': 64, 'pattern': '^[!-~]+$'},
            },
            'oneOf': [{'required': ['id']}, {'required': ['name']}],
        },
        'wallet': {'enum': list(WALLETS)},
        'scene': {'enum': list(SCENES)},
        'gateway': {
            'type': 'string', 'minLength': 1, 'maxLength': 32, 'pattern': '^[a-z_]+$',
            'description': "which one, where several carry the wallet; the first that is offered otherwise",
        },
        'pay': {'enum': ['due', 'deposit'], 'default': 'due'},
        'payer_id': {
            'type': 'string', 'minLength': 1, 'maxLength': 128, 'pattern': '^[!-~]+$',
            'description': "the payer's openid in the mini program; from the shop's server only",
        },
        'login_code': {
            'type': 'string', 'minLength': 1, 'maxLength': 512, 'pattern': '^[!-~]+$',
            'description': "of `wx.login` or `my.getAuthCode`, in place of `payer_id`",
        },
        'client_ip': {
            'type': 'string', 'description': "the payer's address; from the shop's server only",
            'anyOf': [{'format': 'ipv4'}, {'format': 'ipv6'}],
        },
    },
}

_CHANGED = (
    "A key that is new for each thing that is to be done, and the same on every repetition. The answer is"
    " kept for 48 hours."
)
_KEY = {
    'name': 'Idempotency-Key', 'in': 'header', 'required': True, 'description': _CHANGED,
    'schema': {'type': 'string', 'minLength': 1, 'maxLength': 255, 'pattern': '^[A-Za-z0-9_-]+$'},
}
_PATH_NUMBER = {'name': 'number', 'in': 'path', 'required': True, 'schema': _NUMBER}


def _answers(good, *statuses):
    """Return the answers of an operation.

    :param dict good: those that are no problem
    :param statuses: of problems
    """
    titles = {}
    for status, title in problems.KINDS.values():
        titles.setdefault(status, []).append(title)
    return {**good, **{
        str(status): {
            'description': '; or: '.join(titles[status]),
            'content': {problems.MEDIA_TYPE: {'schema': {'$ref': '#/components/schemas/Problem'}}},
        } for status in (401, 403, 404, 429, *statuses)
    }}


def _payment(description, headers=None):
    return {
        'description': description, 'headers': headers or {},
        'content': {'application/json': {'schema': {'$ref': '#/components/schemas/Payment'}}},
    }


_REPLAYED = {'Idempotent-Replayed': {
    'description': "the stored answer of the first request", 'schema': {'const': 'true'},
}}


def document():
    """Return the description.

    :rtype: dict
    """
    return {
        'openapi': '3.1.0',
        'info': {
            'title': "Wallet payments for apps and mini programs",
            'version': '1.0.0',
            'description': (
                "Create the payment of an order or an invoice, hand `sdk` to the wallet's SDK, and ask."
                " What the SDK says when it comes back proves nothing: it is a reason to ask."
            ),
        },
        'servers': [{'url': PREFIX}],
        'security': [{'key': []}, {'session': []}],
        'paths': {
            '/payments': {'post': {
                'operationId': 'create',
                'summary': "Create the payment of a document",
                'parameters': [_KEY],
                'requestBody': {
                    'required': True, 'content': {'application/json': {'schema': _ASKED}},
                },
                'responses': _answers({'201': {
                    **_payment("The payment, with what the wallet's SDK takes", {
                        **_REPLAYED, 'Location': {'schema': {'type': 'string'}},
                    }),
                    'links': {
                        name: {'operationId': name, 'parameters': {'number': '$response.body#/number'}}
                        for name in ('show', 'cancel')
                    },
                }}, 400, 409, 413, 415, 422, 503),
            }},
            '/payments/{number}': {'get': {
                'operationId': 'show',
                'summary': "Ask what became of a payment",
                'description': "The gateway is asked, unless it was asked just now.",
                'parameters': [_PATH_NUMBER],
                'responses': _answers({'200': _payment("The payment")}),
            }},
            '/payments/{number}/cancel': {'post': {
                'operationId': 'cancel',
                'summary': "Have nobody pay a payment any more",
                'parameters': [_PATH_NUMBER, _KEY],
                'responses': _answers(
                    {'200': _payment("The payment: `cancelled`, or `closing`", _REPLAYED)},
                    400, 409, 413, 415, 422,
                ),
            }},
        },
        'components': {
            'schemas': {'Payment': _PAYMENT, 'Problem': _PROBLEM},
            'securitySchemes': {
                'key': {
                    'type': 'http', 'scheme': 'bearer',
                    'description': "made by an administrator, for the shop's server: never in an app",
                },
                'session': {
                    'type': 'apiKey', 'in': 'cookie', 'name': 'session_id',
                    'description': "of a shopper who is logged in: their own documents",
                },
            },
        },
    }
