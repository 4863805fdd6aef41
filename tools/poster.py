# Part of payment_cn_wallets. License LGPL-3.
"""Where what stands on a poster: pure geometry, so that a page looks alike whatever prints it.

Programs that make PDFs differ in how long a millimetre of a web page is. A drawing that is scaled as a whole
to the width of the paper does not.
"""

import unicodedata
from typing import NamedTuple

# Of a character's height: how wide it is, about.
_WIDE, _NARROW = 1.0, 0.58
# The smallest that a text becomes so that it fits.
_LEAST = 0.5


class Line(NamedTuple):
    """A line of text, centred: millimetres from the upper left corner to the middle of its base line."""

    text: str
    x: float
    y: float
    size: float
    bold: bool = False
    faint: bool = False


class Box(NamedTuple):
    """A square or rectangle, millimetres."""

    x: float
    y: float
    width: float
    height: float


class Face(NamedTuple):
    """One face of a poster."""

    code: Box
    logo: Box | None
    lines: list


def length(text):
    """Return how long a text is, in heights of a character."""
    return sum(_WIDE if unicodedata.east_asian_width(char) in 'WFA' else _NARROW for char in text)


def fitted(text, size, width, most=2):
    """Return a text in as many lines as it needs, and the size at which they fit.

    :param str text: what stands there
    :param float size: the size it should have, mm
    :param float width: mm
    :param int most: lines
    :return: lines and size; what does not fit at half the size is cut
    :rtype: tuple[list[str], float]
    """
    if length(text) * size <= width:
        return [text], size
    if most == 1 or length(text) * size * 0.75 <= width:
        size = max(size * _LEAST, width / length(text))
        return [_cut(text, size, width)], size
    # At the blank or character that is nearest to the middle.
    middle, found = length(text) / 2, len(text) // 2
    # No line begins with a punctuation mark.
    breaks = [place + (char in '、，：') for place, char in enumerate(text) if char in ' ·、，：']
    places = [place for place in breaks if 0 < place < len(text)] or range(1, len(text))
    found = min(places, key=lambda place: abs(length(text[:place]) - middle), default=found)
    parts = [text[:found].strip(' ·'), text[found:].strip(' ·')]
    longest = max(length(part) for part in parts)
    size = max(size * _LEAST, min(size, width / longest))
    return [_cut(part, size, width) for part in parts if part], size


def _cut(text, size, width):
    if length(text) * size <= width * 1.001:
        return text
    while text and length(text + '…') * size > width:
        text = text[:-1]
    return text + '…'


def face(width, height, *, name, label, amount, scan, wallets, look, host, logo):
    """Return where everything stands on a face.

    :param float width: mm
    :param float height: mm; less than the width puts the code beside the text
    :param str name: of the shop
    :param str label: of the code, or ''
    :param str amount: a fixed amount and what it is for, or ''
    :param str scan: what to do with the code
    :param str wallets: names of the wallets
    :param str look: sentence before the host
    :param str host: that the payer's phone must show
    :param bool logo: whether there is one
    :rtype: Face
    """
    if height < width:
        return _beside(width, height, name, label, amount, scan, wallets, look, host, logo)
    unit, middle, room = height / 100, width / 2, width * 0.88
    top = 5 * unit
    picture = Box(width * 0.25, top, width * 0.5, 8 * unit) if logo else None
    y = top + (9.5 * unit if logo else 2 * unit)
    lines, y = _stack(((name, 5.2, True), (label, 3.6, False), (amount, 3.6, True)), middle, y, unit, room)
    side = min(width * 0.8, 84 * unit - y - 1 * unit)
    code = Box(middle - side / 2, y + 1 * unit, side, side)
    below, y = _stack(((scan, 4, True), (wallets, 2.7, False)), middle, code.y + side, unit, room)
    foot, _end = _stack(((look, 2.1, False, True), (host, 2.5, True)), middle, max(y, 92 * unit), unit, room)
    return Face(code, picture, lines + below + foot)


def _beside(width, height, name, label, amount, scan, wallets, look, host, logo):
    unit = height / 100
    side = min(height * 0.86, width * 0.58)
    code = Box(width * 0.03, (height - side) / 2, side, side)
    left = code.x + side
    middle, room = (left + width * 0.97) / 2, (width * 0.97 - left) * 0.96
    picture = Box(middle - room / 2, 10 * unit, room, 13 * unit) if logo else None
    lines, y = _stack(
        ((name, 8, True), (label, 6, False), (amount, 6, True)), middle, (25 if logo else 16) * unit, unit, room,
    )
    more, y = _stack(
        ((scan, 6.4, True), (wallets, 4.4, False)), middle, max(y + 3 * unit, 48 * unit), unit, room,
    )
    foot, _end = _stack(((look, 3.4, False, True), (host, 4, True)), middle, max(y + 2 * unit, 78 * unit), unit, room)
    return Face(code, picture, lines + more + foot)


def _stack(texts, middle, y, unit, room):
    """Put texts below one another.

    :return: their lines, and where the last one ends
    """
    lines = []
    for text, size, bold, *faint in texts:
        if not text:
            continue
        parts, fits = fitted(text, size * unit, room)
        for part in parts:
            y += fits * 1.3
            lines.append(Line(part, middle, y - fits * 0.25, fits, bold, bool(faint)))
    return lines, y
