# Part of payment_cn_wallets. License LGPL-3.
"""What exactly is wrong with a key or certificate, in the reader's language.

The protocol clients say it in English, with names and numbers in it. Those sentences are known: see
the test that reads them out of the code.
"""

import re


def in_words(env, detail):
    """Return the translation of a detail, or '' for one that can't be translated.

    :param env: Odoo environment, for its language
    :param str detail: as a `CredentialProblem` has it
    :rtype: str
    """
    if (env.lang or 'en_US').startswith('en'):
        return detail
    for template, translated in sentences(env).items():
        if found := _pattern(template).fullmatch(detail):
            words = things(env)
            return translated % {
                name: words.get(value, value) for name, value in found.groupdict().items()
            }
    return ''


def _pattern(template):
    """Return what finds the sentence of a template, and the values in it."""
    parts = re.split(r'%\((\w+)\)s', template)
    return re.compile(''.join(
        f'(?P<{part}>.+?)' if at % 2 else re.escape(part) for at, part in enumerate(parts)
    ), re.DOTALL)


def things(env):
    """Return the translations of what a file is, or should be."""
    _ = env._
    return {
        "a private key": _("a private key"),
        "a certificate": _("a certificate"),
        "a public key": _("a public key"),
        "a certificate request": _("a certificate request"),
        "the private key": _("the private key"),
        "the public key": _("the public key"),
        "the certificate": _("the certificate"),
        "a key or certificate": _("a key or certificate"),
        # of the frame around it in a file
        "private key": _("private key"),
        "rsa private key": _("RSA private key"),
        "ec private key": _("EC private key"),
        "public key": _("public key"),
        "rsa public key": _("RSA public key"),
        "certificate": _("certificate"),
        "certificate request": _("certificate request"),
        "the app": _("the app"),
        "the statement": _("the statement"),
    }


def sentences(env):
    """Return the translations of all sentences, by their English templates."""
    _ = env._
    return {
        # === FILES === #
        "empty": _("empty"),
        "cut off: the line with END is missing": _("cut off: the line with END is missing"),
        "neither PEM nor base64": _("neither PEM nor base64"),
        "neither key nor certificate": _("neither key nor certificate"),
        "the %(label)s cannot be read": _("the %(label)s cannot be read"),
        "too large for a key or a certificate": _("too large for a key or a certificate"),
        "a certificate that cannot be read": _("a certificate that cannot be read"),
        "certificate and key in it do not belong together": _(
            "certificate and key in it do not belong together"
        ),
        "no RSA certificate in it": _("no RSA certificate in it"),
        "the private key is protected by a password; save it without one": _(
            "the private key is protected by a password; save it without one"
        ),
        "the PKCS #12 file does not open with the password that was tried": _(
            "the PKCS #12 file does not open with the password that was tried"
        ),
        "the PKCS #12 file has a password": _("the PKCS #12 file has a password"),
        "a PKCS #12 file of a kind that is not known here; take the PEM files": _(
            "a PKCS #12 file of a kind that is not known here; take the PEM files"
        ),
        "it does not open with the merchant number (%(name)s), its usual password": _(
            "it does not open with the merchant number (%(name)s), its usual password"
        ),
        "its password is the merchant number: enter %(name)s first": _(
            "its password is the merchant number: enter %(name)s first"
        ),
        # === KEYS AND CERTIFICATES === #
        "not an RSA key": _("not an RSA key"),
        "a key of SM2, where RSA is wanted": _("a key of SM2, where RSA is wanted"),
        "a key of a sort that TLS does not know": _("a key of a sort that TLS does not know"),
        "the key has %(bits)s bits, %(least)s are the least": _(
            "the key has %(bits)s bits, %(least)s are the least"
        ),
        "expired on %(day)s": _("expired on %(day)s"),
        "not valid before %(day)s": _("not valid before %(day)s"),
        "the private key is not that of the certificate": _(
            "the private key is not that of the certificate"
        ),
        "private key and certificate do not belong together": _(
            "private key and certificate do not belong together"
        ),
        "the certificate is not that of the private key": _(
            "the certificate is not that of the private key"
        ),
        "the certificate of an authority only": _("the certificate of an authority only"),
        "it was not issued under the root certificate": _(
            "it was not issued under the root certificate"
        ),
        "no root certificate in it (alipayRootCert.crt is wanted)": _(
            "no root certificate in it (alipayRootCert.crt is wanted)"
        ),
        "this is the application's own public key; Alipay's is shown beside it": _(
            "this is the application's own public key; Alipay's is shown beside it"
        ),
        "this is the application's own certificate": _("this is the application's own certificate"),
        "Alipay's own certificate, where that of the application is wanted": _(
            "Alipay's own certificate, where that of the application is wanted"
        ),
        "the certificate of the application %(number)s, where Alipay's is wanted": _(
            "the certificate of the application %(number)s, where Alipay's is wanted"
        ),
        "the certificate of the application %(number)s": _(
            "the certificate of the application %(number)s"
        ),
        "it was issued for the merchant %(number)s": _("it was issued for the merchant %(number)s"),
        "the merchant's own key; WeChat Pay's is wanted": _(
            "the merchant's own key; WeChat Pay's is wanted"
        ),
        "the merchant's own key; JD's is wanted": _("the merchant's own key; JD's is wanted"),
        "the merchant's own certificate is among them": _(
            "the merchant's own certificate is among them"
        ),
        "a certificate of WeChat Pay, where the merchant's own is wanted": _(
            "a certificate of WeChat Pay, where the merchant's own is wanted"
        ),
        "the certificate of merchant %(number)s, where one of WeChat Pay is wanted": _(
            "the certificate of merchant %(number)s, where one of WeChat Pay is wanted"
        ),
        "the certificate of merchant %(number)s": _("the certificate of merchant %(number)s"),
        # === NUMBERS AND TEXTS === #
        "digits only": _("digits only"),
        "there is a blank in it": _("there is a blank in it"),
        "32 characters are wanted, these are %(number)s": _(
            "32 characters are wanted, these are %(number)s"
        ),
        "one of %(names)s": _("one of %(names)s"),
        "v3 or v2": _("v3 or v2"),
        "qr or page": _("qr or page"),
        "a PID is wanted: 16 digits, 2088 at the beginning": _(
            "a PID is wanted: 16 digits, 2088 at the beginning"
        ),
        "the AES key is not base64": _("the AES key is not base64"),
        "the AES key must have 128 bits": _("the AES key must have 128 bits"),
        "the DES key must be the Base64 of 24 bytes": _(
            "the DES key must be the Base64 of 24 bytes"
        ),
        "it begins with PUB_KEY_ID_": _("it begins with PUB_KEY_ID_"),
        "the API key; the operator's password is wanted": _(
            "the API key; the operator's password is wanted"
        ),
        "the API key; the APP KEY of the open platform is wanted": _(
            "the API key; the APP KEY of the open platform is wanted"
        ),
        # === WHAT IS MISSING BESIDE IT === #
        "certificate mode needs all three certificates": _(
            "certificate mode needs all three certificates"
        ),
        "either Alipay's public key or the three certificates are needed": _(
            "either Alipay's public key or the three certificates are needed"
        ),
        "%(use)s needs the MD5 key": _("%(use)s needs the MD5 key"),
        "the key of the client certificate is missing": _(
            "the key of the client certificate is missing"
        ),
        "the certificate of the client key is missing": _(
            "the certificate of the client key is missing"
        ),
        "refunds need the operator's password as well": _(
            "refunds need the operator's password as well"
        ),
        "codepay_api v2 needs the API key of version 2: 32 characters": _(
            "codepay_api v2 needs the API key of version 2: 32 characters"
        ),
        "the number of the public key (PUB_KEY_ID_…) is needed too": _(
            "the number of the public key (PUB_KEY_ID_…) is needed too"
        ),
        "the public key with this number is needed too": _(
            "the public key with this number is needed too"
        ),
        "%(name)s needs the number of the sub-merchant": _(
            "%(name)s needs the number of the sub-merchant"
        ),
        # Last: some of those above look like it.
        "%(found)s, where %(wanted)s is wanted": _("%(found)s, where %(wanted)s is wanted"),
    }
