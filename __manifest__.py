# Part of payment_cn_wallets. License LGPL-3.
{
    'name': "China Wallets: WeChat Pay, Alipay, QQ Wallet, JD Wallet",
    'version': '19.0.1.0.0',
    'category': 'Accounting/Payment Providers',
    'sequence': 350,
    'summary': "Take WeChat Pay, Alipay, QQ Wallet and JD Wallet, directly or through Huishouyin.",
    'author': "payment_cn_wallets contributors",
    'website': "https://github.com/payment-cn-wallets/payment_cn_wallets",
    'license': 'LGPL-3',
    'depends': ['website_sale', 'point_of_sale', 'account_payment', 'certificate'],
    'data': [],
    'post_init_hook': 'post_init_hook',
    'uninstall_hook': 'uninstall_hook',
    'assets': {},
    'installable': True,
}
