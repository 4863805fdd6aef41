# Part of payment_cn_wallets. License LGPL-3.
"""A mail server on loopback that keeps every mail as a file and sends none anywhere."""

import asyncio
import itertools
import threading
from pathlib import Path


class MailSink:
    """Takes mails in a thread of this process; each becomes ``folder/NNNN.eml``."""

    def __init__(self, folder):
        self.folder = Path(folder)
        self.port = None
        self._loop = None
        self._thread = None
        self._numbers = None

    def start(self):
        self.folder.mkdir(parents=True, exist_ok=True)
        taken = [int(path.stem) for path in self.folder.glob("*.eml") if path.stem.isdigit()]
        self._numbers = itertools.count(max(taken, default=0) + 1)
        ready = threading.Event()
        self._thread = threading.Thread(target=self._run, args=(ready,), daemon=True, name="mail sink")
        self._thread.start()
        ready.wait(10)
        return self

    def stop(self):
        if self._loop and self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join(5)

    def mails(self):
        """The files of all mails so far, oldest first."""
        return sorted(self.folder.glob("*.eml"))

    def _run(self, ready):
        self._loop = asyncio.new_event_loop()
        server = self._loop.run_until_complete(asyncio.start_server(self._talk, "127.0.0.1", 0, limit=2**26))
        self.port = server.sockets[0].getsockname()[1]
        ready.set()
        self._loop.run_forever()
        server.close()

    async def _talk(self, reader, writer):
        def say(line):
            writer.write(line.encode() + b"\r\n")

        try:
            say("220 loopback mail sink")
            while line := await reader.readline():
                word = line[:4].upper()
                if word == b"EHLO":
                    say("250-loopback")
                    say("250-SMTPUTF8")
                    say("250 8BITMIME")
                elif word == b"DATA":
                    say("354 go on")
                    await writer.drain()
                    self._keep(await self._body(reader))
                    say("250 kept")
                elif word == b"QUIT":
                    say("221 bye")
                    break
                else:
                    say("250 ok")
                await writer.drain()
            await writer.drain()
        except (ConnectionError, ValueError):
            pass
        finally:
            writer.close()

    @staticmethod
    async def _body(reader):
        lines = []
        while (line := await reader.readline()) not in (b".\r\n", b".\n", b""):
            lines.append(line[1:] if line.startswith(b"..") else line)
        return b"".join(lines)

    def _keep(self, mail):
        (self.folder / f"{next(self._numbers):04}.eml").write_bytes(mail)
