# Part of payment_cn_wallets. License LGPL-3.

import io
import os
import re
from unittest.mock import patch

import polib

from odoo.tests import TransactionCase, tagged
from odoo.tools import file_open
from odoo.tools.translate import trans_export

WALK = os.walk
PLACEHOLDER = re.compile(r'%\(\w+\)[sd]|%[sd]|\{\w+\}')


def walk_without_build(top, **options):
    """Walk a folder without what scripts/test builds there: links in it lead back to the addon, forty times."""
    for folder, folders, files in WALK(top, **options):
        folders[:] = [name for name in folders if name != 'build']
        yield folder, folders, files


@tagged('post_install', '-at_install')
class TestTranslations(TransactionCase):

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        buffer = io.BytesIO()
        with (
            patch.object(os, 'walk', walk_without_build),
            cls.env.registry.cursor() as cr,
        ):
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

    def test_template_has_every_term(self):
        """Test that Odoo reads each translation: what the template lacks, it takes for obsolete."""
        with file_open('payment_cn_wallets/i18n/payment_cn_wallets.pot') as file:
            template = {entry.msgid for entry in polib.pofile(file.read())}
        self.assertEqual(template, set(self.chinese))

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
