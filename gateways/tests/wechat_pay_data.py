# Part of payment_cn_wallets. License LGPL-3.
"""Published test keys and samples of WeChat Pay: official signing pages, official SDKs' tests.

M: the documentation's test merchant; W: its test platform key; G: key of wechatpay-go's tests. They
protect nothing. B1 is the body of a request, N1 and N2 notices, CT5 an encrypted certificate.
"""

M_P = (
    'd502527ee14e595463ae0dcdfeb00873f024f3805365abdbcab92a052ba84ecf62fe7308fe13b3571a439ed83b071d9372d9'
    '7ab193b71a2a13c4a75cfd861a4ca722d532816de8229e9b2a110560c24302cbc1e9bd49917f200ca8bc190b887dfa3f8d89'
    '9b6ea052434c282ff9661b6ac5fe91660450cdb56e7498b8eef2110b'
)
M_Q = (
    'c8874fafdbb3a8f833377e139b1f823536b5e958e1061fb3901b5744b0cb85605e218c6860d240443f7c3dbd5765dbe99196'
    '564a4ecc7da2a8dbf0e89b3cb2c81fcc6c75b001d162df26f8cbbb8c25fc82d4ccdd51234ddd5a79efd849c47909fa737862'
    'cefac9f70479538b9ef513d59d0a282748591753d4b822f97d62b733'
)
W_N = (
    'c17348eac7659271c19caf05bb653a0b0a2bf6a63be3b8cff0a01f78131ebde12dd53a9a1e42df6920f4eedad92e11a97ecf'
    '3f007aa386048c3b53b5d184163abac9e218c858f2aac5b82b60c90141cfa6c1d896a785b70720aac4145a802bde0974560a'
    '6b89628be5f47fdbb032348866e956d10e82126d7dc8a2b184a0c5c2ee7d40d3464bf0c632012b5a42463937de3279613056'
    '4c7311b4c00e7052cd17a85d118757f123ec8071de2d9e4bbf64ffebceb0d71b6008779ffec778b927d69b2cec6a541d1c6f'
    'dee08c989ab871f8edd5068343cc4de7c76ddb15e57f4553421bb715e958666289093476bf7ab20f9049841480fa039c1039'
    '7bb15249895b'
)
G_N = (
    'd9509377dd5f9d49fbdd7cbd0cbbedfd5eb64d5c514c412cb5575e45a67707795e3b4a65744f34ea65cee11c1d1d76a01d0e'
    '2f19e64dd32aa6fbeac3b062be537007ee47a3c83da95ec84d3fd0aae58c1ba6d88b1ad8dcaaec381cdc494143a60de25fda'
    'f83a6f29acf51522a62ab84b36c92aa245954a5bb883c3a52a56cf5d0f626c8235e0c65142bae44e61d81f37e2ec65d7334b'
    '6100ab91d0736fca14c7061e3f96b60cdc668cbe65b0930bec31abe739ec7af9e8a864704e6f5fc4219fcbcc2eb3b8702b3e'
    '9c96ddd686699d6bb50075bd5cd3c8444055516c5d78011ef7c5b9ddf0dd286c25893c26f3302b6469279fe0574412011726'
    '2c34540253f3'
)
B1 = (
    '{"appid":"wxd678efh567hg6787","mchid":"1900007291","description":"Image形象店-深圳腾大-QQ公仔","out_trade_no"'
    ':"1217752501201407033233368018","notify_url":"https://www.weixin.qq.com/wxpay/pay.php","amount":{"to'
    'tal":100,"currency":"CNY"},"payer":{"openid":"oUpF8uMuAJO_M2pxb1Q9zNjWeS6o"}}'
)
N1 = (
    '{"id":"3119dfba-e649-5eec-ab1e-3412bc4d2e17","create_time":"2021-06-24T16:37:26+08:00","resource_typ'
    'e":"encrypt-resource","event_type":"PAYSCORE.USER_OPEN_SERVICE","summary":"签约成功","resource":{"origin'
    'al_type":"payscore","algorithm":"AEAD_AES_256_GCM","ciphertext":"YDS3lKPaC4Y52Gf3uhft5qUBlIa8b428AWT'
    'tTauHQfQrRw+X1WpiuHIDy0vo1Vd6VEq67aVyqPdDYMkRVSDaZL3iZttevRMOoPKMifozg6XPWjIZumks/GpT48lI4NizyeaqLBo'
    'kNebthah3o1H76qSlO9NkDjp9bzmKLEYYH9TEklFUpsvPqOTOcgSLgh21YJXYR7dEBXFgRLiNIKRgO5JdXh1hccRUAlyVWxE54PX'
    'pnQ==","associated_data":"payscore","nonce":"Kj7QIyUiYx1q"}}'
)
N2 = (
    '{"id":"00000000-0000-5000-8000-000000000001","create_time":"2020-01-01T08:00:01+08:00","resource_typ'
    'e":"encrypt-resource","event_type":"TRANSACTION.SUCCESS","summary":"支付成功","resource":{"original_type'
    '":"transaction","algorithm":"AEAD_AES_256_GCM","ciphertext":"pkkyWlhqsMmSvPVAeeYPgh4eZTzodaqAV4FtPuW'
    'DLN18hn/UW6NvcKLRXSO0D16FJlYCtXdimrPUZp1YzC359fkWTIIEg6a5hx1qwnGH1LLbELvipEElZ3MXtts5N3miRZBAk/GoxrZ'
    'mVTGDWX3I7p0Pdur/rpClngulL59bGFstSj17TjzPc+ciZWinB9qQvhY2a06YLIK6yHMcQMxYP4Vp2zhFrq8I2N2OXqu7cSWmebf'
    'aH4vLHUXOXeHbn+WWWdQVKLqwDn+oeEEej/FhDexD+xnrZOOEjf7E/k9hHn4INDnhakZvYO4XebzWJGTx929fD209F03BUj/GhwB'
    'PvlVzNStulgky5w5xfKDRf3S//oTOuXYOHidjwBIAEcAQpcA6sLU+x7NqJjolkvhmxbfzkS3MOw/jPpWKDA==","associated_d'
    'ata":"transaction","nonce":"Td1nonce0001"}}'
)
CT5 = (
    'Mr/AxbvY+WL9hKlD5nIa03LOMPpn5f+CWeNxE4ujl0f5gXZ9XLJ9CldkArCOTsbU62XgKnTc3YvRMZQ7wCmE2fzwmAenAySTYsPm'
    's72JhggPWfdqVxri9YD5wBYKn8Ck0Fc5JIiVw9WlN2oxHBz83mRVsjoTGC5+cX1CdYqKuZ8pkvi0aCJIq07ZC8MHoTowUz+4jYJy'
    '9XeKqip83Z7BmUYxsePpNM+HtihBqTJIUYXJfX7Col5X0ACsApRoU9l6swfW/kzvqNpDJavhDBGasLrr5822+Fk5nVkcTi53f8Wb'
    'ue7ODWjJxj1yhRYcxFCvXLtpYNB+Qa1aXtrBSdBdBI2p7o+6Imn+auHLBCzkrZqF/yd+d4vTn4tqHPLUj89XcHsMf96uBo3T/HQV'
    '8LEDeIO+6YvOK9FrIDYsvp+imN4n/mnF7eJKo9mpN/QqWJiawrFpAmMMxFKBjIdpgMnVUl3Z11RcWKyfOJ3kcmItTWcnZFNyDgR9'
    'cS0aU6QPlefa3uUW89uzBuHjcFdDl43yU3LE4qZnHLDcDgx4qt0OFCLiy51GXtEpyYs5k99YJBvKK+RyIs4Yc1/smBmClQUhxW+8'
    'bsPNOcXfDvH2yX4YzESoO4TV0RqiCgnsSd4zIFyJPiMKIGzVHiw6Kg0eGCmB4mGHEEZCQ0eN3SSPO0QVjjtBYfgXDZfVHSaAB8Pj'
    'WBVNFimoViZZQrwT6Ygo0LU0Dd8+F5aHFYr4OPHPslr3hrgutEYXDTv1vTA6ABJGqknJ9Y2vtyWpy7aIwxc0kQq/1ezjs+RMVL/L'
    'RpGDnbx1/CGPDjZhYgZypKa55+PDhoaQxqkF3xCLz2DGoNHZYmFqxzAOsAK0vJZw4VcAk6ssbA6YIaMuiemEpxfLC9ZiXtRqsX9s'
    '+GWjjtA8JywOFMO+NKZm9BH/E5YNg2DDD3sHG9Mciwn7yJ6sdf8h2lAWlEExAOeiBNyshOHAQ0/S+x1ncWNiqY+Uh5n0rtonvePV'
    '2MsxVlEWR3AVHn1abcEWkzivd+G5kg7LYO0goqzGClcQfnFfZdO6KwcMXsBCnm9A1Bl4+k5LLokTIYH5/36SRIZ9j0CHGD77BQLE'
    '7x8AlNsoFS2m263tLLq78TFqvZUTIZIQcVIl+NInscS3xQbA38qqFqutCWIwoF1azuJ7woiJyMvnS3xzIpNzP+rzJ8VDXxjLjpEU'
    'BOC9WDs74+QMtsAdmh6g0KDclHEk8WJ4P2bnso4z3VCGoDT5X/0bS1C+jMZMKaOCNB21FZ08qgUHmKeDeg8ylENu+mh2Y/AaEDSG'
    'kGBHIfFbhMYO3uRxhk9hldiHEnHgdkXiVAAUWk/IhtmGijibO/L76vB74Xpes973uK+2iFKgNBk8qTLLZZnuWbcMQuA6VsFULRb/'
    'C+q9B21YuAWPMzvgBwr4EX2m/OpF5w8Q0HL7v1H5H0mIGJbrjnklUPoBYrw30W3uk7yF0KE6sfMukafFx0S9rBOL0RykGDPwC0lH'
    'SNySkXDeM5XvDJ+dtHK+RDwhJR+azfrWAHGMtZcQ+YVamjWVmHxXM03j3GeCXgqae1upwHzkPL5OwojcQ5MQi3Kv/1xtwY0cRN/y'
    'eZTOsXfujtqhkJj/Vltby4lnW4SCj4LjWQF19BY6zhzF4yybBA8bhhtoNP/zx8QkhHAkIROkK2ZVgfocCAPvfQ+vSrsIBO+L5cmg'
    '6mzFn4g84lsHscgXnszIlzUrzx/4Tam0uwuS9J1gddZ0I0QUt9SJzfsoBCTU0OgNMUtXKS5HvgXe7abexMtFH5eulOsAuFZkQ5LY'
    'Ja/m4yHFInXzL/t3hjdTi2NmxUufvYzwIyffRTu5vS9vjscARD9lUQDHFQ/xgWe1i8EkRlrSfjlXt00+4//h2bcJKyTBT3IXwvKN'
    'suY29V9/vU3HkvWKZ99zpSlmcZRuBa1BHbyPEvc0NlqIIoKidxqUvOR64MzudHhAjgWFP+IXojfhS3Gj9OJhBL7s'
)
S1_SIGNATURE = (
    'jnks4dlrPw3ZX+ozVvSK39oa0t7OMBsg83BHAwd8BRdUFiVaQNTLTvci+wURgP1OQBbKYhFGvt7iqYpDSTQkp7Uq1sltaQKyncCy'
    'rA1g88m5bsKERQfPyT0ahSwKTYJ1CAn9QiJuSJRq1QsQs07eehbU/k9BCS51jTyc1Jpsi2H77HF9f/BnjXAOP3/sPObg6V5Ee4Ez'
    'wLox684hhuMuIwHo7D8KFk3LIHOKDcNI4It1aCXydFWNpNK+SG86VUDe5kwoDpw4Ulqfu9z8OFDGbDs9TCxEv8iqQzbpxOlEVoOe'
    '2kalSYM5kApQb3nZcxdUtoE0liJGW3RGUNE0t4v01A=='
)
S2_SIGNATURE = (
    'Lc9VXxmeonkdV8Xk9tmigQFLhl0vRWTerdmoRu01aAnYwIrD/5nsSwE1WlmZGLRlAFTNQ3QsMa0+VRDlJp1Wp5p0nO8EK68b5sJB'
    'bjouxaFciIfq1zfDWWz+jqhcMoKXI1A6dPm1AW7D4d30WsMTNzp6g23OXakIsh9LO3lUmwvTuE0BY8ncf6tNGk4wKmvXwERd/Zpo'
    'QY3MAVKz+Nakwc+2XBmzT66KcUehU5kr4IvGa/lEU5RZb/q00zP9VLdBhC/jQSX3X1UcJLCtEc4gTmib4tnmAT+bHF/e17ZAuxDN'
    'cx6rqT8gNEXqaJGG+1OflMSTU2tpyG65G4dMKdFcoA=='
)
S3_SIGNATURE = (
    'fv3S4LPmbBtWaIxm0d5t3+K9qHRj7jCq1XODjl6+qPgmRAItpPagxT42p/AaGWrKeHZ3QMv8sbAyRoykalbYQJyKOmb8p7J8QzNp'
    '3LS0kVB3WV9BgUgdIQFj5QtTdgomeLfv/Bp/ShGCxf+SAVT/g2WwGHrhxj6hFLBSBbvizHHxsZD7heOi4rV+AEZ+y5b1QbhYKLyl'
    'QIIA38andudUb+CMteAdnafpGSvMa8pDRcw+iKKVnf3LpS7lKOoK1VcaXf6FFvugU/vP6r1eG1nKJQfWL6VFlLuTpCI+qIHIiHge'
    'aYHC1hnlYbeVoBHQspyy+jIiXXek/8R315W00i28Zg=='
)
C1_SIGNATURE = (
    'mI35pfNEQV6777ke/1T+LJLQDNTm7yeoUJH+j/adPGhmCCi0PbgkvYQTRcXH0uibcLVtvFLdGLpmoYO9FV6lBBsTAjuhh5YOvQi0'
    'e2g3e0yytitiNET9FEuqM0pjnKfRW4K6LIZDdbWJv9KhZUx3DrJa5TL7OJ7VdADVivxVySIlPVKjGwuCXzuXSJes0UcILgWQUMyh'
    'a5/3nYofuHtS7r+KYyMuxD+oJ9VM1Qdxk4UIG59CP5Y3wtYIFybyF3bdu1caHTRRX+DLyMXyYA/IrTmiW01c4RPjpHBX5Dk1sZyY'
    '1zVsWNsvMHr2e1NTWtBxKJ+qk5N61J7caYoepHFaxw=='
)
C2_SIGNATURE = (
    'gXx9KhTP6IooKV1SuG3OCGlBIgZbKtubCZvnau6khw1iffvNT28IzLbKmztq2xA/RCNbZa1XOsoiuVmAEeTZQicWfhv4P+O4oBRI'
    'rx0X9f3cnWFkMBU9alTWs0nyQ1N9fcILOTe0f4kxOhVh+/Xhn5hOiUK7Sz3XA1mcpa3R2NCWf/e+0ow/RDf15iTymOHgDrEkT/ge'
    'dg/3E0iXfDX3mFicSZhrHESZDOTXcl9RzELREBUFznd/o2NQM99WcL86m23HY0cTy+QGWU4QDmNrbQ9ihmLW71qPb0Cx/d7EQvw/'
    'Kyx0A6s64ZQp3hHdcmiRcLnjVXrKCk7LShaCK+lS3Q=='
)
V1_SIGNATURE = (
    'mfI1CPqvBrgcXfgXMFjdNIhBf27ACE2YyeWsWV9ZI7T7RU0vHvbQpu9Z32ogzc+k8ZC5n3kz7h70eWKjgqNdKQF0eRp8mVKlmfzM'
    'LBVHbssB9jEZEDXThOX1XFqX7s7ymia1hoHQxQagPGzkdWxtlZPZ4ZPvr1RiqkgAu6Is8MZgXXrRoBKqjmSdrP1N7uxzJ/cjfSii'
    's9FiLjuADoqmQ1P7p2N876YPAol7Rn0+GswwAwxldbdLrmVSjfytfSBJFqTMHn4itojgxSWWN1byuckQt8hSTEv/Lg97QoeGniYP'
    '17T80pJeQyL3b+295FPHSO2AtvCgyIbKMZ0BALilAA=='
)
V2_SIGNATURE = (
    'tJHIiIS9eB2hAYstmAmbbD3ZE5LiIm/Ug5tuL4fC0YOFRWIHV39UFIZXC0e9Wl6lBu6sKvkqDkzpqzBsVHyXFlbYZTOQrVdG4b6L'
    'fTnK4mikv9++ixJMd3vTf2yCqvBkh98zs3Ds5zsYQakzbcwhmw4fMJs4nPLws28H0UW9FjDR//rxELLwXvV1VEA1IBLX70xptjL8'
    'hrfUjEE8kkry6yNJTHZRU8CAc7qHli2Ng1V1qb9ARbK8A3ThmFmPQvRGrapI/jS2laKKgYUmfdEdkNO6B2Cke5e8VTxY406ArAmQ'
    '90GAihDwIcb16TQMnzCMBoutnwZKNiKRACrFmtxw2Q=='
)
V3_SIGNATURE = (
    'JNHFnUD5u+qYYd4bNNn6VaNwjQoKZYlEXyzZg1OpxDF7DaZU1pIVp4iAuBeP7Z+44SHupcD6Q9BqekaThW6UPnl2Yv1cgA0MTkmC'
    'yt1/HbGIjFYvvywE4jQPByjGSIUl98S2Hk+LasV7TxHtxx2wo/q6zjFvsz621/eqyPLx8HKcOunDdN6gB/kdIRnYpINp75Krizzu'
    'NDAZVYM3di0yfYDDQx92OFj7ebNhKUkOu2nIjCvWaCJjXPs5sJ9f3olc0dLPfSUYyIpyA9t/6qCLwFTOUCNfoyvlHvblNgYIX+cb'
    'rYRPlsxDYoq/6i2+0ywVyOWwdfP2/789o8Auv0z0Bw=='
)
V4_SIGNATURE = (
    'XN6fcn0yQYveT5ylDDeLB3REVWlJYak48QP9/FViL41h8gkcu9T2yf9D0cQjtQYE2lcdQM2mE4P1tRghNJpt/DoBMB1TZ67og7uS'
    'PRmw6aqrnK/1WiahlFldYMI9HOZaUQxQ+9xYFi1UxwFMZyt/U9ZHvXV2+zwkV0jRv+hYTuTuOxfnPmdou4cLh8k4yAV4a4HPbbca'
    'CS99o2oSAL0eZXnty8Bql22h044kDTNX74MhB5Pm78yOlnhKGFU8VPUcZ7zhfHnoX3yqwggzCxOsKsxJjCOGWMkJg1xlfpDKgpe4'
    'qnOYbzO1Z1+9eB35RKIct6qbf5fKm6pDYut0mXRIgw=='
)
A3_PLAIN = (
    '{"mchid":"1234567890","appid":"054aa7d7a2a54ab5898df65bd96f001c","create_time":"2020-06-30T12:12:00+'
    '08:00","out_contract_code":"21640bdbd08e473e828f3206a2741c6e"}'
)
A4_PLAIN = (
    '{"mchid":"1900007291","appid":"wxd678efh567hg6787","out_trade_no":"T20200101-0001","transaction_id":'
    '"4200000000202001010000000001","trade_type":"NATIVE","trade_state":"SUCCESS","success_time":"2020-01'
    '-01T08:00:00+08:00","amount":{"total":100,"payer_total":90,"currency":"CNY","payer_currency":"CNY"}}'
)
X3_DATA = (
    'WBzGpzQuNpcFxIlFjUUD9CaAZ5cdrGjvr5YJJJ/9DdqNQXonUnjFThe6jdv6U1oCz6JufrGJRUlLGohZ1L98S8B1oU9ms4N8ydOl'
    'jqxb62glgkorIPK7v8Z99XaaElpG'
)
