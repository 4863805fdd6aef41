# Part of payment_cn_wallets. License LGPL-3.

import ast
import re
from pathlib import Path

from odoo.tests import TransactionCase, tagged

from odoo.addons.payment_cn_wallets import gateways
from odoo.addons.payment_cn_wallets.gateways.base import CredentialProblem
from odoo.addons.payment_cn_wallets.tools import credential_details, reasons


@tagged('post_install', '-at_install')
class TestDetails(TransactionCase):
    """What exactly is wrong with a credential is said in the reader's language."""

    # Names of things that stay as they are in Chinese: files, fields, algorithms.
    NAMES = re.compile(r'[A-Za-z0-9_.…]*[A-Z0-9_.][A-Za-z0-9_.…]*|base64|mchid|v2|v3|qr|page|app')

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env['res.lang']._activate_lang('zh_CN')
        cls.chinese = cls.env(context={'lang': 'zh_CN'})

    @staticmethod
    def _texts(node):
        """Return the English texts that an expression may be, with X for what is filled in."""
        if isinstance(node, ast.Constant):
            return [node.value] if isinstance(node.value, str) else []
        if isinstance(node, ast.JoinedStr):
            return [''.join(
                part.value if isinstance(part, ast.Constant) else 'X' for part in node.values
            )]
        if isinstance(node, ast.IfExp):
            return TestDetails._texts(node.body) + TestDetails._texts(node.orelse)
        return []

    def _details(self):
        """Return what the protocol clients say of credentials, read out of their code."""
        found = set()
        for path in sorted(Path(gateways.__file__).parent.rglob('*.py')):
            # What a certificate lacks that the gateway itself sent is no matter of what was entered.
            if 'tests' in path.parts or path.name in ('client.py', 'platform_keys.py'):
                continue
            tree = ast.parse(path.read_text(encoding='utf-8'))
            assigned = [
                text for node in ast.walk(tree)
                if isinstance(node, ast.Assign) and node.targets[0].__class__ is ast.Name
                and node.targets[0].id in ('detail', 'what') for text in self._texts(node.value)
            ]
            for node in ast.walk(tree):
                if not isinstance(node, ast.Call):
                    continue
                name = getattr(node.func, 'id', getattr(node.func, 'attr', ''))
                at = {'CredentialProblem': 1, 'add': 2, 'require': 1}.get(name)
                if at is None or len(node.args) <= at or (
                    name != 'CredentialProblem' and getattr(node.func.value, 'id', '') != 'review'
                ):
                    continue
                texts = self._texts(node.args[at])
                variable = getattr(node.args[at], 'id', '') in ('detail', 'what')
                found.update(texts or (assigned if variable else ()))
        # These three are parts of one sentence.
        ends = {"does not open with the password that was tried", "has a password"}
        return found - {"the PKCS #12 file X"} - ends | {f"the PKCS #12 file {how}" for how in ends}

    def test_every_detail_is_translated(self):
        """Test that no English stands inside a Chinese sentence about a credential."""
        details = self._details()
        self.assertGreater(len(details), 40)
        for detail in sorted(details):
            with self.subTest(detail=detail):
                said = credential_details.in_words(self.chinese, detail)
                self.assertRegex(said, '[\u4e00-\u9fff]')
                self.assertFalse(re.findall('[A-Za-z]{2,}', self.NAMES.sub('', said)), said)

    def test_values_are_filled_in(self):
        """Test that numbers and days stay in the sentence, and that things are translated, too."""
        said = credential_details.in_words(
            self.chinese, "the key has 1024 bits, 2048 are the least"
        )
        self.assertIn('1024', said)
        self.assertIn('2048', said)
        said = credential_details.in_words(
            self.chinese, "a private key, where the public key is wanted"
        )
        self.assertNotRegex(said, '[A-Za-z]')
        self.assertEqual(
            credential_details.in_words(self.env(context={'lang': 'en_US'}), "anything"), "anything"
        )

    def test_what_nobody_translated_is_left_out(self):
        """Test that the sentence stands alone where its detail is English only."""
        problem = CredentialProblem('value', "an error of some library")
        said = reasons.explain_credential(self.chinese, "密钥", problem)
        self.assertNotRegex(said, '[A-Za-z]')
