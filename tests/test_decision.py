# Part of payment_cn_wallets. License LGPL-3.

from odoo.tests import BaseCase, tagged

from odoo.addons.payment_cn_wallets.models.money import decision, states
from odoo.addons.payment_cn_wallets.models.money.decision import (
    Action,
    Facts,
    News,
    Stage,
    Undoing,
    Want,
)


@tagged('post_install', '-at_install')
class TestDecision(BaseCase):

    def test_every_combination_has_one_row(self):
        """Test that no facts are without a row, and none fit two."""
        for facts in decision.every_fact():
            rows = [row.decision.row for row in decision.ROWS if row.fits(facts)]
            self.assertEqual(len(rows), 1, f"{facts}: {rows}")
            self.assertEqual(decision.decide(facts).row, rows[0])

    def test_every_row_is_reached(self):
        """Test that no row is dead."""
        reached = {decision.decide(facts).row for facts in decision.every_fact()}
        self.assertEqual(reached, {row.decision.row for row in decision.ROWS})
        self.assertEqual(len(decision.ROWS), len(reached))

    def test_doubt_moves_no_money(self):
        """Test that an answer that says nothing certain neither keeps, returns nor ends anything."""
        for facts in decision.every_fact():
            if facts.news in (News.WAITING, News.UNKNOWN):
                self.assertIn(decision.decide(facts).action, (Action.WAIT, Action.IGNORE))

    def test_nothing_is_sent_back_beside_a_reversal(self):
        """Test that no refund is sent while a reversal may have returned the money."""
        for facts in decision.every_fact():
            if facts.undoing != Undoing.NO and facts.stage in (Stage.OPEN, Stage.OVER):
                self.assertNotIn(decision.decide(facts).action, (
                    Action.RETURN_ALL, Action.KEEP_DUE, Action.KEEP_ALL, Action.HOLD,
                ))

    def test_what_is_booked_is_booked_once(self):
        """Test that nothing is kept or returned a second time."""
        for facts in decision.every_fact():
            if facts.stage == Stage.BOOKED:
                self.assertIn(decision.decide(facts).action, (
                    Action.NOTE, Action.IGNORE, Action.REPORT, Action.FOLLOW,
                ))

    def test_whoever_must_know_is_told(self):
        """Test that money that goes back, is held, or is against the books is told of."""
        for facts in decision.every_fact():
            found = decision.decide(facts)
            if found.action in (
                Action.RETURN_ALL, Action.KEEP_DUE, Action.HOLD, Action.FOLLOW, Action.REPORT,
            ):
                self.assertTrue(found.tell, facts)
            if found.action == Action.KEEP_ALL and facts.stage != Stage.HELD:
                self.assertEqual(bool(found.tell), facts.given_up)

    def test_what_is_wanted(self):
        """Test the border of each answer, to the fen."""
        cases = [
            ((100, None, True), Want.ALL),
            ((100, 100, True), Want.ALL),
            ((100, 99, True), Want.PART),
            ((100, 1, True), Want.PART),
            ((100, 0, True), Want.NOTHING),
            ((100, -1, True), Want.NOTHING),
            ((100, 101, False), Want.MORE),
            ((100, 101, True), Want.ALL),
            ((0, 100, True), Want.NOTHING),
        ]
        for arguments, wanted in cases:
            self.assertEqual(decision.want_of(*arguments), wanted, arguments)

    def test_how_much_is_kept(self):
        """Test that what is kept and what goes back add up."""
        self.assertEqual(decision.kept_of(Action.KEEP_ALL, 100, 100), 100)
        self.assertEqual(decision.kept_of(Action.HOLD, 100, 200), 100)
        self.assertEqual(decision.kept_of(Action.KEEP_DUE, 100, 60), 60)
        self.assertEqual(decision.kept_of(Action.RETURN_ALL, 100, 60), 0)

    def test_facts_of_the_issue(self):
        """Test some decisions in words."""
        def row(**facts):
            return decision.decide(Facts(**facts)).row
        self.assertEqual(row(news=News.PAID, stage=Stage.OPEN, want=Want.MORE), 'too little')
        self.assertEqual(row(news=News.PAID, stage=Stage.OPEN, want=Want.PART), 'too much')
        self.assertEqual(row(news=News.PAID, stage=Stage.OVER, want=Want.NOTHING), 'unwanted')
        self.assertEqual(
            row(news=News.ALL_LEFT, stage=Stage.OPEN), 'left before it was booked'
        )
        self.assertEqual(row(news=News.PART_LEFT, stage=Stage.BOOKED), 'left')
        self.assertEqual(
            row(news=News.PAID, stage=Stage.OPEN, undoing=Undoing.ASKED), 'reversal under way'
        )


@tagged('post_install', '-at_install')
class TestStates(BaseCase):

    def _allowed(self, state, **values):
        return states.is_allowed({
            'state': state, 'outcome': False, 'verdict': False, 'given_up': False,
            'reversing': False, 'forced': False, 'unclaimed': False, **values,
        })

    def test_states_that_make_sense(self):
        """Test that the usual ways of an attempt are allowed."""
        self.assertTrue(self._allowed('draft', outcome='waiting', given_up=True))
        self.assertTrue(self._allowed('done', outcome='paid', verdict='held'))
        self.assertTrue(self._allowed('done', outcome='paid', verdict='kept', forced='x'))
        self.assertTrue(self._allowed('pending', outcome='paid', reversing=True))

    def test_states_that_do_not(self):
        """Test that money without a verdict, or a verdict without money, is refused."""
        self.assertFalse(self._allowed('draft', outcome='paid'))
        self.assertFalse(self._allowed('cancel', outcome='paid'))
        self.assertFalse(self._allowed('draft', outcome='waiting', verdict='kept'))
        self.assertFalse(self._allowed('done', outcome='paid', verdict='held', reversing=True))
        self.assertFalse(self._allowed('cancel', outcome='refused', unclaimed='2026-01-01'))
        self.assertFalse(self._allowed('done', outcome='refused', verdict='kept'))
