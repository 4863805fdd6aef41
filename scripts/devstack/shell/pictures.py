# Part of payment_cn_wallets. License LGPL-3.
"""Pictures of the demo products, drawn here: nothing is downloaded and nobody's rights are touched."""

import io
import math

from PIL import Image, ImageDraw, ImageFont

SIZE = 1024  # drawn at twice the size that is kept, which smooths the edges
BACKGROUND = {"tea": "#eef4e6", "cup": "#eaf1f8", "scarf": "#fbeef1", "basket": "#f8f1e2", "lantern": "#fdeeea",
              "candy": "#f7f2ea"}


def draw(name):
    """Return the picture of a product as PNG bytes."""
    image = Image.new("RGB", (SIZE, SIZE), BACKGROUND[name])
    pen = ImageDraw.Draw(image)
    pen.ellipse((212, 790, 812, 880), fill=_darker(BACKGROUND[name]))
    globals()[f"_{name}"](pen)
    out = io.BytesIO()
    image.resize((SIZE // 2, SIZE // 2), Image.Resampling.LANCZOS).save(out, "PNG", optimize=True)
    return out.getvalue()


def logo():
    """Return the shop's sign as PNG bytes: a jasmine blossom and its name."""
    image = Image.new("RGBA", (1240, 240), (255, 255, 255, 0))
    pen = ImageDraw.Draw(image)
    pen.ellipse((10, 10, 230, 230), fill="#3f7d4e")
    for turn in range(0, 360, 72):
        _leaf(pen, 120, 120, 96, turn, "#ffffff")
    pen.ellipse((104, 104, 136, 136), fill="#e7c34c")
    pen.text((270, 46), "Jasmine Lane", font=ImageFont.load_default(size=128), fill="#2f6340")
    out = io.BytesIO()
    image.resize((620, 120), Image.Resampling.LANCZOS).save(out, "PNG", optimize=True)
    return out.getvalue()


def _darker(colour, part=0.92):
    return "#" + "".join(f"{int(int(colour[i:i + 2], 16) * part):02x}" for i in (1, 3, 5))


def _tea(pen):
    pen.rounded_rectangle((312, 300, 712, 830), 40, fill="#3f7d4e")
    pen.rounded_rectangle((296, 220, 728, 330), 30, fill="#2f6340")
    pen.rounded_rectangle((372, 430, 652, 720), 20, fill="#f6f1dd")
    for turn in (-35, 0, 35):
        _leaf(pen, 512, 690, 210, turn, "#4f9a60")


def _leaf(pen, x, y, length, degrees, colour):
    angle = math.radians(degrees - 90)
    side = length * 0.22
    points = []
    for sign in (1, -1):
        steps = range(21) if sign == 1 else range(20, -1, -1)
        for step in steps:
            part = step / 20
            width = sign * side * math.sin(math.pi * part)
            points.append((x + math.cos(angle) * length * part - math.sin(angle) * width,
                           y + math.sin(angle) * length * part + math.cos(angle) * width))
    pen.polygon(points, fill=colour)


def _cup(pen):
    pen.arc((640, 400, 860, 640), -90, 90, fill="#dfe7ee", width=44)
    pen.pieslice((232, 100, 752, 840), 0, 180, fill="#ffffff")
    pen.ellipse((232, 400, 752, 540), fill="#f4f7fa")
    pen.ellipse((272, 420, 712, 520), fill="#c99a4b")
    pen.rectangle((412, 800, 572, 850), fill="#e8eef4")
    for x in (340, 492, 644):
        for turn in range(0, 360, 60):
            _leaf(pen, x, 650, 58, turn, "#2f5fa8")
        pen.ellipse((x - 14, 636, x + 14, 664), fill="#ffffff")


def _scarf(pen):
    pen.polygon([(300, 240), (470, 200), (620, 800), (430, 840)], fill="#d8577a")
    pen.polygon([(560, 200), (724, 240), (600, 840), (410, 800)], fill="#e8819c")
    pen.pieslice((300, 150, 724, 420), 0, 180, fill="#c23f64")
    for x, y in ((380, 330), (455, 520), (500, 700), (640, 330), (590, 520), (520, 760)):
        for turn in range(0, 360, 72):
            _leaf(pen, x, y, 42, turn, "#fff4f6")


def _basket(pen):
    pen.arc((302, 140, 722, 760), 180, 360, fill="#9a6a32", width=34)
    pen.polygon([(222, 450), (802, 450), (732, 840), (292, 840)], fill="#c8934f")
    for row in range(6):
        y = 470 + row * 62
        for column in range(9):
            x = 250 + column * 60 + (30 if row % 2 else 0)
            if 250 + row * 12 < x < 740 - row * 12:
                pen.rounded_rectangle((x, y, x + 44, y + 34), 12, fill="#e3b777")
    pen.rounded_rectangle((206, 420, 818, 480), 24, fill="#a97438")


def _lantern(pen):
    pen.line((512, 90, 512, 220), fill="#7a4a22", width=12)
    pen.rounded_rectangle((412, 200, 612, 250), 12, fill="#8c1f1f")
    pen.ellipse((232, 230, 792, 740), fill="#d8392f")
    for inset in (70, 150, 230):
        pen.ellipse((232 + inset, 230, 792 - inset, 740), outline="#f0913f", width=8)
    pen.rounded_rectangle((412, 720, 612, 770), 12, fill="#8c1f1f")
    for x in range(452, 580, 24):
        pen.line((x, 770, x, 870), fill="#e7b23c", width=9)


def _candy(pen):
    for x, y, turn in ((330, 620, 0), (520, 480, 1), (610, 690, 0)):
        box = (x - 130, y - 70, x + 130, y + 70)
        pen.rounded_rectangle(box, 30, fill="#d9a55a")
        pen.rounded_rectangle(box, 30, outline="#b9823a", width=8)
        for seed in range(18):
            sx = x - 105 + (seed * 67 + turn * 31) % 210
            sy = y - 50 + (seed * 41) % 96
            pen.ellipse((sx, sy, sx + 18, sy + 11), fill="#fff3d6" if seed % 4 else "#4a3a28")
