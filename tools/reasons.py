# Part of payment_cn_wallets. License LGPL-3.
"""Plain sentences for what a gateway said."""

from ..gateways.base import ReasonKind
from . import credential_details


def words(reason):
    """Return the gateway's own words in one line, for the record, or False.

    :param gateways.base.Reason reason: may be None
    :rtype: str|bool
    """
    if not reason:
        return False
    return ' '.join(part for part in (reason.code, reason.message) if part)[:500] or False


def explain(env, reason):
    """Return a translated sentence for administrators and accountants.

    :param env: Odoo environment, for its language
    :param gateways.base.Reason reason: may be None
    :rtype: str
    """
    _ = env._
    kind = reason.kind if reason else ReasonKind.OTHER
    sentences = {
        ReasonKind.BAD_KEY: _("The gateway did not accept our signature: the key is wrong."),
        ReasonKind.BAD_ANSWER_SIGNATURE: _(
            "The answer was not signed by the gateway: the key is wrong, or somebody is in between."
        ),
        ReasonKind.UNKNOWN_APP: _("The gateway does not know this application or merchant."),
        ReasonKind.NOT_ENABLED: _("The gateway has not enabled this application or this wallet."),
        ReasonKind.CLOCK: _("The clock of this server is wrong: the gateway refused its time."),
        ReasonKind.NOT_SENT: _("The gateway can't be reached: check the network and the address."),
        ReasonKind.NO_ANSWER: _("The gateway was reached but did not answer properly."),
        ReasonKind.PARAMETER: _("The gateway did not accept a value that we sent."),
        ReasonKind.SYSTEM: _("The gateway reports a fault of its own."),
        ReasonKind.NOT_FOUND: _("The gateway does not know this payment."),
        ReasonKind.DUPLICATE: _("The gateway says that this number was used before."),
        ReasonKind.DECLINED: _("The wallet declined the payment."),
        ReasonKind.MERCHANT_BALANCE: _(
            "The merchant's account at the gateway lacks the money for this refund. Top it up in the"
            " gateway's console, and refund again."
        ),
        ReasonKind.CANCELLED: _("The payer cancelled."),
        ReasonKind.BAD_CODE: _("The payment code is wrong, expired or used."),
        ReasonKind.EXPIRED: _("The time to pay is over."),
        ReasonKind.OTHER: _("The gateway refused."),
    }
    sentence = sentences[kind]
    detail = words(reason)
    return f"{sentence} ({detail})" if detail else sentence


def explain_to_payer(env, kind):
    """Return a translated sentence that tells a shopper what to do now.

    :param env: Odoo environment, for its language
    :param str kind: value of a `ReasonKind`, or False
    :rtype: str
    """
    _ = env._
    sentences = {
        ReasonKind.DECLINED.value: _(
            "Your wallet declined the payment. Try again, or choose another method."
        ),
        ReasonKind.CANCELLED.value: _("The payment was cancelled in the wallet."),
        ReasonKind.EXPIRED.value: _("The time to pay is over. Get a new code to go on."),
        ReasonKind.NOT_SENT.value: _(
            "The payment service can't be reached right now. You have not been charged."
        ),
        ReasonKind.NOT_ENABLED.value: _(
            "The shop can't take this wallet right now. Choose another method."
        ),
    }
    return sentences.get(
        kind, _("The payment could not be started. Try again, or choose another method.")
    )


def explain_credential(env, label, problem):
    """Return a translated sentence about a key, certificate or number that can't be used.

    :param env: Odoo environment, for its language
    :param str label: what the form calls it
    :param gateways.base.CredentialProblem problem: what was found
    :rtype: str
    """
    _ = env._
    sentences = {
        'unreadable': _("This file can't be read as a key or certificate."),
        'wrong': _("This is another file than the one wanted here."),
        'password': _("The file is protected by a password that is not the merchant number."),
        'not_rsa': _("An RSA key is needed."),
        'short': _("The key is too short: 2048 bits are the least."),
        'expired': _("The certificate has expired. Get a new one in the gateway's console."),
        'not_yet': _("The certificate is not valid yet."),
        'mismatch': _("It does not belong to the other key, certificate or number entered here."),
        'own_key': _("This is your own key; the gateway's is needed here."),
        'chain': _("The certificate was not issued under the gateway's root certificate."),
        'value': _("This can't be right."),
    }
    detail = credential_details.in_words(env, str(problem))
    if not detail:
        return _("%(field)s: %(sentence)s", field=label, sentence=sentences[problem.kind])
    return _(
        "%(field)s: %(sentence)s (%(detail)s)",
        field=label, sentence=sentences[problem.kind], detail=detail,
    )


def explain_to_cashier(env, kind):
    """Return a translated sentence that tells a cashier what to do now.

    :param env: Odoo environment, for its language
    :param str kind: value of a `ReasonKind`, or False
    :rtype: str
    """
    _ = env._
    sentences = {
        ReasonKind.BAD_CODE.value: _(
            "The payment code has expired or was used. Ask the customer to refresh it, and scan"
            " again."
        ),
        ReasonKind.DECLINED.value: _(
            "The wallet declined. Ask the customer for another card or wallet, and scan again."
        ),
        ReasonKind.CANCELLED.value: _("The customer cancelled. Scan again, or pay another way."),
        ReasonKind.EXPIRED.value: _("The time to pay is over. Scan again, or show a new code."),
        ReasonKind.NOT_SENT.value: _(
            "The gateway can't be reached. Nothing was charged. Take another way to pay."
        ),
        ReasonKind.NOT_ENABLED.value: _(
            "The shop's contract does not include this wallet. Take another way to pay."
        ),
    }
    return sentences.get(kind, _("Nothing was charged. Scan again, or take another way to pay."))
