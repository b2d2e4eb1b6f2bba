"""The desk over HTTP: files of its two pages, and an API of ciphertexts that asks for no login, no cookie, no query.

**Shapes** as in sealed/: `id`, `lookup`, `challenge` and `nonce` are 64 lower-case hex digits, `submitter_key` and every
`sig` base64url without padding, a `recipient` age's own `age1…`, a `week` an ISO date (a Monday). A *bundle* (application/octet-stream) is: 4 bytes,
big-endian, the length of a JSON head; the head; then ciphertexts without anything between, in the order and of the
sizes the head's `messages: [{"id", "size"}]` says. Requests that are no bundle are JSON (application/json).
Answers hold nothing that depends on another desk, and list by id, by lookup, or by name. Every path is a POST but the
files and the GETs below; nothing is ever in a path or a query. Send no cookie (`credentials: 'omit'`): 400.

**Errors** are `{"code", "message"}`, the message a Chinese sentence to show (texts/confidential.py):
400 malformed, cookie · 401 signature (or the hour has turned: take a new challenge), unknown_login (log in again),
wrong_code · 404 no_case, no_file · 409 case_exists, not_on_list · 411 length · 413 too_large, case_full ·
422 wrong_size · 428 stamp (with `challenge`, `bits`: work again and send the same body) · 503 closed (this desk has
no two handlers, or the list has run out), full, unavailable (a part of the desk is away), busy (try again).

**Files**
| GET | gives |
|---|---|
| /report/ | static/report.html |
| /report/handler/ | static/handler.html |
| /report/files/NAME | a file below confidential/static (js, css, txt, json, svg); address modules and styles by it |
| /report/list | the signed list file's exact bytes, earlier lists in it; 503 closed when there is none |
| /report/challenge | `{"challenge", "bits", "open": ["own", "upper"], "today", "root", "upper": {name, telephone, address}, "branch"}` |

`challenge` is the hour's, HMAC(server key, hour); it is good for this hour and the next. `root` is the root's public
key as this server was told it (the page trusts its own copy alone); `today` is the server's day for a phone whose
clock is wrong; `open` the desks that take cases now.

**Submitter** (request headers `Report-Challenge`, and `Report-Stamp` or `Report-Signature`, where marked)
| POST | takes | gives |
|---|---|---|
| /report/case/submit (stamp) | bundle, head `{lookup, submitter_key, submitter_recipient, desk, messages}` | `{"ids"}` |
| /report/case/ids | `{lookup}` | `{lookup, submitter_key, submitter_recipient, desk, week, messages: [{id, size}]}` |
| /report/case/messages | `{lookup, ids}` | bundle, head `{messages}`: those of the ids that are there, by id |
| /report/case/add (signature, verb `add`) | bundle, head `{lookup, messages}` | `{"ids"}` |
| /report/case/withdraw (signature, verb `withdraw`) | `{lookup}` | `{}`; the case is gone, sending it again: 404 no_case |

submit: all messages or none, in one transaction. The same case again is harmless: what is there is left, 200; a
lookup that is there with other keys or another desk is 409. What has arrived the page asks of /report/case/ids
(404 no_case: nothing has). A page that is not sure keeps its sealed
bytes and sends them again: sealed anew they are other messages (409 case_exists). The stamp: `sealed.work` over SHA-256(body) and the challenge, of `bits` bits.
The signature: `sealed.requests`, `writing(verb, lookup, body, challenge)` with the request's whole body, by
the submitter's key.
A message is exactly 17,270, 1,049,702 or 4,196,198 bytes (16 KiB, 1 MiB, 4 MiB sealed to 8); a case at most 8 MiB of
the unsealed sizes. A handler's answers may go 4 MiB beyond. Adding to a closed case opens it again.

**Handler**
| POST | takes | gives |
|---|---|---|
| /report/handler/enrol | `{handler, key_file, totp, recovery: [2 sha256], nonce, sig}` | `{}` |
| /report/handler/key | `{handler, code}`: six digits, or a recovery code | `{"key_file"}` |
| /report/handler/nonce | `{}` | `{"nonce"}`, good once, for 5 minutes |
| /report/handler/login | `{handler, list_version, nonce, sig}` | `{"token", "desk", "minutes"}` |
| /report/handler/logout (token) | `{}` | `{}` |
| /report/handler/cases (token) | `{}` | `{"desk", "today", "cases": [{lookup, submitter_key, submitter_recipient, desk, week, purge_week or null, messages}]}` |
| /report/handler/messages (token) | `{ids}`, at most 500 | bundle, head `{messages: [{id, size, lookup}]}` |
| /report/handler/export (token) | `{lookup}` | bundle, head: the case as in /cases; all its ciphertexts |
| /report/handler/answer (token, signature, verb `answer`) | bundle, head `{lookup, messages}` | `{"ids"}` |
| /report/handler/close (token) | `{challenge, cases: [{lookup, sig}]}`, at most 500 | `{"closed": [lookup]}`, all or none |

A token goes in `Authorization: Bearer TOKEN`, lives 30 minutes after its last use, in the desk's Redis only.
`handler` is the id on the list. enrol comes when the list with the handler is out: the page opens the key file,
makes the TOTP secret (base32, 20 bytes, 6 digits, 30 s, SHA-1) and has one code typed back; `recovery` are SHA-256 of
two recovery codes in hex (over the code's UTF-8, upper case without blanks or dashes); key_file is age's text
(armored) or base64, at most 4,096 characters. Enrolling again replaces. `sig` of enrol and login is the handler's
Ed25519 over `sealed.requests.enrol` and `sealed.requests.login` (origin as `location.origin`).
The signature of close is per case: `sealed.requests`, verb `close`, that lookup, SHA-256 of nothing, the challenge;
closing again is harmless. A case of the other desk is 404 no_case, exactly as one that never was.
"""
