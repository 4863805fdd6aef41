# Part of payment_cn_wallets. License LGPL-3.
"""A mail server on loopback that keeps every mail as a file and sends none anywhere: aiosmtpd with a Maildir."""

from pathlib import Path

from .host import free_port
from .process import Process


class MailSink(Process):
    """Takes mails; each becomes a file in ``folder/new``.

    :param python: the Python that has aiosmtpd
    """

    def __init__(self, python, folder, log):
        super().__init__("The mail server", log)
        self.python = python
        self.folder = Path(folder)
        self.port = None

    def start(self):
        """Start it, on a free port."""
        self.port = free_port()
        self.folder.parent.mkdir(parents=True, exist_ok=True)
        super().start([self.python, "-m", "aiosmtpd", "--nosetuid", "--smtputf8", "--listen", f"127.0.0.1:{self.port}",
                       "--class", "aiosmtpd.handlers.Mailbox", self.folder],
                      url=f"smtp://127.0.0.1:{self.port}", timeout=30)
        return self

    def mails(self):
        """The files of all mails so far, oldest first."""
        return sorted(self.folder.glob("new/*"), key=lambda path: path.stat().st_mtime_ns)
