# Part of payment_cn_wallets. License LGPL-3.
"""A payment link without a document: whoever has it pays its amount, once."""

from .base import Payable


class PlainLink(Payable):
    """Nothing but an amount: one of the codes that took one another's place may keep it."""

    kind = 'link'

    def lock(self):
        """Override: the first of the family stands for what is paid."""
        family = self.attempt._cn_family()
        if len(family) > 1:
            self.attempt._cn_touch(family.sorted('id')[:1])

    def due(self):
        """Override: nothing any more once another code of the family brought its money.

        Nor where there was a document, and somebody removed it.
        """
        if self.attempt.cn_meant:
            return 0
        paid = self.siblings().filtered(lambda tx: tx.state == 'done' and tx._cn_kept_fen() > 0)
        return 0 if paid else None

    def meant(self):
        """Override: its amount, and no part of anything."""
        return False

    def siblings(self):
        """Override: those that this one replaced, and that replaced it."""
        return self.attempt._cn_family() - self.attempt
