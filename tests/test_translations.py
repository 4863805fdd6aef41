# Part of payment_cn_wallets. License LGPL-3.

import io
import re

import polib

from odoo.tests import TransactionCase, tagged
from odoo.tools import file_open
from odoo.tools.translate import trans_export

PLACEHOLDER = re.compile(r'%\(\w+\)[sd]|%[sd]|\{\w+\}')


@tagged('post_install', '-at_install')
class TestTranslations(TransactionCase):

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        buffer = io.BytesIO()
        with cls.env.registry.cursor() as cr:
            trans_export(False, ['payment_cn_wallets'], buffer, 'po', cls.env(cr=cr))
        cls.terms = {
            entry.msgid for entry in polib.pofile(buffer.getvalue().decode()) if entry.msgid.strip()
        }
        with file_open('payment_cn_wallets/i18n/zh_CN.po') as file:
            cls.chinese = {entry.msgid: entry for entry in polib.pofile(file.read())}

    def test_every_term_has_its_translation(self):
        """Test that nothing a user can read is missing in zh_CN."""
        self.assertGreater(len(self.terms), 100)
        missing = sorted(
            term for term in self.terms
            if term not in self.chinese or not self.chinese[term].msgstr
        )
        self.assertFalse(missing, f"{len(missing)} terms without zh_CN translation")

    def test_no_translation_is_left_over_or_doubtful(self):
        """Test that the file follows the sources."""
        self.assertFalse(sorted(set(self.chinese) - self.terms))
        self.assertFalse([term for term, entry in self.chinese.items() if entry.fuzzy])

    def test_placeholders_are_kept(self):
        """Test that a translation fills in what the original fills in."""
        for term, entry in self.chinese.items():
            self.assertEqual(
                sorted(PLACEHOLDER.findall(term)), sorted(PLACEHOLDER.findall(entry.msgstr)), term
            )
