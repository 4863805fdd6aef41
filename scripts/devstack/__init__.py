# Part of payment_cn_wallets. License LGPL-3.
"""What ``scripts/demo``, ``scripts/test`` and ``scripts/bench`` are made of.

Standard library only, Python 3.10 and later: it runs before anything is installed. From the machine to the
running shop, in this order:

``host``       the operating system: Python, system packages, disk, free ports
``debs``       Odoo 19 out of the Debian package, into the cache
``odootree``   where Odoo is: the cache, or the source tree named by ``ODOO_HOME``
``venv``       the virtual environment, in the cache
``postgres``   a PostgreSQL cluster of our own
``templates``  template databases: base (Odoo and its modules), addon, demo
``stack``      PostgreSQL, sandbox, mail sink and Odoo, running together
``demo``       the command ``scripts/demo``
``suites``     the command ``scripts/test``; ``testrun`` has a method for each suite, ``lanes`` runs them side by side
``bench``      the command ``scripts/bench``
"""
