# Part of payment_cn_wallets. License LGPL-3.

import os
import re

import pypdfium2
import zxingcpp

from odoo.tests import HttpCase, tagged

from odoo.addons.payment_cn_wallets.tests.shop_code_common import ShopCodeCommon
from odoo.addons.payment_cn_wallets.tools import poster

# Format -> width and height of a page (mm), codes on the page for one record.
FORMATS = {
    'a4': (210, 297, 1), 'a5': (148, 210, 1), 'a6': (148, 210, 2), 'sticker': (80, 100, 1), 'sheet': (210, 297, 1),
}


@tagged('post_install', '-at_install')
class TestPoster(ShopCodeCommon, HttpCase):
    """What is printed, made into a PDF as a user gets it, and read as a phone reads it."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.wechat.with_context(lang='zh_CN').name = "微信支付"

    def _print(self, name, codes):
        report = self.env['ir.actions.report'].sudo().with_context(force_report_rendering=True)
        content, kind = report._render_qweb_pdf(f'payment_cn_wallets.poster_{name}', codes.ids)
        self.assertEqual(kind, 'pdf')
        if folder := os.environ.get('POSTERS'):
            with open(os.path.join(folder, f'{name}-{len(codes)}.pdf'), 'wb') as file:
                file.write(content)
        return pypdfium2.PdfDocument(content)

    def _codes_of(self, page):
        """Return what the codes of a page say, as a camera reads them from the paper."""
        picture = page.render(scale=2).to_pil().convert('L')
        return sorted(found.text for found in zxingcpp.read_barcodes(picture))

    def test_every_format(self):
        """Test size and number of pages, and that the code says the address."""
        for name, (width, height, faces) in FORMATS.items():
            with self.subTest(name):
                pdf = self._print(name, self.code)
                self.assertEqual(len(pdf), 1)
                page = pdf[0]
                found = [one / 72 * 25.4 for one in page.get_size()]
                for mm, wanted in zip(found, (width, height), strict=True):
                    self.assertAlmostEqual(mm, wanted, delta=1)
                self.assertEqual(self._codes_of(page), [self.code.url] * faces)

    def test_many_at_a_time(self):
        """Test a page for each of several codes, and six to a sheet."""
        codes = self.code | self.env['payment.cn.shop.code'].create([
            {'name': f"T{number}", 'label': f"Table {number}", 'company_id': self.company.id,
             'way_ids': [(0, 0, {'provider_id': self.provider.id})]} for number in range(6)
        ])
        pdf = self._print('a5', codes)
        self.assertEqual([self._codes_of(page) for page in pdf], [[url] for url in codes.mapped('url')])
        pdf = self._print('sheet', codes)
        self.assertEqual(
            [self._codes_of(page) for page in pdf],
            [sorted(part.mapped('url')) for part in (codes[:6], codes[6:])],
        )

    def test_text(self):
        """Test that shop, label, wallets and host are there, in the shop's own language."""
        report = self.env['ir.actions.report'].sudo()
        for lang, words in (('zh_CN', ("扫码付款", "微信支付")), ('en_US', ("Pay by scanning", "WeChat Pay"))):
            self.code.lang = lang
            for name in FORMATS:
                html = report._render_qweb_html(f'payment_cn_wallets.poster_{name}', self.code.ids)[0].decode()
                html = re.sub(r'\s+', ' ', re.sub(r'<[^>]*>', ' ', html))  # a long text has two lines
                for word in (*words, "茶馆", "Table 5", self.code._cn_poster_host()):
                    self.assertIn(word, html, f"{name} {lang}")
                self.assertNotIn("Counter 2", html)

    def test_long_names(self):
        """Test that what is long is broken, made smaller, and cut at last: nothing leaves the paper."""
        name = "上海市黄浦区南京东路步行街西湖龙井茶叶有限责任公司第二十三分店"
        self.code.write({'shop_name': name * 2, 'label': "M" * 24})
        for size, (width, height) in {'a4': (210, 293), 'a6': (148, 103), 'sticker': (80, 99)}.items():
            face = self.code._cn_poster_face(width, height, "Pay by scanning", "Look before you pay:")
            self.assertGreater(len(face.lines), 5)
            boxes = []
            for line in face.lines:
                half = poster.length(line.text) * line.size / 2
                self.assertGreaterEqual(line.x - half, 0, size)
                self.assertLessEqual(line.x + half, width, size)
                boxes.append((line.y - line.size * 0.8, line.y + line.size * 0.2, line.x - half, line.x + half))
            code = face.code
            boxes.append((code.y, code.y + code.height, code.x, code.x + code.width))
            for number, (top, bottom, left, right) in enumerate(boxes):
                self.assertGreaterEqual(top, 0)
                self.assertLessEqual(bottom, height, size)
                for other in boxes[number + 1:]:
                    apart = (
                        bottom <= other[0] + 0.1 or other[1] <= top + 0.1 or right <= other[2] or other[3] <= left
                    )
                    self.assertTrue(apart, f"{size}: two things in one place")
