# Part of payment_cn_wallets. License LGPL-3.

from odoo import _, models
from odoo.exceptions import UserError
from odoo.tools import consteq

from ...tools import throttle, till_line

# Growing waits between wrong PINs at a till, seconds.
PIN_SCHEDULE = (1, 2, 4, 8, 15, 30)


class PosSession(models.Model):
    """Who answers for what no gateway confirmed."""

    _inherit = 'pos.session'

    def _cn_manager(self, employee_id, pin, manager_id=0):
        """Return the name of the manager at the till, as far as this server can know.

        Without employees (`pos_hr`) that is the user. With them the till's user stays logged in
        whoever stands there, and may be a manager while a cashier sells, or the other way round;
        a manager may be an employee without any user. So the employee counts: the till says who it
        is, the role is the one that is written down here, and who has a PIN proves it by typing
        it, or has the badge scanned. Odoo itself compares PINs in the browser, which a browser can leave
        out. The manager need not be the one at the till: then a PIN or a badge is needed in any case.

        :param int employee_id: as the till says; not looked at without `pos_hr`
        :param str pin: what the manager typed, or the bar code of the badge
        :param int manager_id: the employee who answers for it, when it is another one
        :return: '' when it is no manager
        :rtype: str
        :raise UserError: if the PIN is wrong
        """
        self.ensure_one()
        config = self.config_id.sudo()
        manager_group = 'point_of_sale.group_pos_manager'
        if not config.module_pos_hr or 'advanced_employee_ids' not in config._fields:
            return self.env.user.name if self.env.user.has_group(manager_group) else ''
        cashier_id, manager_id = till_line.number(employee_id), till_line.number(manager_id)
        employee = self.env['hr.employee'].sudo().browse(manager_id or cashier_id).exists()
        if not employee or employee.company_id not in (config.company_id, employee.company_id.browse()):
            return ''
        is_manager = employee in config.advanced_employee_ids or (
            employee.user_id and employee.user_id.has_group(manager_group)
        )
        if not is_manager:
            return ''
        proofs = [proof for proof in (employee.pin, employee.barcode) if proof]
        if employee.pin or employee.id != cashier_id:
            key = f'pin-{self.id}'
            if not throttle.acquire(self.env.cr.dbname, key, PIN_SCHEDULE):
                raise UserError(_("That was too quick. Wait a moment, and type the PIN again."))
            typed = str(pin or '').strip().encode()
            if not any(consteq(proof.encode(), typed) for proof in proofs):
                raise UserError(_("This is neither the PIN nor the badge of %s.", employee.name))
            throttle.forget(self.env.cr.dbname, key)
        return employee.name
