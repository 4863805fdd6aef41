# Part of payment_cn_wallets. License LGPL-3.

from odoo.tests import BaseCase, tagged

from odoo.addons.payment_cn_wallets import const
from odoo.addons.payment_cn_wallets.gateways.base import Wallet
from odoo.addons.payment_cn_wallets.tools import devices

IPHONE = 'Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148'
IPAD = 'Mozilla/5.0 (iPad; CPU OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148'
ANDROID = ('Mozilla/5.0 (Linux; Android 14; Pixel 8 Build/UD1A; wv) AppleWebKit/537.36 (KHTML, like Gecko)'
           ' Version/4.0 Chrome/130.0.0.0')
MAC = 'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko)'
WINDOWS = 'Mozilla/5.0 (Windows NT 10.0; WOW64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/132.0.0.0 Safari/537.36'
CHROME = 'AppleWebKit/537.36 (KHTML, like Gecko) Chrome/114.0.0.0 Safari/537.36'

# Most strings are as recorded, shortened; those with "composed" after them follow the pattern of others.
# What it is -> (User-Agent, app, form, where each wallet's payer is; the rest is under '*')
CASES = {
    # === WECHAT, AND WHAT IS IN ITS NAME ===
    'WeChat on an iPhone': (
        f'{IPHONE} MicroMessenger/8.0.49(0x18003137) NetType/WIFI Language/zh_CN', 'wechat', 'phone',
        {'wechat_pay': 'wallet', '*': 'foreign_wallet'}),
    'WeChat on Android, which names the QQ browser too': (
        f'{ANDROID} MQQBrowser/6.2 TBS/046295 Mobile Safari/537.36 MMWEBID/1 MicroMessenger/8.0.49.2600'
        '(0x28003133) WeChat/arm64 Weixin NetType/WIFI Language/zh_CN', 'wechat', 'phone',
        {'wechat_pay': 'wallet', '*': 'foreign_wallet'}),
    'WeChat on an iPad (composed)': (
        f'{IPAD} MicroMessenger/8.0.42(0x18002a2c) NetType/WIFI Language/zh_CN', 'wechat', 'tablet',
        {'wechat_pay': 'wallet', '*': 'foreign_wallet'}),
    'WeChat on an Android tablet (composed)': (
        'Mozilla/5.0 (Linux; Android 13; SM-X810) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0'
        ' Chrome/116.0.0.0 Safari/537.36 MicroMessenger/8.0.45.2521', 'wechat', 'tablet',
        {'wechat_pay': 'wallet', '*': 'foreign_wallet'}),
    'WeChat on HarmonyOS, short form (composed)': (
        f'Mozilla/5.0 (Phone; OpenHarmony 5.0) {CHROME} ArkWeb/4.1.6.1 MicroMessenger/8.0.5', 'wechat', 'phone',
        {'wechat_pay': 'wallet', '*': 'foreign_wallet'}),
    'WeChat on a HarmonyOS tablet (composed)': (
        f'Mozilla/5.0 (Tablet; OpenHarmony 5.0) {CHROME} ArkWeb/4.1.6.1 MicroMessenger/8.0.5', 'wechat', 'tablet',
        {'wechat_pay': 'wallet', '*': 'foreign_wallet'}),
    'WeChat on Windows': (
        f'{WINDOWS} MicroMessenger/7.0.20.1781(0x6700143B) NetType/WIFI MiniProgramEnv/Windows WindowsWechat/WMPF'
        ' WindowsWechat(0x63090c33) XWEB/13639', 'wechat', 'computer', {'*': 'computer'}),
    'WeChat on a Mac': (
        f'{MAC} MicroMessenger/6.8.0(0x16080000) MacWechat/3.8.7(0x13080712) NetType/WIFI', 'wechat', 'computer',
        {'*': 'computer'}),
    'Mini program on a Mac': (
        f'{MAC} MicroMessenger/6.8.0(0x16080000) NetType/WIFI MiniProgramEnv/Mac MacWechat/WMPF XWEB/1191',
        'wechat', 'computer', {'*': 'computer'}),
    'Mini program of WeChat, iPhone': (
        f'{IPHONE} MicroMessenger/8.0.49(0x18003137) NetType/WIFI Language/zh_CN miniProgram/wx1234567890abcdef',
        'mini_program', 'phone', {'*': 'foreign_wallet'}),
    'Mini program of WeChat, Android': (
        f'{ANDROID} Mobile Safari/537.36 MicroMessenger/8.0.49.2600 Weixin miniProgram', 'mini_program', 'phone',
        {'*': 'foreign_wallet'}),
    'WeCom, iPhone': (
        f'{IPHONE} wxwork/3.1.16 MicroMessenger/7.0.1 Language/zh ColorScheme/Dark', 'wecom', 'phone',
        {'*': 'foreign_wallet'}),
    'WeCom, Android': (
        f'{ANDROID} MQQBrowser/6.2 TBS/044409 Mobile Safari/537.36 wxwork/2.7.2 MicroMessenger/6.3.22 NetType/WIFI',
        'wecom', 'phone', {'*': 'foreign_wallet'}),
    'WeCom on Windows': (
        f'{WINDOWS} wxwork/4.1.0 (MicroMessenger/6.2) WindowsWechat MailPlugin_Electron', 'wecom', 'computer',
        {'*': 'computer'}),
    # === ALIPAY, AND OTHERS OF ITS MAKER ===
    'Alipay': (
        f'{IPHONE} NebulaSDK/1.8.100112 Nebula AliApp(AP/10.6.0.6000) AlipayClient/10.6.0.6000 Language/zh-Hans',
        'alipay', 'phone', {'alipay': 'wallet', '*': 'foreign_wallet'}),
    'Alipay on an iPad': (
        f'{IPAD} Nebula AliApp(AP/10.6.0) AlipayClient/10.6.0', 'alipay', 'tablet',
        {'alipay': 'wallet', '*': 'foreign_wallet'}),
    'Taobao': (
        f'{ANDROID} Mobile Safari/537.36 AliApp(TB/10.8.20) WindVane/8.5.0', 'browser', 'phone', {'*': 'phone'}),
    'DingTalk': (
        f'{IPHONE} AliApp(DingTalk/7.0.40) com.laiwang.DingTalk/28390 Channel/201200', 'browser', 'phone',
        {'*': 'phone'}),
    # === QQ, AND WHAT HAS ITS MARK ===
    'QQ, Android': (
        f'{ANDROID} MQQBrowser/6.2 TBS/046291 Mobile Safari/537.36 V1_AND_SQ_9.0.8_5688_YYB_D QQ/9.0.8.650'
        ' NetType/WIFI', 'qq', 'phone', {'qq_wallet': 'wallet', '*': 'foreign_wallet'}),
    'QQ, iPhone': (
        f'{IPHONE} QQ/9.0.8.650 V1_IPH_SQ_9.0.8_1_APP_A Pixel/1170', 'qq', 'phone',
        {'qq_wallet': 'wallet', '*': 'foreign_wallet'}),
    'QQ browser': (
        f'{ANDROID} MQQBrowser/15.1 Mobile Safari/537.36 COVC/047601', 'browser', 'phone', {'*': 'phone'}),
    'QQ browser on HarmonyOS': (
        f'Mozilla/5.0 (Phone; OpenHarmony 5.0) {CHROME} ArkWeb/4.1.6.1 Mobile qbyouth/1.0', 'browser', 'phone',
        {'*': 'phone'}),
    'Tencent Docs on an iPad': (
        f'{IPAD} QQ/8.9.2.0 TencentDocs/3.1.0', 'tencent_docs', 'tablet', {'*': 'computer'}),
    'Tencent Docs on Android': (
        f'{ANDROID} Mobile Safari/537.36 V1_AND_SQ_7.1.0_0_TENCENT_DOCS_D Channel/0 TencentDocs/3.1.0 QQ/7.1',
        'tencent_docs', 'phone', {'*': 'phone'}),
    'TIM': (
        f'{IPHONE} TIM/3.5.5.638 QQ/8.0.8.638 V1_IPH_SQ', 'tim', 'phone', {'*': 'phone'}),
    # === JD, UNIONPAY, DOUYIN ===
    'JD': (
        f'jdapp;iPhone;12.3.2;;;M/5.0;appBuild/168960;{IPHONE}', 'jd', 'phone',
        {'jd_pay': 'wallet', '*': 'foreign_wallet'}),
    'JD lite': (
        f'jdltapp;iPhone;3.3.8;14.5;;network/wifi;hasUPPay/0;{IPHONE}', 'browser', 'phone', {'*': 'phone'}),
    'UnionPay': (
        f'{IPHONE}/sa-sdk-ios (com.unionpay.chsp) (cordova 4.5.4) (updebug 0) (version 938) (UnionPay/1.0 CloudPay)'
        ' (clientVersion 198) (language zh_CN)', 'unionpay', 'phone',
        {'unionpay': 'wallet', '*': 'foreign_wallet'}),
    'A bank that follows UnionPay (composed)': (
        f'{ANDROID} Mobile Safari/537.36 UnionPay/1.0 ICBCiPay', 'unionpay', 'phone',
        {'unionpay': 'wallet', '*': 'foreign_wallet'}),
    'Douyin': (
        f'{ANDROID} Mobile Safari/537.36 aweme_290300 JsSdk/1.0 NetType/WIFI AppName/aweme app_version/29.3.0',
        'browser', 'phone', {'*': 'phone'}),
    # === ORDINARY BROWSERS ===
    'Safari on an iPhone': (f'{IPHONE} Version/18.0 Safari/604.1', 'browser', 'phone', {'*': 'phone'}),
    'Safari on an iPad that says so': (f'{IPAD} Version/18.0 Safari/604.1', 'browser', 'tablet', {'*': 'computer'}),
    'Chrome on Android': (
        'Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0.0.0 Mobile'
        ' Safari/537.36', 'browser', 'phone', {'*': 'phone'}),
    'Chrome on an Android tablet': (
        'Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0.0.0 Safari/537.36',
        'browser', 'tablet', {'*': 'computer'}),
    'Firefox on Android': (
        'Mozilla/5.0 (Android 14; Mobile; rv:130.0) Gecko/130.0 Firefox/130.0', 'browser', 'phone', {'*': 'phone'}),
    'Huawei browser, short form': (
        f'Mozilla/5.0 (Phone; OpenHarmony 5.0) {CHROME} HuaweiBrowser/5.1.9.301', 'browser', 'phone', {'*': 'phone'}),
    'Huawei browser with "Mobile"': (
        f'Mozilla/5.0 (Phone; HarmonyOS 5.0) {CHROME} ArkWeb/4.1.6.1 Mobile HuaweiBrowser/5.0.3.351',
        'browser', 'phone', {'*': 'phone'}),
    'ArkWeb, long form': (
        f'Mozilla/5.0 (Phone; OpenHarmony 5.0; HarmonyOS 5.0) {CHROME} ArkWeb/4.1.6.1 Mobile', 'browser', 'phone',
        {'*': 'phone'}),
    'Huawei browser on a tablet': (
        f'Mozilla/5.0 (Tablet; OpenHarmony 5.0) {CHROME} ArkWeb/4.1.6.1 HuaweiBrowser/5.1', 'browser', 'tablet',
        {'*': 'computer'}),
    'HarmonyOS on a computer': (
        f'Mozilla/5.0 (PC; OpenHarmony 5.0; HarmonyOS 5.0) {CHROME} ArkWeb/4.1.6.1 Browser/harmony360Browser/1.0.0',
        'browser', 'computer', {'*': 'computer'}),
    'HarmonyOS of old, a phone': (
        'Mozilla/5.0 (Linux; Android 10; HarmonyOS; VOG-AL00; HMSCore 6.14.0.302) AppleWebKit/537.36 (KHTML, like'
        ' Gecko) Chrome/114.0.5735.196 HuaweiBrowser/15.0.4.312 Mobile Safari/537.36', 'browser', 'phone',
        {'*': 'phone'}),
    'Chrome on Windows': (WINDOWS, 'browser', 'computer', {'*': 'computer'}),
    'Safari on a Mac, or on an iPad that wants pages for computers': (
        f'{MAC} Version/18.0 Safari/605.1.15', 'browser', 'computer', {'*': 'computer'}),
    'nothing': ('', 'browser', 'computer', {'*': 'computer'}),
}


@tagged('post_install', '-at_install')
class TestDevices(BaseCase):

    def test_every_browser(self):
        """Test app, form and place of each kind of browser, for each wallet."""
        for name, (agent, app, form, places) in CASES.items():
            with self.subTest(name):
                self.assertEqual((devices.app_of(agent).name, devices.form_of(agent)), (app, form))
                for wallet in Wallet:
                    self.assertEqual(
                        devices.of_payer(agent, wallet.value), places.get(wallet.value, places['*']), wallet.value
                    )

    def test_places_are_known(self):
        """Test that there are scenes for each place, and cases for each app of the table."""
        places = {place for _agent, _app, _form, each in CASES.values() for place in each.values()}
        self.assertEqual(places, set(const.SCENES))
        apps = {app for _agent, app, _form, _places in CASES.values()}
        self.assertEqual(apps, {app.name for app in devices.APPS} | {'browser'})
        wallets = {wallet.value for wallet in Wallet}
        self.assertLessEqual({app.wallet for app in devices.APPS if app.wallet}, wallets)

    def test_wallet_on_this_very_screen(self):
        """Test that no code is for the device itself: on phones, and inside wallets on tablets."""
        for name, (agent, _app, form, places) in CASES.items():
            with self.subTest(name):
                on_tablet = form == 'tablet' and 'wallet' in places.values()
                self.assertEqual(devices.is_phone(agent), form == 'phone' or on_tablet)

    def test_who_is_shut_out(self):
        """Test that inside an app all wallets but its own can't be opened, and none elsewhere."""
        for name, (agent, _app, _form, places) in CASES.items():
            with self.subTest(name):
                shut_out = {wallet.value for wallet in Wallet if devices.shuts_out(agent, wallet.value)}
                self.assertEqual(shut_out, {
                    wallet.value for wallet in Wallet
                    if places.get(wallet.value, places['*']) == 'foreign_wallet'
                })
