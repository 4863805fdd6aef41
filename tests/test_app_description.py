# Part of payment_cn_wallets. License LGPL-3.
"""The description of the app's interface, held against what the interface does."""

import uuid
from unittest.mock import patch

import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings, strategies
from schemathesis import GenerationMode
from schemathesis.config import SchemathesisConfig

from odoo.tests import tagged

from odoo.addons.payment_cn_wallets import const
from odoo.addons.payment_cn_wallets.controllers import api
from odoo.addons.payment_cn_wallets.controllers.api_description import PREFIX
from odoo.addons.payment_cn_wallets.tests import app_cases

CONFIG = SchemathesisConfig.from_dict({'checks': {
    # What fits the schema may still be of no document (404), of one that is paid (409), or of a wallet
    # that the shop does not offer, or want a payer (422).
    'positive_data_acceptance': {'expected-statuses': ['2xx', '404', '409', '422']},
}})
EXAMPLES = 40


@tagged('post_install', '-at_install')
class TestAppDescription(app_cases.AppCases):

    def setUp(self):
        super().setUp()
        self.startPatcher(patch.dict(const.APP_LIMITS, dict.fromkeys(const.APP_LIMITS, (10 ** 6, 60))))
        self.order, self.invoice = self._order(), self._invoice()
        self.payment = self._created(self._order(50))
        described = self.url_open(f'{PREFIX}/openapi.json').json()
        described['servers'] = [{'url': f'{self.base_url()}{PREFIX}'}]
        self.schema = schemathesis.openapi.from_dict(described, config=CONFIG)

    def _asked_by_machine(self, label, mode, examples=EXAMPLES, **parts):
        """Have a machine ask one operation; each answer is compared with the description.

        :param parts: strategies of what is not left to the machine
        :return: the answers' statuses
        :rtype: set[int]
        """
        operation = next(
            found.ok() for found in self.schema.get_all_operations() if found.ok().label == label
        )
        seen, url, dbname = [], f'{self.base_url()}{PREFIX}', self.env.cr.dbname

        # A line break in a path leads to no route of Odoo's, and so to its own page.
        cases = operation.as_strategy(generation_mode=mode).filter(
            lambda case: '\n' not in str(case.path_parameters)
        )

        @settings(
            max_examples=examples, deadline=None, database=None, derandomize=True,
            phases=(Phase.generate, Phase.shrink), suppress_health_check=list(HealthCheck),
        )
        @given(case=cases, given_parts=strategies.fixed_dictionaries(parts))
        def ask(case, given_parts):
            for name, value in given_parts.items():
                setattr(case, name, value)
            answer = case.call_and_validate(
                base_url=url, session=session, timeout=30, headers={
                    'Authorization': f'Bearer {self.key}',
                    'X-Odoo-Database': dbname,  # for requests without a session
                },
            )
            seen.append(answer.status_code)
        self.env.flush_all()
        # The machine asks without a key and without any cookie, too, which tests let nobody do otherwise.
        with requests.Session() as session, self.allow_requests(all_requests=True):
            ask()
        self.env.invalidate_all()
        return set(seen)

    def test_what_fits_is_taken(self):
        """Test that all that the description allows is answered as it says."""
        documents = strategies.sampled_from([
            {'kind': 'order', 'id': self.order.id}, {'kind': 'order', 'name': self.order.name},
            {'kind': 'invoice', 'id': self.invoice.id}, {'kind': 'invoice', 'id': 2 ** 31 - 1},
        ])
        bodies = strategies.fixed_dictionaries(
            {
                'document': documents, 'wallet': strategies.sampled_from(['wechat_pay', 'alipay']),
                'scene': strategies.sampled_from(['app', 'mini']),
            },
            optional={
                'payer_id': strategies.just(app_cases.IN_PROGRAM), 'client_ip': strategies.ip_addresses().map(str),
                'gateway': strategies.just('wechat_pay'), 'pay': strategies.just('due'),
            },
        )
        keys = strategies.builds(lambda: {'Idempotency-Key': uuid.uuid4().hex})
        real = self._asked_by_machine('POST /payments', GenerationMode.POSITIVE, body=bodies, headers=keys)
        self.assertLessEqual({201, 404, 422}, real)
        self._asked_by_machine('POST /payments', GenerationMode.POSITIVE)
        number = strategies.sampled_from([self.payment['number'], '1' * 28])
        paths = strategies.fixed_dictionaries({'number': number})
        for label in ('GET /payments/{number}', 'POST /payments/{number}/cancel'):
            seen = self._asked_by_machine(
                label, GenerationMode.POSITIVE, 15, path_parameters=paths, headers=keys,
            )
            self.assertEqual(seen, {200, 404}, label)

    def test_what_does_not_fit_is_refused(self):
        """Test that nothing else is taken, and that each refusal is one that the description names."""
        for label in ('POST /payments', 'GET /payments/{number}', 'POST /payments/{number}/cancel'):
            seen = self._asked_by_machine(label, GenerationMode.NEGATIVE)
            self.assertTrue(all(400 <= status < 500 for status in seen), (label, seen))

    def test_every_operation_is_described(self):
        """Test that the interface does nothing that it does not tell of."""
        found = {
            (method.upper(), path.strip('/').replace('{number}', '1' * 28))
            for path, methods in self.schema.raw_schema['paths'].items() for method in methods
        } | {('GET', 'openapi.json')}
        for method, pattern, _operation in api.OPERATIONS:
            self.assertTrue([one for one in found if one[0] == method and pattern.fullmatch(one[1])], pattern)
        self.assertEqual(len(found), len(api.OPERATIONS))
