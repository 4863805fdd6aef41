# Part of payment_cn_wallets. License LGPL-3.
"""XML that attacks its reader: entities that multiply, that read files, that call addresses."""

BOMB = ''.join(
    ['<!ENTITY a0 "aaaaaaaaaa">']
    + [f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 10)]
)


def documents(root, url, inside='<note>&x;</note>'):
    """Return name -> text of hostile documents.

    :param root: name of the root element
    :param url: an address that nobody may call
    :param inside: what stands in the root, with `&x;`
    """
    body = f'<{root}>{inside}</{root}>'
    plain = f'<{root}>{inside.replace("&x;", "x")}</{root}>'
    declared = {
        'bomb': f'[{BOMB}<!ENTITY x "&a9;">]',
        'long entity': f'[<!ENTITY x "{"x" * 30000}">]',
        'file': '[<!ENTITY x SYSTEM "file:///etc/passwd">]',
        'address': f'[<!ENTITY x SYSTEM "{url}/entity">]',
        'public': f'[<!ENTITY x PUBLIC "p" "{url}/public">]',
        'parameter': f'[<!ENTITY % p SYSTEM "{url}/parameter">%p;<!ENTITY x "x">]',
        'loop': '[<!ENTITY x "&y;"><!ENTITY y "&x;">]',
        'unused': '[<!ENTITY y "y">]',
        'attributes': f'[<!ATTLIST {root} a CDATA "x"><!ENTITY x "x">]',
        'notation': '[<!NOTATION n SYSTEM "n"><!ENTITY x SYSTEM "x" NDATA n>]',
    }
    found = {
        name: f'<!DOCTYPE {root} {subset}>{plain if name == "unused" else body}'
        for name, subset in declared.items()
    }
    found.update({
        'external document type': f'<!DOCTYPE {root} SYSTEM "{url}/dtd">{plain}',
        'empty document type': f'<!DOCTYPE {root}>{plain}',
        'after a comment': f'<!-- <{root}> --><!DOCTYPE {root} [<!ENTITY x "x">]>{body}',
        'after an instruction': f'<?x <{root}?><!DOCTYPE {root} [<!ENTITY x "x">]>{body}',
        'declared': f'<?xml version="1.0" encoding="UTF-8"?>\n<!DOCTYPE {root} [{BOMB}]>'
                    f'{body.replace("&x;", "&a9;")}',
        'not declared': body,
        'inclusion': f'<{root} xmlns:i="http://www.w3.org/2001/XInclude">'
                     f'<i:include href="{url}/include" parse="text"/>{plain.removeprefix(f"<{root}>")}',
    })  # fmt: skip
    return found


NAMES = tuple(documents('x', 'http://127.0.0.1:1'))
