"""The page's cryptography in Chromium: it judges as sealed does, and each opens what the other, or Debian's age, seals."""

import base64
import hashlib
import json
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyrage
import pytest
from playwright.sync_api import Page

from sealed import enrolment, keyfile, message, receipt, seal
from sealed.keys import Identity
from sealed.message import Doc, Judged, Verdict
from sealed.padding import BUCKETS
from tests.confidential import twin, vectors

VENDOR = twin.STATIC / "vendor"
# An older phone: WebCrypto is there, but knows no X25519, which it says as browsers do.
OLDER = """
const subtle = crypto.subtle, known = subtle.importKey.bind(subtle);
subtle.importKey = (format, key, algorithm, ...rest) => algorithm.name === "X25519"
  ? (window.refused = true, Promise.reject(new DOMException("Unrecognized name.", "NotSupportedError")))
  : known(format, key, algorithm, ...rest);
"""


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    with twin.served() as address:
        yield address


def ask(page: Page, call: str, *given: object) -> Any:  # whatever the module gives, as JSON
    """What a function of judge.js says."""
    return page.evaluate(f"async given => (await import('/judge.js')).{call}(...given)", list(given))


@pytest.mark.parametrize("older", [False, True], ids=["chromium", "no X25519 in WebCrypto"])
def test_the_page_judges_every_vector_as_sealed_does(
    address: str, new_page: Callable[..., Page], *, older: bool
) -> None:
    page = new_page()
    if older:
        page.add_init_script(OLDER)
    page.goto(address)
    answer = ask(page, "judge", json.loads(vectors.FILE.read_text(encoding="utf-8")))
    assert answer["unlike"] == []
    assert answer["asked"] > 150
    assert bool(page.evaluate("window.refused")) is older


def test_what_the_page_seals_has_the_size_of_sealeds_and_opens_everywhere(
    address: str, page: Page, tmp_path: Path
) -> None:
    page.goto(address)
    seven = [Identity.draw() for _ in range(7)]
    secret, doc = vectors.RECEIPT, {"desk": "own", "listVersion": 3, "from": "submitter", "seen": [], "text": "您好 😀"}
    key = tmp_path / "key"
    for many, submitter, data in ((2, None, 0), (7, None, 0), (7, secret.identity, 0), (2, None, 600_000)):
        readers, to = seven[:many], submitter.recipient if submitter else None
        file = base64.b64decode(
            ask(page, "sealed", secret.secret.hex(), doc, [one.recipient for one in readers], to, data)
        )
        bucket = BUCKETS[1] if data else BUCKETS[0]
        assert len(file) == seal.SIZES[bucket]
        assert seal.well_formed(file)
        for one in [*readers, *([submitter] if submitter else [])]:
            signed = message.parse(seal.open_with(one, file))
            assert signed.valid
            assert (signed.doc.text, sum(len(part.data) for part in signed.doc.files)) == ("您好 😀", data)
        key.write_text(readers[-1].text, encoding="utf-8")
        assert opened_by_age(key, file) == seal.open_with(readers[0], file)
        if not submitter:
            assert message.opened(secret.identity, [file])[0].plain is None  # the receipt does not open the accusation
    by_python = message.write(message.parse(seal.open_with(seven[0], file)).doc, secret.signing)
    assert by_python == seal.open_with(seven[0], file)  # to the byte
    handed = base64.b64decode(ask(page, "handedOn", "原样转送", [seven[0].recipient]))
    key.write_text(seven[0].text, encoding="utf-8")
    assert opened_by_age(key, handed).decode() == "原样转送"


def test_the_page_opens_what_debians_age_pyrage_and_sealed_have_sealed(address: str, page: Page) -> None:
    page.goto(address)
    reader = Identity.draw()
    plain = "由别的工具加密。".encode()
    recipient = pyrage.x25519.Recipient.from_str(reader.recipient)
    files = [
        subprocess.run(["age", "-r", reader.recipient], input=plain, check=True, capture_output=True).stdout,
        pyrage.encrypt(plain, [recipient]),
        seal.age_file(plain, [Identity.draw().recipient, reader.recipient]),
    ]
    for file in files:
        assert ask(page, "opened", reader.text, base64.b64encode(file).decode()) == plain.decode()


def test_a_key_file_of_the_page_opens_here_and_the_draws_are_read(address: str, page: Page) -> None:
    page.goto(address)
    words = ask(page, "passphrases", 3)
    handler = Identity.draw()
    file = base64.b64decode(ask(page, "keyFile", handler.text, words[0]))
    assert keyfile.open_identity(file, words[0], handler.recipient) == handler
    assert b" 15\n" in file[:100]
    assert len({keyfile.passphrase(one) for one in words}) == 3
    asked = enrolment.read(ask(page, "enrolled", handler.text, "own", "纪检委员").encode())
    assert (asked.desk, asked.handler.role, asked.handler.recipient) == ("own", "纪检委员", handler.recipient)
    for text, lookup in ask(page, "receipts", 20):
        assert receipt.read(text).lookup == lookup


def test_a_case_made_to_be_slow_is_put_in_order_at_once(address: str, page: Page) -> None:
    page.goto(address)
    first, last, took = ask(page, "ordered", 800)
    assert (first, last) == (0, 799)
    assert took < 5000  # milliseconds; looked through once a message it takes half a minute
    ids = [f"{number:064}" for number in range(800)]
    docs = [Doc("", "own", 1, message.SUBMITTER, tuple(ids[:number]), "") for number in range(800)]
    judged = [Judged(one, Verdict.AUTHENTIC, doc) for one, doc in zip(ids, docs, strict=True)]
    start = time.process_time()
    assert message.in_order(judged[::-1]) == judged
    assert time.process_time() - start < 5  # seconds
    ring = [replace(judged[0], doc=docs[799]), *judged[1:]]  # by a handover that lies
    assert sorted(one.id for one in message.in_order(ring)) == ids


def test_the_vendored_bundle_is_the_one_in_its_manifest() -> None:
    manifest = json.loads((VENDOR / "manifest.json").read_text(encoding="utf-8"))
    bundled = (VENDOR / manifest["file"]).read_bytes()
    assert base64.b64encode(hashlib.sha384(bundled).digest()).decode() == manifest["sha384"]
    text = bundled.decode("ascii")
    assert not any(
        word in text for word in ("eval(", "new Function", "WebAssembly", "innerHTML", "document.", "fetch(")
    )
    asked = json.loads((twin.STATIC.parent / "vendored" / "package.json").read_text(encoding="utf-8"))["dependencies"]
    held = {one["name"]: one["version"] for one in manifest["packages"]}
    assert asked.items() <= held.items()
    licences = (VENDOR / "LICENSES.txt").read_text(encoding="utf-8")
    assert all(f"{one['name']} {one['version']}\n" in licences and one["licence"] for one in manifest["packages"])


def opened_by_age(key: Path, file: bytes) -> bytes:
    return subprocess.run(["age", "-d", "-i", key], input=file, check=True, capture_output=True).stdout
