# Part of payment_cn_wallets. License LGPL-3.
"""The wallets that a payer can have on the sandbox's phone.

Ranges of the payment codes (付款码) are those that the shops' systems tell the wallets apart by:
WeChat Pay 18 digits from 10-15, Alipay 16-24 digits (18 as a rule) from 25-30, QQ Wallet 18 digits
from 91, JD 18 digits from 18, UnionPay 19 digits from 62.
"""

import re
import secrets
import time
from dataclasses import dataclass


@dataclass(frozen=True)
class Wallet:
    """One wallet, and how its numbers look."""

    code: str
    name_en: str
    name_zh: str
    letter: str  # our own mark: nobody's logo
    prefixes: tuple
    digits: int
    pattern: str
    bank_type: str
    payer_id: str

    def payment_code(self):
        """Return a random payment code of this wallet."""
        prefix = secrets.choice(self.prefixes)
        return prefix + ''.join(
            secrets.choice('0123456789') for _ in range(self.digits - len(prefix))
        )

    @staticmethod
    def trade_no():
        """Return a number as a wallet would give it: 28 digits from the Beijing date."""
        day = time.strftime('%Y%m%d%H%M%S', time.gmtime(time.time() + 8 * 3600))
        return f"42{day}{secrets.randbelow(10**12):012d}"


WALLETS = {
    wallet.code: wallet
    for wallet in (
        Wallet('wechat_pay', "WeChat Pay", "微信支付", '微', tuple('10 11 12 13 14 15'.split()), 18,
               r'1[0-5]\d{16}', 'OTHERS', 'oSandboxWeChatPayer000000001'),
        Wallet('alipay', "Alipay", "支付宝", '支', tuple('25 26 27 28 29 30'.split()), 18,
               r'(?:2[5-9]|30)\d{14,22}', 'ALIPAYACCOUNT', '2088000000000001'),
        Wallet('qq_wallet', "QQ Wallet", "QQ 钱包", 'Q', ('91',), 18,
               r'91\d{16}', 'BALANCE', 'SANDBOXQQPAYER00000000000001'),
        Wallet('jd_pay', "JD Wallet", "京东钱包", '京', ('18',), 18,
               r'18\d{16}', 'JD', 'sandboxjdpayer'),
        Wallet('unionpay', "UnionPay", "云闪付", '云', ('62',), 19,
               r'62\d{17}', 'UNIONPAY', 'sandboxunionpaypayer'),
    )
}


def wallet_of_code(code):
    """Return the wallet that a payment code belongs to, by its digits, or None."""
    for wallet in WALLETS.values():
        if re.fullmatch(wallet.pattern, code):
            return wallet.code
    return None
