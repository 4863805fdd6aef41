# Part of payment_cn_wallets. License LGPL-3.
"""What a payer by a shop code pays: an amount of the payer's own choice, and no document."""

from ...gateways.text import cut
from .base import ATTACH_LIMIT
from .plain_link import PlainLink


class ShopCode(PlainLink):
    """Anything is welcome, once for each time that a payer began to pay.

    What is claimed for an order or an invoice pays that from then on, and is none of this.
    """

    kind = 'shop_code'

    def due(self):
        """Override: money whose document was removed is a walk-in customer's again."""
        paid = self.siblings().filtered(lambda tx: tx.state == 'done' and tx._cn_kept_fen() > 0)
        return 0 if paid else None

    def take(self):
        """Override: tell those at the counter."""
        self.attempt._cn_tell_counter()

    def name(self):
        """Override: the printed label; what is only in the shop's own lists is nobody else's."""
        code = self.attempt.cn_shop_code_id
        return code.label or code.shop_name

    def place(self):
        """Override: store and till where the code lies, and the code's own name for the gateway's statement."""
        code = self.attempt.cn_shop_code_id
        config = code.config_id
        store = config.cn_store_number or ''
        terminal = (config and (config.cn_terminal_number or f'POS{config.id}')) or ''
        # WeChat Pay takes no characters of more than three bytes.
        name = ''.join(char for char in code.name if char <= '\uffff')
        return {
            'store_id': store,
            'terminal_id': terminal,
            'attach': cut('/'.join(filter(None, (store, terminal, name))), ATTACH_LIMIT),
        }

    def renewal_values(self):
        """Override: the same code, and what the payer wrote."""
        tx = self.attempt
        return {'cn_shop_code_id': tx.cn_shop_code_id.id, 'cn_payer_note': tx.cn_payer_note}
