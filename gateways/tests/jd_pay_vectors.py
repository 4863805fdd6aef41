# Part of payment_cn_wallets. License LGPL-3.
"""Test vectors of JD Pay: signed by JD for its demo merchant (F1, F2, X1, X2), or with a throw-away key.

The keys protect nothing: they are published with JD's demo, or were made for these vectors.
"""

DES_KEY = 'ta4E/aspLA3lgFGKmNDNRYU92RkZ4w2t'
MD5_KEY = 'pvmkZFhudHnwblIxgWsnvFqDHRrVDmfU'
JD_PUBLIC = (
    'MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQCKE5N2xm3NIrXON8Zj19GNtLZ8xwEQ6uDIyrS3S03UhgBJMkGl4m'
    'sfq4Xuxv6XUAN7oU1XhV3/xtabr9rXto4Ke3d6WwNbxwXnK5LSgsQc1BhT5NcXHXpGBdt7P8NMez5qGieOKqHGvT0q'
    'vjyYnYA29a8Z4wzNR7vAVHp36uD5RwIDAQAB'
)
TEST_PUBLIC = (
    'MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQDmHVzveV4FMOyVJned16bDcb8KvnQAzhZPemeEPxhGkwzmTkwrVT'
    'pL6vSyBZBgUmuySiU3Bcz2Rfo8hGTPVA+T4pdXvj+86hP2mCM9H4IVvt+YgI/D27Bc7i+VeSSFxtEojtOxT/hLnsmx'
    'hBbohjqqSaaxIchJp5247GbawoPwAwIDAQAB'
)
TEST_PRIVATE = (
    'MIICdwIBADANBgkqhkiG9w0BAQEFAASCAmEwggJdAgEAAoGBAOYdXO95XgUw7JUmd53XpsNxvwq+dADOFk96Z4Q/GE'
    'aTDOZOTCtVOkvq9LIFkGBSa7JKJTcFzPZF+jyEZM9UD5Pil1e+P7zqE/aYIz0fghW+35iAj8PbsFzuL5V5JIXG0SiO'
    '07FP+EueybGEFuiGOqpJprEhyEmnnbjsZtrCg/ADAgMBAAECgYB3j3wRBMtAATp7CECQJ1MDK19qcqgNHwbihqOwR6'
    'QSTycdpkLXJPIkLdCzikaIdWp1eSa63u2ua49n0BYczv1ECfjl1pZ4+Cjk13crSlAhtJ78j3WSHb39UopdwBTeTEge'
    '7fknli5bAq12EDxyK3aNiEmxA8s9JKoosLgY9VpsIQJBAPMy6UCCrXQm76MpMOrVtXh6N9Jpouk7loGwhyHh6VAinF'
    '4HViCPO+GAWsO1DAT2PaHZvQVMFGImqSEljZAXEjECQQDyOiS9/HTl6Nbtq0ZFrwejVmZxfdxqvO0X1kG1evbaXoAd'
    'pDSEVAJfNWFTAxt0eTeA4pLM52Ero1VUgfuEPgRzAkEA1zkA71Q2SIqEnHJBljFWja4rZIyT3bAcO92LWVLh9UcL9r'
    'KrZ9kady/uIzA/2MxKMsfM3bk8eLgaCPmA1Dl2oQJAabEdHxjtGPSD86hsPTOmLYshoBu+9YQCIAiJG1rQI3Bgjo57'
    'q9HMRybPlJ0ieav6n+49B9Nd/uCB9yHQUV+OKQJBAMyQLydaHLk4mygrRnFMgBrocKPfA4rIQPouI4SraSztayT/Zz'
    'GNxuS+R5Idzq4/dzBY3h4FDW3LQ86aMRVGUiI='
)
F1_SIGN = (
    'hO5dwBI6P9jpcPComYNzXct5P5Y2yHI4awojnp1xh1AaJseqegga5VsTV9GMlypXio8wK4PztvvPU4z14YMka0PDVk'
    'zuaA9LV7nPwbQQPj+0tT1F7kiVLIhk//Er2XtzNH93CwReKY9YZEP9NIsgaLTbdK6JAdQiOQyz6CN7dDY='
)
F2_SIGN = (
    'hqbVC4wf2MLFC7bZZR1mofzc+uLQTNNZiyzpGR/1iq51DcFwrtN4/esOIVVYF2hX/+YNXOL9y5Iii7/6Rs3z/ozROF'
    'OzD72t/nvpUI+6gOVjxgAui8bn/K3xkyl0Bo8QgBt16e6KnnRW5QVvJ2jjZRyGrzWFH/zgZf06cNaWolY='
)
F3_SIGN = (
    'OFW4e/cHq608BNslf6b+HMrEVxAdSY3b+ZYxrnYhS771HLPSNtHyIhGa7MlEVPo0D9TlEVZSReZSOsHi41uv3XScZY'
    'oI2Ugf9B17d8aI9o0uZpUBM3nKAsD1X3dlObiB5EUpNUPo1iiXAuliUAx54qtndTvw3a5aQulDLwXQ+DU='
)
F3_TEXT = (
    'amount=1&callbackUrl=http://frontend.com/return&currency=CNY&merchant=22294531&notifyUrl=h'
    'ttp://making.dev/notify&orderType=0&tradeName=测试商品&tradeNum=12345678&tradeTime=20170718101'
    '010&userId=0000001&version=V2.0'
)
X1_HEAD = (
    '<?xml version="1.0" encoding="UTF-8"?><jdpay><version>V2.0</version><merchant>22294531</me'
    'rchant><result><code>000000</code><desc>成功</desc></result><tradeNum>1494236491939_r</trade'
    'Num><oTradeNum>1494236491939</oTradeNum><amount>1</amount><currency>CNY</currency><tradeTi'
    'me>20170508180239</tradeTime><note></note><status>1</status>'
)
X1_SIGN = (
    'W4g4PwHlh7OM60uz72MYH4+5PW1lJyFoHiKGFczOGDHdATqAAqbRy4p+sXU04FlsA29UpEfY3Fsct1IAhL5D7y1/tg'
    'ZDRB+tGe1Tm0zTeFcKQjV8UU7bfRC+Mi3OdQgQvJ2JIIJcsxpXyQmeG2Vr/77aPhCY8hNEQObDp8fDDFc='
)
X1_TAIL = '</jdpay>'
X2_ENCRYPT = (
    'ZmI3YmM5ZTVlODJhYzkyMjhjNjc0YmY1ZWJlY2QyODU0YTc5NmQ3ZWQxMWU1NzE3MWQ0OTUwOGI5NzllYmE4ZjM1Yz'
    'RiZjlmYWE1M2ZiYjVjYTg5YjA4NTdhMjg3NTBhNzQxM2ZjOWFlN2U3YTNlYzM5ZTI5OTBkZDczNzQ5MjhjM2UxMjhk'
    'YWJhMGM0NWY2MWFjYjg2YWFlZDBjOTQ1Y2UyOWNlMDg2MmViOTQ3ZDUyZTczOTMxYjM0NGQwZTNjZGVjZTNkY2EwZm'
    'ZlYzZlODE1Njc3YWMzODcyNTRhYTcyZDc5MjNhYzc5YWIzZGM0ZGIwYWE4NTc3ZTRhNmE3YmMxMjIwMmEyZmRjMDgx'
    'NjhlZjQ5ODVlNGIwNmU2ZTVjZjk3MWRlMmQ5NWYxMmJjNjJlY2EwNGM0ZDFiYzZmYzQ0NDc4N2IwNWEzZjYwZDZjZD'
    'UzNDJlYzFiOWY2NGFkOGU5OGQ3ZThkMzE1ZDQzYWQ0YjJlMmE1ZWZkZjEyZWU0ZTBkZmRhMjdmY2VhMzc3N2ZiYzIw'
    'ZjdjZmFhNWU3NDU5ZmM2MDRjNzQ5MjA2MmNjNjJjYmZiNzJkOWJiZGMyODQzOTE1NzIxNDMwODc0NmZiNWZjYmYxMG'
    'U1MTY4MjVlOTU3YWE1Mzg0ZDU0ODJmOTAwYWFlMjA3M2I3NGQxMDRiZDk5YzM0MDViODY5NjBhZjY3NDM2MWNlNzlm'
    'MmFmOGVkNDBhZmRiZWMwODkwM2NiOTZlNzcwNzk2OTYwZDNlZDM1ZGEwM2YxZmEwYTQ1Mzc3ZTQzNWNkZmVlNzE4OT'
    'YyYjkyOWFiM2ZmYjdlODc3NjI1ZWFiYzU4NTYxNWJjNGY5ODk3MjdkZTViMjUwNDZmYWJlMWZiZWI1MWUxZWNlMzQz'
    'YmE3YzkxNTUzMDI4OTBjYzU0YTJiMGM2Yjg1ZTQ='
)
X2_TEXT = (
    '<?xml version="1.0" encoding="UTF-8"?><jdpay><version>V2.0</version><merchant>22294531</me'
    'rchant><result><code>000000</code><desc>成功</desc></result><sign>DUUlg3VLAFgx7vT6nCRBagmyJ8'
    'O8xsGC70kb6z9FjSO6vy3Vi7VNJ9rYizT+zP4JXOWxyeOAcgpY4O1I5tT1xrmh0N6k/z8PmRbKYXjUNNY999+teh5A'
    'hwy9aigHw0u1ilWFcKmAMhF1gfyjX66WSKxMQASnDHTCEh8m1VBf76o=</sign></jdpay>'
)
X3_TEXT = (
    '<?xml version="1.0" encoding="UTF-8"?><jdpay><version>V2.0</version><merchant>22294531</me'
    'rchant><tradeNum>T20240102030405</tradeNum><tradeName>测试商品</tradeName><tradeTime>202401020'
    '30405</tradeTime><amount>1</amount><orderType>1</orderType><currency>CNY</currency><notify'
    'Url>https://example.com/jd/notify</notifyUrl><userId>u1</userId><tradeType>QR</tradeType><'
    '/jdpay>'
)
X3_SIGN = (
    'poO2VV9FiMEGXuxyhlaIgcpPDZyY0qAL25yhZteG+a42mgJ0qq2OZx/dEHtAOGbs+Oly8pHObt5F5FXgjkwIJGOYrL'
    'NBWJmHrQwCynhw8b7kGh5bVZ8e0LgtE9OeRL4tc/Jw82bzbF1GmhPnMhiMyiNz0mbzeavZESuXXRmLUjg='
)
X4_HEAD = (
    '<?xml version="1.0" encoding="UTF-8" ?><jdpay><version>V2.0</version><merchant>22294531</m'
    'erchant><result><code>000000</code><desc>success</desc></result><tradeNum>T20240102030405<'
    '/tradeNum><tradeType>0</tradeType>'
)
X4_TAIL = (
    '<amount>1690</amount><status>2</status><payList><pay><payType>1</payType><amount>1690</amo'
    'unt><currency>CNY</currency><tradeTime>20240102030501</tradeTime></pay></payList></jdpay>'
)
X4_SIGN = (
    'yxbv0uQKxUyI4p9RW9rL1M8qPgdMCuKeRsmvEonT7N3qdgJ1XTtCaeNYYkFKu7jPQ14AOfwfuLU5XIdAolEc5cXiMp'
    'ixWpO4wP8NGXOdzWRPdAbDO07MkaZwvwukkrnFO3aQPSWzWhBudxH4XtYRN/wt69XjAA/YF52mxu9xWAI='
)
