# Part of payment_cn_wallets. License LGPL-3.
{
    'name': "China Wallets: WeChat Pay, Alipay, QQ Wallet, JD Wallet",
    'version': '19.0.1.1.0',
    'category': 'Accounting/Payment Providers',
    'sequence': 350,
    'summary': "Take WeChat Pay, Alipay, QQ Wallet and JD Wallet, directly or through Huishouyin.",
    'description': " ",  # Non-empty string to avoid loading the README file.
    'author': "payment_cn_wallets contributors",
    'license': 'LGPL-3',
    'depends': ['website_sale', 'point_of_sale', 'account_payment', 'certificate'],
    'external_dependencies': {'python': ['cryptography', 'lxml', 'qrcode', 'requests']},
    'data': [
        'security/ir.model.access.csv',
        'security/ir_rules.xml',

        'views/payment_redirect_templates.xml',
        'views/checkout_templates.xml',
        'views/scene_templates.xml',
        'views/portal_templates.xml',
        'views/payment_provider_views.xml',
        'views/payment_provider_alipay_views.xml',
        'views/payment_provider_huishouyin_views.xml',
        'views/payment_provider_jd_pay_views.xml',
        'views/payment_provider_qq_wallet_views.xml',
        'views/payment_provider_wechat_pay_views.xml',
        'views/payment_transaction_views.xml',
        'views/pos_views.xml',
        'views/sale_order_views.xml',
        'views/cn_code_range_views.xml',
        'views/cn_incident_views.xml',
        'views/cn_notice_views.xml',
        'wizards/cn_refund_views.xml',
        'views/menus.xml',

        'data/payment_method_data.xml',
        'data/payment_provider_data.xml',
        'data/cn_code_range_data.xml',
        'data/ir_cron.xml',
        'data/mail_template_data.xml',
    ],
    'assets': {
        'web.assets_frontend': [
            'payment_cn_wallets/static/src/checkout/**/*',
        ],
        'point_of_sale._assets_pos': [
            'payment_cn_wallets/static/src/pos/**/*',
        ],
        'point_of_sale.customer_display_assets': [
            'payment_cn_wallets/static/src/customer_display/**/*',
        ],
        # The kiosk of pos_self_order. Where that module is missing, nobody asks for this bundle.
        'pos_self_order.assets': [
            'payment_cn_wallets/static/src/pos/screens/code128.js',
            'payment_cn_wallets/static/src/pos/screens/phase_looks.js',
            'payment_cn_wallets/static/src/pos/screens/receipt.js',
            'payment_cn_wallets/static/src/pos/screens/receipt.scss',
            'payment_cn_wallets/static/src/pos/screens/receipt.xml',
            'payment_cn_wallets/static/src/pos/scanning/payment_codes.js',
            'payment_cn_wallets/static/src/pos/payment_line/till_server.js',
            'payment_cn_wallets/static/src/pos/payment_line/till_phase.js',
            'payment_cn_wallets/static/src/pos/payment_line/till_state.js',
            'payment_cn_wallets/static/src/pos/payment_line/till_view.js',
            'payment_cn_wallets/static/src/pos/screens/wallet_code.scss',
            'payment_cn_wallets/static/src/pos/payment_line/wallet_line.js',
            'payment_cn_wallets/static/src/kiosk/**/*',
        ],
        'web.assets_unit_tests_setup': [
            'payment_cn_wallets/static/src/checkout/**/*.js',
            ('remove', 'payment_cn_wallets/static/src/**/*.scss'),
        ],
        'web.assets_unit_tests': [
            'payment_cn_wallets/static/tests/**/*',
        ],
    },
    'post_init_hook': 'post_init_hook',
    'uninstall_hook': 'uninstall_hook',
}
