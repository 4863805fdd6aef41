# Part of payment_cn_wallets. License LGPL-3.
"""Signing and verifying: our gateways beside other SDKs, and beside nothing but the cryptography.

``comparison``  measures implementations side by side
``edge``        stands in for the network
``material``    keys, certificates, and signatures made with bare ``cryptography``
``report``      table, JSON and the block in docs/benchmarks.md
and a module for the rows of each gateway.

Nothing leaves the machine. Ours is the real path: ``gateway.order(...)`` down to the call of the transport, and from
the answer of the transport on up. What is signed in the place of the gateways is signed with bare ``cryptography``, and
every implementation shows before the first round that it works: one that refuses quickly would win otherwise.
"""
