# Part of payment_cn_wallets. License LGPL-3.
"""What payments had in columns of this addon, kept in the database while the addon is not installed.

PostgreSQL drops the columns with the addon. Without the order numbers in them nothing that was paid
could be refunded, or found at the gateway, should the addon come back.
"""

from odoo.tools import SQL

TABLE = SQL.identifier('payment_cn_wallets_kept')
# Model -> which records have something to keep.
KEPT = {
    'payment.transaction': SQL("cn_out_trade_no IS NOT NULL OR cn_out_refund_no IS NOT NULL"),
    'pos.payment': SQL("cn_transaction_id IS NOT NULL"),
}

# What opens the wallet's cashier for one payer: of no use any more, and nothing to be left lying about.
LEFT_OUT = ('cn_sdk_params', 'cn_pay_form')


def _fields(env, model):
    """Return this addon's columns of a model: name -> field."""
    return {
        name: field for name, field in env[model]._fields.items()
        if name.startswith('cn_') and name not in LEFT_OUT and field.store and field.column_type
    }


def keep(env):
    """Copy the columns, as JSON, into a table that Odoo does not know. Without payments there is none."""
    env.flush_all()
    rows = SQL(" UNION ALL ").join(
        SQL(
            "SELECT %s AS model, id, (SELECT jsonb_object_agg(key, value) FROM jsonb_each(to_jsonb(t))"
            " WHERE key = ANY(%s) AND value != 'null') AS data FROM %s t WHERE %s",
            model, list(_fields(env, model)), SQL.identifier(env[model]._table), which,
        ) for model, which in KEPT.items()
    )
    env.cr.execute(SQL("DROP TABLE IF EXISTS %s", TABLE))
    env.cr.execute(SQL("CREATE TABLE %s AS %s", TABLE, rows))
    env.cr.execute(SQL("SELECT 1 FROM %s LIMIT 1", TABLE))
    if not env.cr.fetchone():
        env.cr.execute(SQL("DROP TABLE %s", TABLE))


def restore(env):
    """Put back what was kept, and forget the copy. Records that are gone by now are left out."""
    env.cr.execute(SQL("SELECT to_regclass(%s)", 'payment_cn_wallets_kept'))
    if not env.cr.fetchone()[0]:
        return
    env.flush_all()
    for model in KEPT:
        table, columns = SQL.identifier(env[model]._table), _fields(env, model)
        values = SQL(", ").join(_value(env, name, field) for name, field in columns.items())
        env.cr.execute(SQL(
            "UPDATE %(table)s t SET (%(names)s) = (SELECT %(values)s"
            " FROM jsonb_populate_record(NULL::%(table)s, k.data) r)"
            " FROM %(kept)s k WHERE k.model = %(model)s AND k.id = t.id",
            table=table, names=SQL(", ").join(map(SQL.identifier, columns)), values=values,
            kept=TABLE, model=model,
        ))
    env.cr.execute(SQL("DROP TABLE %s", TABLE))
    env.invalidate_all()


def _value(env, name, field):
    value = SQL("r.%s", SQL.identifier(name))
    if field.type != 'many2one':
        return value
    return SQL(
        "(SELECT o.id FROM %s o WHERE o.id = %s)", SQL.identifier(env[field.comodel_name]._table), value
    )
