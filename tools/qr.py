# Part of payment_cn_wallets. License LGPL-3.
"""QR codes as SVG, made on the server: crisp at every size, and nothing to load."""

import io
from functools import lru_cache

import qrcode
from qrcode.image.svg import SvgPathImage


@lru_cache(maxsize=1024)
def svg(content):
    """Return a QR code as an SVG element without XML declaration, with its quiet zone.

    Error correction M: a phone reads it from a scratched screen, and the modules stay large.

    :param str content: what the code says
    :rtype: str
    """
    code = qrcode.QRCode(
        error_correction=qrcode.constants.ERROR_CORRECT_M, border=4, image_factory=SvgPathImage
    )
    code.add_data(content)
    code.make(fit=True)
    image = code.make_image()
    element = image.to_string(encoding='unicode')
    return element[element.index('<svg'):]


@lru_cache(maxsize=256)
def png(content, box=10):
    """Return a QR code as a PNG: a picture that phones save, and read when it is pressed and held.

    :param str content: what the code says
    :param int box: pixels of a module's side
    :rtype: bytes
    """
    code = qrcode.QRCode(
        error_correction=qrcode.constants.ERROR_CORRECT_M, border=4, box_size=box
    )
    code.add_data(content)
    code.make(fit=True)
    buffer = io.BytesIO()
    code.make_image().save(buffer, 'PNG')
    return buffer.getvalue()


@lru_cache(maxsize=256)
def path(content):
    """Return a QR code as a path of an SVG, one unit a module, to be drawn in black on white.

    Error correction Q: print is scratched, and stained.

    :param str content: what the code says
    :return: units of a side, the quiet zone of four with it, and the path
    :rtype: tuple[int, str]
    """
    code = qrcode.QRCode(error_correction=qrcode.constants.ERROR_CORRECT_Q, border=4)
    code.add_data(content)
    code.make(fit=True)
    modules = code.get_matrix()
    rows = (
        f'M{x} {y}h1v1h-1z' for y, row in enumerate(modules) for x, dark in enumerate(row) if dark
    )
    return len(modules), ''.join(rows)
