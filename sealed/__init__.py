"""Cryptography of the confidential desk: receipts, sealed messages, handler lists. No database, no web, no wording.

What others use, by module (the page's twins in confidential/static/ bear the same names):

receipt      Receipt: 12 characters <-> 16 bytes; its identity, signing key and `lookup`; `read` forgives
keys         Identity (age X25519), SigningKey (Ed25519), `verify`, `fingerprint`, base64url without padding
keyfile      passphrases of 8 characters; key files (age passphrase files, logN 15) made, checked, opened
handlerlist  HandlerList, Desk, Handler; signed by the root; `current` refuses what may not be used
enrolment    the file by which a handler asks to be put on the list
message      Doc <-> padded plaintext, signed; `check` judges a whole case, every rule with a Verdict of its own
seal         `seal` (8 stanzas, shuffled, one size a bucket), `open_with`, `message_id`, `age_file` for exports
padding      16 KiB, 1 MiB, 4 MiB
requests     the bytes signed by a follow-up, a withdrawal, an answer, a close, a log-in
work         hashcash: challenge of the hour, stamp, check
errors       the tree of what is refused, with facts

Forms on the wire: lookup and message ids are 64 lower-case hex digits (SHA-256), verify keys and signatures base64url
without padding (43 and 86 characters), recipients and identities age's own bech32, documents exact UTF-8 strings.
"""
