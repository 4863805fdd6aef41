# Part of payment_cn_wallets. License LGPL-3.
"""What scripts/demo and scripts/test say when something is wrong, and the parts that a run stands on."""

import multiprocessing
import os
import signal
import smtplib
import socket
import subprocess
import sys
import time
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

import pytest

from devstack import debs, host, noskip, odootree, paths, pdf, stack, suites, venv
from devstack.console import Problem, run
from devstack.mailsink import MailSink
from devstack.process import Process

SCRIPTS = paths.SCRIPTS


def command(name, *arguments, **variables):
    """Run scripts/demo or scripts/test as a user would."""
    return subprocess.run([SCRIPTS / name, *arguments], capture_output=True, text=True, timeout=120,
                          env={**os.environ, **variables}, stdin=subprocess.DEVNULL)


@pytest.fixture
def listener():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        yield taken.getsockname()[1]


class TestCommands:
    @pytest.mark.parametrize("name", ["demo", "test"])
    def test_help(self, name):
        done = command(name, "--help")
        assert done.returncode == 0
        assert f"usage: scripts/{name}" in done.stdout

    def test_python_that_is_too_old_or_too_new(self, tmp_path):
        fake = tmp_path / "python3"
        fake.write_text('#!/bin/sh\n[ "$1" = --version ] && echo "Python 3.9.2" && exit 0\nexit 1\n')
        fake.chmod(0o755)
        done = command("demo", PYTHON=str(fake))
        assert done.returncode == 2
        assert "3.10 to 3.13" in done.stderr

    def test_unknown_path(self):
        done = command("test", "no/such/file.py")
        assert done.returncode == 1
        assert "no/such/file.py" in done.stderr
        assert "Traceback" not in done.stderr

    @pytest.mark.parametrize(("what", "suite", "target"), [
        ("lint", "lint", None),
        ("gateways", "gateways", None),
        ("tests/browser", "browser", "browser"),
        ("tests/browser/test_shop_opens.py::test_x", "browser", "browser/test_shop_opens.py::test_x"),
        ("tests/__init__.py", "odoo", "addons/payment_cn_wallets/tests/__init__.py"),
        (str(SCRIPTS / "tests"), "scripts", "scripts/tests"),
    ])
    def test_paths_belong_to_suites(self, what, suite, target):
        assert suites._suite_of(what) == (suite, target)


class TestMachine:
    def test_taken_port(self, listener):
        with pytest.raises(Problem, match=f"Port {listener}.*the shop.*taken"):
            host.free_port(listener, "the shop")

    def test_no_space(self, monkeypatch, tmp_path):
        monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
        monkeypatch.setattr(host.shutil, "disk_usage", lambda _folder: _Usage)
        with pytest.raises(Problem, match="Too little room"):
            host.check_space()

    def test_full_disk_while_working(self, tmp_path):
        with pytest.raises(Problem, match="disk is full"):
            run(["sh", "-c", "echo 'cp: No space left on device'; exit 1"], log=tmp_path / "log")

    def test_failed_command_shows_the_end_of_its_log(self, tmp_path):
        with pytest.raises(Problem) as caught:
            run(["sh", "-c", "echo the reason; exit 3"], log=tmp_path / "log", sentence="It went wrong.")
        assert caught.value.lines[0] == "It went wrong."
        assert "the reason" in caught.value.lines

    def test_missing_packages_without_root(self, monkeypatch):
        monkeypatch.setattr(host, "missing_packages", lambda browser: {"chromium": "tests in a real browser"})
        monkeypatch.setattr(host, "ROOT_USER", False)
        monkeypatch.setattr(host.shutil, "which", lambda name: None if name == "sudo" else f"/usr/bin/{name}")
        with pytest.raises(Problem) as caught:
            host.ensure_packages(browser=True)
        assert "apt-get install --no-install-recommends chromium" in "\n".join(caught.value.lines)

    @pytest.mark.parametrize(("there", "taken"), [
        ({"chromium", host.LIGHT}, host.LIGHT), ({"chromium"}, "chromium"), (set(), None)])
    def test_browser_without_windows_where_there_is_one(self, monkeypatch, there, taken):
        monkeypatch.setattr(host.shutil, "which", lambda name: name if name in there else None)
        monkeypatch.setattr(host, "_is_snap_stub", lambda _path: False)
        assert host.headless_chromium() == taken

    def test_package_that_a_system_does_not_have_is_not_asked_for(self, monkeypatch):
        monkeypatch.setattr(host.shutil, "which", lambda _name: None)
        monkeypatch.setattr(host, "_candidate", lambda name: name != host.LIGHT)
        assert host.LIGHT not in host.missing_packages(browser=True)
        monkeypatch.setattr(host, "_candidate", lambda name: True)
        assert host.LIGHT in host.missing_packages(browser=True)
        assert host.LIGHT not in host.missing_packages(browser=False)

    def test_nobody_is_asked_for_what_only_makes_tests_quicker(self, monkeypatch):
        monkeypatch.setattr(host, "missing_packages", lambda browser: {host.LIGHT: "less work"})
        monkeypatch.setattr(host, "ROOT_USER", False)
        monkeypatch.setattr(host.shutil, "which", lambda name: None if name == "sudo" else f"/usr/bin/{name}")
        monkeypatch.setattr(host, "run", None)  # nothing is installed
        assert host.ensure_packages(browser=True) is None


class _Usage:
    free = 10 * 2**20


class TestOdooTree:
    def make(self, folder, version="19, 0, 0", addons="addons"):
        (folder / "odoo").mkdir(parents=True)
        (folder / "odoo/release.py").write_text(f"version_info = ({version}, 'final', 0, '')\n")
        for name in ("base", "website_sale", "point_of_sale", "l10n_cn"):
            where = folder / ("odoo/addons" if name == "base" else addons) / name
            where.mkdir(parents=True)
            (where / "__manifest__.py").touch()
        return folder

    @pytest.mark.parametrize("addons", ["addons", "odoo/addons"])
    def test_both_layouts(self, tmp_path, monkeypatch, addons):
        monkeypatch.setenv("ODOO_HOME", str(self.make(tmp_path / "odoo19", addons=addons)))
        tree = odootree.find_odoo()
        assert not tree.own
        assert tmp_path / "odoo19/odoo/addons" in tree.addons
        assert tmp_path / "odoo19" / addons in tree.addons
        assert tree.environment()["PYTHONPYCACHEPREFIX"], "compiled files must not go into the user's tree"

    def test_not_odoo(self, tmp_path, monkeypatch):
        monkeypatch.setenv("ODOO_HOME", str(tmp_path))
        with pytest.raises(Problem, match="no Odoo source tree"):
            odootree.find_odoo()

    def test_another_version(self, tmp_path, monkeypatch):
        monkeypatch.setenv("ODOO_HOME", str(self.make(tmp_path / "odoo18", "18, 0, 0")))
        with pytest.raises(Problem, match="is Odoo 18"):
            odootree.find_odoo()


class TestDebs:
    def test_ubuntu_has_no_package(self, monkeypatch):
        monkeypatch.delenv("ODOO_DEB_MIRROR", raising=False)
        monkeypatch.setattr(debs, "os_release", lambda: {"ID": "ubuntu", "NAME": "Ubuntu"})
        with pytest.raises(Problem, match="Ubuntu") as caught:
            debs.debian_mirror()
        assert "ODOO_HOME" in "\n".join(caught.value.lines)
        assert "ODOO_DEB_MIRROR" in "\n".join(caught.value.lines)

    def test_mirror_of_the_machine(self, monkeypatch):
        monkeypatch.delenv("ODOO_DEB_MIRROR", raising=False)
        monkeypatch.setattr(debs, "os_release", lambda: {"ID": "debian", "VERSION_CODENAME": "bookworm"})
        monkeypatch.setattr(debs, "_sources", lambda: [
            ("http://mirror.test/security/", "bookworm-security", ""),
            ("http://mirror.test/debian/", "bookworm", "/etc/apt/keyrings/mirror.gpg")])
        assert debs.debian_mirror() == ("http://mirror.test/debian", "[signed-by=/etc/apt/keyrings/mirror.gpg] ")

    def test_mirror_that_is_not_reachable(self, monkeypatch, tmp_path):
        monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
        monkeypatch.setattr(debs, "debian_mirror", lambda: ("http://127.0.0.1:9/debian", ""))
        with pytest.raises(Problem, match="could not be reached"):
            debs.odoo_from_debs()
        home = tmp_path / paths.ADDON / "odoo"
        assert sorted(path.name for path in home.iterdir()) == [".lock", "apt.log"], "something half-made was left"

    def test_stale_mirror(self, tmp_path):
        log = tmp_path / "log"
        log.write_text("E: Release file for mirror/InRelease is expired (invalid since 17d).\n")
        assert "out of date" in debs._update_problem(log).lines[0]


class TestFolders:
    def test_broken_making_leaves_nothing(self, tmp_path):
        def break_off():
            with paths.making(tmp_path / "thing") as work:
                (work / "half").touch()
                raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            break_off()
        assert list(tmp_path.iterdir()) == []

    def test_what_a_killed_run_left_is_removed(self, tmp_path):
        (tmp_path / ".thing.abc.part").mkdir()
        with paths.making(tmp_path / "thing") as work:
            (work / "whole").touch()
        assert [path.name for path in tmp_path.iterdir()] == ["thing"]

    def test_interrupted_venv_is_made_again(self, tmp_path, monkeypatch):
        monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
        made = []

        def install(folder, python, requirements, count):
            assert not folder.exists()
            python.parent.mkdir(parents=True)
            python.touch()
            made.append(folder)
            if len(made) == 1:
                raise KeyboardInterrupt

        monkeypatch.setattr(venv, "_install", install)
        with pytest.raises(KeyboardInterrupt):
            venv.ensure_venv(venv.DEMO)
        assert not made[0].exists()
        assert venv.ensure_venv(venv.DEMO) == venv.ensure_venv(venv.DEMO)
        assert len(made) == 2

    def test_lock_keeps_a_second_run_out(self, tmp_path):
        context = multiprocessing.get_context("spawn")
        with paths.lock(tmp_path / "lock"):
            other = context.Process(target=_try_lock, args=(str(tmp_path / "lock"),))
            other.start()
            other.join(30)
        assert other.exitcode == 7

    def test_link_does_not_replace_a_real_folder(self, tmp_path):
        (tmp_path / "real").mkdir()
        with pytest.raises(Problem, match="in the way"):
            paths.link(tmp_path / "real", tmp_path)


def _try_lock(path):
    try:
        with paths.lock(path, wait=False):
            sys.exit(0)
    except BlockingIOError:
        sys.exit(7)


class TestMailSink:
    def test_mail_is_kept(self, tmp_path):
        sink = MailSink(sys.executable, tmp_path / "mail", tmp_path / "log").start()
        mail = EmailMessage()
        mail["Subject"] = "订单"
        mail["From"], mail["To"] = "shop@example.com", "wang@example.com"
        mail.set_content("你好\n.\n.a line with a dot\n")
        try:
            with smtplib.SMTP("127.0.0.1", sink.port, timeout=10) as client:
                for to in ("wang@example.com", "王@example.com"):
                    mail.replace_header("To", to)
                    client.send_message(mail)
        finally:
            sink.stop()
        first, second = (message_from_bytes(path.read_bytes(), policy=policy.default) for path in sink.mails())
        assert (first["To"], second["To"]) == ("wang@example.com", "王@example.com")
        assert first.get_content() == "你好\n.\n.a line with a dot\n"


class TestProcess:
    SERVER = """
import http.server, sys
http.server.HTTPServer(('127.0.0.1', int(sys.argv[1])), http.server.SimpleHTTPRequestHandler).serve_forever()
"""

    def test_start_kill_and_start_again(self, tmp_path):
        server = Process("The server", tmp_path / "log")
        port = host.free_port()
        for end in (server.kill, server.stop):
            server.start([sys.executable, "-c", self.SERVER, port], url=f"http://127.0.0.1:{port}/", timeout=20)
            assert server.running()
            end()
            assert not server.running()

    def test_one_that_does_not_start(self, tmp_path):
        server = Process("The server", tmp_path / "log")
        with pytest.raises(Problem, match=r"The server stopped.*exit code 3") as caught:
            server.start([sys.executable, "-c", "print('no key'); raise SystemExit(3)"], url="http://127.0.0.1:9/",
                         timeout=20)
        assert "no key" in caught.value.lines

    def test_it_ends_with_its_parent(self, tmp_path):
        code = ("import sys, time; sys.path.insert(0, sys.argv[1])\n"
                "from devstack.process import Process\n"
                "server = Process('x', sys.argv[2])\n"
                "server.start([sys.executable, '-c', sys.argv[3], sys.argv[4]],"
                " url=f'http://127.0.0.1:{sys.argv[4]}/', timeout=20)\n"
                "print(server.pid, flush=True); time.sleep(60)\n")
        port = host.free_port()
        parent = subprocess.Popen([sys.executable, "-c", code, SCRIPTS, tmp_path / "log", self.SERVER, str(port)],
                                  stdout=subprocess.PIPE, text=True)
        child = int(parent.stdout.readline())
        parent.send_signal(signal.SIGKILL)
        parent.wait(10)
        for _turn in range(100):
            if not Path(f"/proc/{child}").exists() or "Z" in Path(f"/proc/{child}/stat").read_text().split()[2]:
                break
            time.sleep(0.1)
        else:
            os.kill(child, signal.SIGKILL)
            pytest.fail("the child outlived its parent")


class TestSecrets:
    @pytest.mark.parametrize(("name", "secret"), [
        ("key", True), ("private_key", True), ("api_key", True), ("api_v3_key", True), ("app_key", True),
        ("des_key", True), ("md5_key", True), ("aes_key", True), ("app_secret", True), ("op_user_passwd", True),
        ("password", True), ("app_auth_token", True),
        ("public_key", False), ("public_key_id", False), ("alipay_public_key", False), ("jd_public_key", False),
        ("certificate", False), ("root_cert", False), ("app_id", False), ("mch_uid", False),
    ])
    def test_what_counts_as_one(self, name, secret):
        assert stack.is_secret(name) == secret

    def test_only_secrets_are_noted(self, tmp_path, monkeypatch):
        monkeypatch.setattr(stack, "SECRETS_USED", tmp_path / "used")
        stack.remember_secrets({"shop": {"app_id": "A", "private_key": "P\nQ", "public_key": "O", "aes_key": ""}})
        assert (tmp_path / "used").read_text() == '"P\\nQ"\n'


class TestNoSkip:
    def test_skipped_browser_test_is_a_failure(self, tmp_path):
        (tmp_path / "test_it.py").write_text(
            "import unittest\n"
            "class T(unittest.TestCase):\n"
            "    def test_a(self): raise unittest.SkipTest('Chrome executable not found')\n"
            "    def test_b(self): self.skipTest('not on this planet')\n")
        env = {**os.environ, "PYTHONPATH": str(SCRIPTS)}
        arguments = [sys.executable, "-m", "pytest", "-q", "-p", "no:odoo", "-p", "devstack.noskip", "-p",
                     "no:cacheprovider", tmp_path]
        one = subprocess.run(arguments, env={**env, "DEVSTACK_NO_SKIP": "browser"}, capture_output=True, text=True)
        assert "1 failed, 1 skipped" in one.stdout
        every = subprocess.run(arguments, env={**env, "DEVSTACK_NO_SKIP": "all"}, capture_output=True, text=True)
        assert "2 failed" in every.stdout
        assert noskip.__doc__


def test_pdf_stand_in_reads_what_odoo_writes():
    options, files = pdf.read(["--disable-local-file-access", "--quiet", "--page-size", "A4", "--margin-top", "40.0",
                               "--orientation", "Landscape", "--header-html", "h.html", "b.html", "out.pdf"])
    assert files == ["b.html", "out.pdf"]
    assert "size: A4 landscape" in pdf.page_style(options)
    assert "margin: 15mm" in pdf.page_style(options)


def test_no_registry_host_is_written_anywhere():
    hosts = ("debian" + ".org", "ubuntu" + ".com", "pypi" + ".org", "pythonhosted" + ".org", "npmjs" + ".org")
    for path in [*SCRIPTS.rglob("*"), paths.ROOT / "pyproject.toml", paths.ROOT / ".ci/run"]:
        if path.is_file() and path.suffix != ".pyc":
            text = path.read_text(errors="replace")
            assert not [name for name in hosts if name in text], path
