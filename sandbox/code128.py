# Part of payment_cn_wallets. License LGPL-3.
"""Code 128 barcodes of digits, as SVG. What a till's scanner reads from a phone (ISO/IEC 15417)."""

# widths of bars and spaces in modules, by symbol value; 106 is the stop symbol
PATTERNS = (
    '212222 222122 222221 121223 121322 131222 122213 122312 132212 221213 221312 231212 112232'
    ' 122132 122231 113222 123122 123221 223211 221132 221231 213212 223112 312131 311222 321122'
    ' 321221 312212 322112 322211 212123 212321 232121 111323 131123 131321 112313 132113 132311'
    ' 211313 231113 231311 112133 112331 132131 113123 113321 133121 313121 211331 231131 213113'
    ' 213311 213131 311123 311321 331121 312113 312311 332111 314111 221411 431111 111224 111422'
    ' 121124 121421 141122 141221 112214 112412 122114 122411 142112 142211 241211 221114 413111'
    ' 241112 134111 111242 121142 121241 114212 124112 124211 411212 421112 421211 212141 214121'
    ' 412121 111143 111341 131141 114113 114311 411113 411311 113141 114131 311141 411131 211412'
    ' 211214 211232 2331112'
).split()
START_C, CODE_B, STOP = 105, 100, 106
QUIET = 10  # modules of white at either side


def symbols(digits):
    """Return the symbol values of a string of digits, check and stop symbol included."""
    if not digits.isascii() or not digits.isdigit():
        raise ValueError("only digits can be drawn")
    values = [START_C]
    for at in range(0, len(digits) - 1, 2):
        values.append(int(digits[at:at + 2]))
    if len(digits) % 2:
        values += [CODE_B, ord(digits[-1]) - 32]
    check = (values[0] + sum(at * value for at, value in enumerate(values))) % 103
    return [*values, check, STOP]


def svg(digits, label):
    """Return an SVG element; `label` is what a screen reader says (never the digits)."""
    at, bars = QUIET, []
    for value in symbols(digits):
        for index, width in enumerate(PATTERNS[value]):
            if index % 2 == 0:
                bars.append(f'M{at} 0h{width}v60h-{width}z')
            at += int(width)
    width = at + QUIET
    return (
        f'<svg class="barcode" viewBox="0 0 {width} 60" preserveAspectRatio="none" role="img"'
        f' aria-label="{label}" shape-rendering="crispEdges"><rect width="{width}" height="60"'
        f' fill="#fff"/><path fill="#000" d="{"".join(bars)}"/></svg>'
    )
