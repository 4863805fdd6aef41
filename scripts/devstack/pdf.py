# Part of payment_cn_wallets. License LGPL-3.
"""Do for Odoo what wkhtmltopdf does, with Chromium: used where the system has no wkhtmltopdf any more.

Header and footer are printed on the first and after the last page, not on each. Runs in Odoo's environment.
"""

import os
import resource
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

VERSION = "wkhtmltopdf 0.12.6 (stand-in: Chromium)"
# wkhtmltopdf's options that take a value; all others that Odoo gives are switches.
WITH_VALUE = {"--viewport-size", "--page-size", "--page-width", "--page-height", "--margin-top", "--margin-bottom",
              "--margin-left", "--margin-right", "--dpi", "--zoom", "--header-spacing", "--orientation",
              "--javascript-delay", "--cookie-jar", "--header-html", "--footer-html"}


def read(arguments):
    """Split the command line into options and files; the last file is what is to be written."""
    options, files = {}, []
    rest = iter(arguments)
    for word in rest:
        if word in WITH_VALUE:
            options[word] = next(rest)
        elif word.startswith("--"):
            options[word] = True
        else:
            files.append(word)
    return options, files


def page_style(options):
    """The page's size and margins as CSS."""
    if "--page-width" in options:
        size = f"{options['--page-width']} {options['--page-height']}"
    else:
        size = options.get("--page-size", "A4")
    if options.get("--orientation", "").lower() == "landscape":
        size += " landscape"
    # Odoo leaves room for a header above the page; here the header is on the page.
    margins = [f"{min(float(options.get(f'--margin-{side}', 10)), 15)}mm" for side in
               ("top", "right", "bottom", "left")]
    return f"@page {{ size: {size}; margin: {' '.join(margins)}; }} body {{ -webkit-print-color-adjust: exact; }}"


def with_surroundings(body, header, footer, style):
    """Put the header's and the footer's content into the page, and its size and margins."""
    from lxml import html  # noqa: PLC0415
    tree = html.fromstring(Path(body).read_bytes().decode())
    page = tree.find("body")
    head = tree.find("head")
    for script in tree.xpath("//script"):
        script.drop_tree()
    for source, place in ((header, 0), (footer, None)):
        if source:
            part = html.fromstring(Path(source).read_bytes().decode()).find("body")
            for script in part.xpath(".//script") if part is not None else ():
                script.drop_tree()
            for child in reversed(part) if place == 0 else list(part):
                page.insert(0, child) if place == 0 else page.append(child)
    if head is not None:
        element = html.Element("style")
        element.text = style
        head.append(element)
    return html.tostring(tree, encoding="utf-8", doctype="<!DOCTYPE html>")


def print_page(chromium, source, target):
    """Print one page; give back what Chromium said.

    In containers Chromium's own sandbox often may not be set up. The page is Odoo's and its programs were taken
    out, so it is then printed without; root has to do without anyway.
    """
    said = ""
    for sandbox in ([["--no-sandbox"]] if os.geteuid() == 0 else [[], ["--no-sandbox"]]):
        with tempfile.TemporaryDirectory(prefix="pdf.") as profile:
            done = subprocess.run(
                [chromium, "--headless", "--disable-gpu", "--disable-dev-shm-usage", f"--user-data-dir={profile}",
                 *sandbox, "--no-pdf-header-footer", "--no-first-run", "--virtual-time-budget=10000",
                 f"--print-to-pdf={target}", Path(source).as_uri()],
                capture_output=True, text=True, timeout=110, check=False)
        said += done.stderr
        if target.exists():
            break
    return said


def join(parts, target):
    try:
        from PyPDF2 import PdfReader, PdfWriter  # noqa: PLC0415
    except ImportError:  # Python 3.13
        from pypdf import PdfReader, PdfWriter  # noqa: PLC0415
    writer = PdfWriter()
    for part in parts:
        for page in PdfReader(part).pages:
            writer.add_page(page)
    with open(target, "wb") as handle:
        writer.write(handle)


def main(arguments):
    if "--version" in arguments:
        print(VERSION)
        return 0
    from devstack.host import headless_chromium  # noqa: PLC0415
    program = headless_chromium()
    if not program:
        print("neither wkhtmltopdf nor Chromium is here", file=sys.stderr)
        return 2
    # Odoo limits its memory, and its children's with it; Chromium reserves far more addresses than it uses.
    hard = resource.getrlimit(resource.RLIMIT_AS)[1]
    resource.setrlimit(resource.RLIMIT_AS, (hard, hard))
    options, files = read(arguments)
    *bodies, target = files
    style = page_style(options)
    with tempfile.TemporaryDirectory(prefix="pdf.") as folder:
        parts = []
        for number, body in enumerate(bodies):
            page = Path(folder) / f"{number}.html"
            page.write_bytes(with_surroundings(body, options.get("--header-html"), options.get("--footer-html"), style))
            parts.append(page.with_suffix(".pdf"))
            said = print_page(program, page, parts[-1])
            if not parts[-1].exists():
                print(said[-1000:] or "Chromium printed nothing", file=sys.stderr)
                return 2
        if len(parts) == 1:
            Path(target).write_bytes(parts[0].read_bytes())
        else:
            join(parts, target)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
