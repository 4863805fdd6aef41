# Part of payment_cn_wallets. License LGPL-3.
"""Words of the phone page, English and Chinese."""

LANGUAGES = {'en_US': 'English', 'zh_CN': '中文'}

# key -> (en_US, zh_CN)
TEXTS = {
    'banner': ("Sandbox – no real money", "沙盒环境 – 不涉及真实资金"),
    'phone': ("My phone", "我的手机"),
    'phone_title': ("Phone of a payer", "付款人的手机"),
    'language': ("Language", "语言"),
    'waiting': ("Waiting to be paid", "待付款"),
    'waiting_none': ("Nothing to pay.", "暂无待付款订单。"),
    'waiting_hint': (
        "Orders show up here by themselves as soon as a shop makes a code.",
        "商家生成收款码后，订单会自动出现在这里。",
    ),
    'confirm_needed': ("Confirm with password", "需要输入密码确认"),
    'codes': ("Show a payment code", "出示付款码"),
    'codes_hint': (
        "The till scans it. Each code works once.", "由收银员扫码收款，每个付款码只能使用一次。",
    ),
    'recent': ("Recent", "最近交易"),
    'recent_none': ("Nothing yet.", "暂无记录。"),
    'shop_codes': ("Counter codes", "商家收款码"),
    'open': ("Open", "打开"),
    'shop': ("Shop", "商家"),
    'order': ("Order", "订单号"),
    'subject': ("For", "商品"),
    'wallet': ("Wallet", "付款方式"),
    'time': ("Time", "时间"),
    'coupon': ("Coupon", "优惠券"),
    'coupon_none': ("No coupon", "不使用优惠"),
    'coupon_off': ("{amount} off", "立减 {amount}"),
    'pay': ("Pay {amount}", "支付 {amount}"),
    'pay_to': ("Pay to", "付款给"),
    'cancel': ("Cancel", "取消支付"),
    'wrong_password': ("Wrong password", "输错密码"),
    'event_wrong_password': ("Wrong password. You can try again.", "支付密码错误，请重试。"),
    'event_cancelled': (
        "You cancelled. This code can still be paid.", "您已取消支付，此订单仍可继续付款。",
    ),
    'state_paid': ("Paid", "支付成功"),
    'state_failed': ("Not paid", "支付失败"),
    'state_expired': ("Expired", "订单已过期"),
    'state_waiting': ("Waiting", "待付款"),
    'state_user_paying': ("Waiting for the password", "等待输入密码"),
    'why_cancelled': ("You cancelled.", "您已取消支付。"),
    'why_no_balance': ("Not enough money in the wallet.", "余额不足。"),
    'why_bad_code': ("The payment code was not valid.", "付款码无效。"),
    'why_closed': ("The shop closed this order.", "商家已关闭订单。"),
    'why_reversed': ("The shop reversed it.", "商家已撤销订单。"),
    'why_expired': ("Nothing was charged.", "未扣款。"),
    'you_paid': ("You paid", "实付金额"),
    'order_amount': ("Order amount", "订单金额"),
    'refunded': ("Refunded", "已退款"),
    'refund_processing': ("Refund under way", "退款处理中"),
    'refund_success': ("Refunded", "已退款"),
    'refund_failure': ("Refund failed", "退款失败"),
    'back_to_shop': ("Back to the shop", "返回商家"),
    'returning': ("Taking you back to the shop…", "正在返回商家…"),
    'back': ("Back", "返回"),
    'code_title': ("{wallet} payment code", "{wallet}付款码"),
    'code_label': ("Barcode of the payment code", "付款码条形码"),
    'qr_label': ("QR code of the payment code", "付款码二维码"),
    'code_warning': (
        "Show it to the cashier only. It is used up once it was scanned.",
        "仅向收银员出示，扫码后即失效。",
    ),
    'code_new': ("New code", "换一个付款码"),
    'code_confirm': ("Ask me for the password", "需要输入支付密码"),
    'code_no_confirm': ("Pay without password", "免密支付"),
    'code_expired': ("This code has expired.", "付款码已过期。"),
    'code_used': ("This code was scanned.", "付款码已被扫描。"),
    'amount_yuan': ("Amount in yuan", "金额（元）"),
    'amount_bad': (
        "Type an amount from 0.01, with at most two decimals.", "请输入不小于 0.01 的金额，最多两位小数。",
    ),
    'pay_with': ("Pay with", "付款方式"),
    'continue': ("Continue", "下一步"),
    'not_found': ("This code is unknown.", "无法识别此二维码。"),
    'gone': ("This order can't be paid any more.", "此订单已无法支付。"),
    'offline': ("No connection to the sandbox", "与沙盒的连接已断开"),
    'fixed_by_shop': ("Amount set by the shop", "商家已设定金额"),
}


def translator(language):
    """Return a function from key to text in one language."""
    column = 1 if language == 'zh_CN' else 0

    def translate(key, **values):
        text = TEXTS[key][column]
        return text.format(**values) if values else text

    return translate
