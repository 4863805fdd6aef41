# Part of payment_cn_wallets. License LGPL-3.

# Names of values that must never be readable in a log, whichever module's logger writes them.
SENSITIVE_KEYS = {
    'huishouyin_key',
    'wechat_pay_api_v3_key',
    'wechat_pay_private_key',
    'wechat_pay_private_key_file',
    'wechat_pay_app_secret',
    'wechat_pay_mini_app_secret',
    'wechat_pay_api_key',
    'alipay_private_key',
    'alipay_private_key_file',
    'alipay_aes_key',
    'alipay_app_auth_token',
    'qq_wallet_api_key',
    'qq_wallet_app_key',
    'qq_wallet_op_user_passwd',
    'qq_wallet_client_key',
    'qq_wallet_client_key_file',
    'jd_pay_des_key',
    'jd_pay_md5_key',
    'jd_pay_private_key',
    'jd_pay_private_key_file',
    'sign',
    'paySign',
    'cn_sdk_params',
    'cn_pay_form',
    'auth_bar_code',
    'auth_code',
    'open_id',
    'openid',
}

# The terminal of our payment method at the till, a value of `use_payment_terminal`.
TERMINAL = 'cn_wallets'

MODULE = 'payment_cn_wallets'

# Odoo's UnionPay is a brand of card payments and can't be chosen by itself: ours is a method of its
# own. Wallet -> payment method code, where they differ.
PAYMENT_METHOD_CODES = {'unionpay': 'unionpay_wallet'}

# Where the payer's browser runs -> scenes in the order of preference. The wallet's own browser pays
# right there, another phone on the wallet's page, everything else shows a code. The browsers inside
# *other* wallets' apps block the way to their competitors: there a code is all that works. Which browser
# is which says `tools/devices.py`.
SCENES = {
    'computer': ('qr', 'h5'),
    'phone': ('h5', 'qr'),
    'wallet': ('in_app', 'h5', 'qr'),
    'foreign_wallet': ('qr', 'h5'),
}

# A scene that the merchant's contract lacks is not tried again for so many seconds.
REFUSED_SCENE_SECONDS = 3600

# How often a payer's browser is sent to the wallet to learn who pays, for one attempt.
PAYER_TRIES = 3

# Where the page of a shop code is. It stands on paper: never change it. Everything below it is the codes' own,
# so that a file which proves the prefix to a mini program can be served there (tokens have no dot).
SHOP_CODE_PREFIX = '/cn/'

# Where the page of a shop code offers to pay, keys of SCENES: the wallet opens there.
SHOP_CODE_DEVICES = ('wallet', 'phone')

# Of what a payer writes to the shop, so much is kept, bytes.
PAYER_NOTE_BYTES = 120

# A receipt is shown at its address for so many seconds.
RECEIPT_SECONDS = 86400

# Who opens a shop code within so many seconds after having paid is shown that first.
PAID_NOTE_SECONDS = 1800

# A till lists payments by its shop codes of the last so many hours, and so many at most.
COUNTER_LIST_HOURS = 24
COUNTER_LIST_MOST = 50

# Payments that are begun at one shop code: so many in so many seconds.
SHOP_CODE_LIMIT = (600, 600)

# Longer addresses make codes that cameras read badly: our own short one is shown instead.
LONGEST_SCANNED_URL = 300

# Seconds to wait before the first question of the cron about an attempt that a page may also be
# asking about, and the growing waits after it.
WATCH_SCHEDULE = (30, 60, 120, 300, 600, 900, 1800)

# Seconds after a payment until its gateway is asked for the numbers that its notice lacks.
BILL_DELAY = 60

# While another merchant's credentials are in the place of an attempt's own, seconds until it is looked
# at again: somebody may have put them back.
OTHER_MERCHANT_SECONDS = 6 * 3600

# Seconds until held money is looked at again: its documents may have changed.
HELD_CHECK_SECONDS = 600

# For how long after nobody can pay any more the gateway is still asked, when it does not answer.
WATCH_GRACE_DAYS = 7

# A live attempt is shown again instead of making a second one while it has that many seconds left.
REUSE_MIN_SECONDS = 30

# A notice of a payment that is older, seconds, is only a reason to ask: it may have been refunded since
# in the gateway's console, which takes a person longer.
NOTICE_FRESH_SECONDS = 60

# At most one question per attempt in that many seconds, whoever asks.
MIN_QUERY_INTERVAL = 3

# The largest notice that is read, bytes. Real ones are below 4 KiB.
NOTICE_MAX_BYTES = 64 * 1024

# A refund that was asked about that often without an end is shown to an accountant.
REFUND_TRIES_BEFORE_INCIDENT = 8

# A follow-up (mail, PDF, invoice) that failed that often is shown to an administrator.
FOLLOW_UP_TRIES_BEFORE_INCIDENT = 3

# Administrators are told of certificates that end within so many days.
EXPIRY_WARNING_DAYS = 30

# At most one try to undo a charge in so many seconds.
UNDO_SCHEDULE = (1, 2, 3, 5, 10)

# A gateway that is asked while a till waits has so many seconds for all of its answers. The till
# waits longer (`PATIENCE` in till_state.js), and no worker is held up for more. A question is soon
# asked again, and the cron has more patience; what a cashier pressed is not.
STATUS_PATIENCE = 4.0
CANCEL_PATIENCE = 15.0

# The same for all that is asked at the closing of a session.
CLOSING_PATIENCE = 20.0

# For so many days after a till's session was closed an order may still come for a payment of it: a
# till that was offline sends its orders when it is opened again, perhaps after a weekend.
UNCLAIMED_GRACE_DAYS = 3

# Notices are kept for at least so many days: gateways send them again, and disputes take a month or two.
LEAST_NOTICE_DAYS = 90

# What one visitor's browser may ask of the public pages: so many calls in so many seconds. Far more
# than a person does.
VISITOR_LIMITS = {
    'poll': (1500, 300),
    'check': (240, 300),
    'start': (60, 600),
    'renew': (30, 600),
    'page': (120, 300),
}
# For one address, whatever sessions it brings, so many times as much.
ADDRESS_FACTOR = 20

# What apps may ask: so many requests in so many seconds, of a shop's server with its key, of a shopper
# with a session, and of an address whose keys are refused.
APP_LIMITS = {'key': (1200, 60), 'user': (120, 60), 'refused': (30, 60)}

# The largest request of an app that is read, bytes.
APP_MAX_BYTES = 16 * 1024

# Notices that nobody could have signed are looked at so many times in so many seconds from one address.
REFUSED_NOTICES = (60, 60)

# Seconds until a message to the merchant's own systems is tried again: three and a half days in all.
WEBHOOK_SCHEDULE = (5, 60, 300, 1800, 7200, 18000, 36000, 50400, 72000, 86400)

# A message that is being sent is nobody else's for so many seconds. More than sending can take.
WEBHOOK_CLAIM_SECONDS = 120

# What was sent to the merchant's own systems is kept for so many days.
WEBHOOK_KEEP_DAYS = 90
