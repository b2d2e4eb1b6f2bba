"""Sealed against the vectors, against Debian's age, and against itself: what the desk's promise rests on."""

import base64
import hashlib
import json
import os
import subprocess
from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path
from typing import TypeVar

import pyrage
import pytest
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from hypothesis import given, settings
from hypothesis import strategies as st

from sealed import handlerlist, keyfile, keys, message, receipt, requests, seal, wordlist, work
from sealed.errors import NotOpened, SealedFault, TooLong
from sealed.keys import Identity, SigningKey
from sealed.message import Attachment, Case, Doc, Served
from sealed.padding import BUCKETS
from sealed.receipt import Receipt
from tests.confidential import make, vectors
from tests.confidential.vectors import Vector

T = TypeVar("T")
KEPT: Vector = json.loads(vectors.FILE.read_text(encoding="utf-8"))
HISTORY = handlerlist.history(vectors.LISTS[3], vectors.ROOT.verify_key)


def outcome(work: Callable[[], T]) -> T | str:
    """What came of it, or the name of the fault."""
    try:
        return work()
    except SealedFault as fault:
        return type(fault).__name__


def of(kind: str) -> Sequence[object]:
    """The vectors of a kind as parameters, each under its name."""
    return [pytest.param(one, id=one.get("name", str(place))) for place, one in enumerate(KEPT[kind])]


def test_what_is_derived_is_as_it_would_be_made_today() -> None:
    assert wordlist.SOUNDS.read_text(encoding="utf-8") == make.sounds()
    assert make.PAGE_WORDS.read_text(encoding="utf-8") == make.page_words()
    assert make.NOTES_PAGE.read_text(encoding="utf-8") == make.notes()
    assert vectors.all_of_them() == KEPT


def test_the_word_list_is_the_one_that_was_vendored() -> None:
    assert hashlib.sha256(wordlist.WORDS.read_bytes()).hexdigest() == wordlist.SHA256
    assert len(set(wordlist.every())) == 2048


@pytest.mark.parametrize("vector", of("readings"))
def test_a_receipt_is_read_as_people_type_it(vector: Vector) -> None:
    assert outcome(lambda: bytes.hex(receipt.read(vector["typed"]).secret)) == (vector["secret"] or vector["fault"])


@settings(max_examples=40)
@given(st.binary(min_size=16, max_size=16))
def test_every_receipt_is_read_back(secret: bytes) -> None:
    drawn = Receipt(secret)
    assert receipt.read(drawn.text) == drawn
    assert [len(group) for group in drawn.text.split()] == [4, 4, 4]


@pytest.mark.parametrize("vector", of("lists"))
def test_a_list_is_used_or_refused(vector: Vector) -> None:
    file, root = base64.b64decode(vector["file"]), keys.of_text(vector["root"], 32)
    day = date.fromisoformat(vector["today"])
    used = outcome(lambda: handlerlist.current(file, root, day, vector["floor"], vector["seen"]).version)
    assert used == (vector["version"] or vector["fault"])


def test_a_list_carries_its_predecessors_and_a_changed_one_is_left_out() -> None:
    assert sorted(HISTORY) == [1, 2, 3]
    changed = json.loads(vectors.LISTS[3])
    changed["earlier"][0]["doc"] = changed["earlier"][0]["doc"].replace("承办人own-1", "承办人own-9")
    assert sorted(handlerlist.history(json.dumps(changed).encode(), vectors.ROOT.verify_key)) == [1, 3]


def test_a_desk_below_two_is_closed() -> None:
    alone = vectors.listed(1, "own-1")
    with pytest.raises(SealedFault):
        alone.recipients("own")
    with pytest.raises(SealedFault):
        alone.recipients("third")
    assert len(alone.recipients("upper")) == 2


@pytest.mark.parametrize("vector", of("cases"))
def test_a_case_is_judged(vector: Vector) -> None:
    assert outcome(lambda: judged(vector)) == vector.get("thread", vector.get("fault"))


def judged(vector: Vector) -> Vector:
    """What `check` says of a case, in the shape of the vectors."""
    matter = vector["matter"]
    case = Case(matter["lookup"], keys.of_text(matter["key"], 32), matter["recipient"], matter["desk"])
    served = [Served(one["id"], one["plain"] and one["plain"].encode()) for one in vector["served"]]
    thread = message.check(case, served, HISTORY, vector["known"])
    return {
        "messages": [[one.id, one.verdict.value, one.handed_over] for one in thread.messages],
        "missing": list(thread.missing),
        "state": thread.state,
        "answer_saw": thread.answer_saw,
        "whole": thread.whole,
    }


@pytest.mark.parametrize("vector", of("sealed"))
def test_a_sealed_file_opens_to_those_it_is_for(vector: Vector) -> None:
    file = base64.b64decode(vector["file"])
    assert seal.message_id(file) == vector["id"]
    for one in vector["opens"]:
        opened = seal.open_with(Identity.of_text(one), file)
        assert opened == vector["plain"].encode().ljust(vector["bucket"])
    for one in vector["closed"]:
        with pytest.raises(NotOpened):
            seal.open_with(Identity.of_text(one), file)


@pytest.mark.parametrize("vector", of("key_files"))
def test_a_key_file_opens_or_says_why_not(vector: Vector) -> None:
    file = base64.b64decode(vector["file"])
    opened = outcome(lambda: keyfile.open_identity(file, vector["passphrase"], vector["recipient"]).text)
    assert opened == (vector["fault"] or vector["identity"])


def test_requests_are_good_for_what_was_signed_and_nothing_else() -> None:
    secret, challenge = vectors.RECEIPT, bytes(32)
    made = keys.to_text(secret.signing.sign(requests.writing(requests.Verb.ADD, secret.lookup, b"body", challenge)))

    def good(verb: requests.Verb, lookup: str, body: bytes, given: bytes, key: SigningKey = secret.signing) -> bool:
        return requests.may_write(key.verify_key, made, verb, lookup, body, given)

    add = requests.Verb.ADD
    assert good(add, secret.lookup, b"body", challenge)
    assert not good(requests.Verb.WITHDRAW, secret.lookup, b"body", challenge)
    assert not good(add, vectors.OTHER.lookup, b"body", challenge)
    assert not good(add, secret.lookup, b"other", challenge)
    assert not good(add, secret.lookup, b"body", bytes(31) + b"\1")
    assert not good(add, secret.lookup, b"body", challenge, vectors.OTHER.signing)
    assert not requests.good(secret.signing.verify_key, "short", b"")


def test_a_stamp_is_good_for_its_body_and_hour() -> None:
    hour = work.challenge(b"key", 500_000)
    assert hour in work.challenges(b"key", 500_001)
    assert hour not in work.challenges(b"key", 500_002)
    made = work.stamp(b"body", hour, 10)
    assert work.good(b"body", hour, made, 10)
    assert not work.good(b"other", hour, made, 30)
    assert not work.good(b"body", hour, made.upper() + "0", 10)
    assert not work.good(b"body", hour, "g" * 16, 0)


def test_sealed_files_are_of_one_size_whoever_and_how_many_read_them() -> None:
    """Equal for lists of 2 and of 7 handlers, with and without the submitter, whatever was written."""
    seven = [Identity.draw().recipient for _ in range(7)]
    to = Identity.draw().recipient
    for bucket, times in zip(BUCKETS, (8, 2, 1), strict=True):
        plain = bytes(bucket)
        files = [seal.seal(plain, seven[:many], one) for many in (2, 7) for one in (None, to) for _ in range(times)]
        assert {len(file) for file in files} == {seal.SIZES[bucket]}
        assert all(seal.well_formed(file) and file.count(b"-> X25519 ") == seal.STANZAS for file in files)


def test_the_readers_places_tell_nothing() -> None:
    """Where a handler's stanza stands is drawn anew each time: every place comes up, none much more often."""
    handler, other = Identity.draw(), Identity.draw()
    places = [0] * seal.STANZAS
    for number in range(200):
        file = seal.seal(bytes(BUCKETS[0]), [handler.recipient, other.recipient], None, vectors.Dice(f"place {number}"))
        places[place_of(handler, file)] += 1
    assert max(places) < 50  # 25 on the average, a deviation is 5
    assert min(places) > 5


def place_of(identity: Identity, file: bytes) -> int:
    """Which stanza the identity opens."""
    lines = file[: 22 + 98 * seal.STANZAS].split(b"\n")
    for place in range(seal.STANZAS):
        share, body = lines[1 + 2 * place].split()[2], lines[2 + 2 * place]
        shared = X25519PrivateKey.from_private_bytes(identity.scalar).exchange(
            X25519PublicKey.from_public_bytes(unpadded(share))
        )
        key = keys.derive(shared, unpadded(share) + identity.public, b"age-encryption.org/v1/X25519")
        try:
            ChaCha20Poly1305(key).decrypt(bytes(12), unpadded(body), None)
        except InvalidTag:
            continue
        return place
    raise AssertionError


def unpadded(text: bytes) -> bytes:
    return base64.b64decode(text + b"=")


@settings(max_examples=40)
@given(st.text(max_size=300), st.text(max_size=20), st.binary(max_size=50))
def test_whatever_is_written_is_read(text: str, name: str, data: bytes) -> None:
    doc = Doc(vectors.RECEIPT.lookup, "own", 1, "submitter", (), text, None, (Attachment(name, "image/jpeg", data),))
    plain = message.write(doc, vectors.RECEIPT.signing)
    assert len(plain) == BUCKETS[0]
    assert message.parse(plain).valid
    assert message.parse(plain).doc == doc


def test_half_a_character_becomes_a_sign_and_what_is_too_long_is_refused() -> None:
    doc = Doc(vectors.RECEIPT.lookup, "own", 1, "submitter", (), "a\ud83db")
    assert message.parse(message.write(doc, vectors.RECEIPT.signing)).doc.text == "a\ufffdb"
    long = Doc(vectors.RECEIPT.lookup, "own", 1, "submitter", (), "", None, (Attachment("a", "b", bytes(4 << 20)),))
    with pytest.raises(TooLong):
        message.write(long, vectors.RECEIPT.signing)


def test_one_changed_byte_is_noticed() -> None:
    reader = Identity.draw()
    file = seal.seal(message.write(Doc("0" * 64, "own", 1, "submitter", (), "文"), SigningKey.draw()),
                     [reader.recipient, Identity.draw().recipient], None)  # fmt: skip
    for place in (0, 30, 200, 830, 850, 860, 900, len(file) - 1):
        changed = bytearray(file)
        changed[place] ^= 1
        with pytest.raises(NotOpened):
            seal.open_with(reader, bytes(changed))
    with pytest.raises(NotOpened):
        seal.open_with(reader, file[:-1])


@pytest.mark.parametrize("size", [0, 1, seal.CHUNK, seal.CHUNK + 1, 3 * seal.CHUNK])
def test_pyrage_opens_what_we_seal_of_any_length(size: int) -> None:
    reader = Identity.draw()
    plain = os.urandom(size)
    file = seal.age_file(plain, [Identity.draw().recipient, reader.recipient])
    assert pyrage.decrypt(file, [pyrage.x25519.Identity.from_str(reader.text)]) == plain


def test_debians_age_and_ours_open_each_others_files(tmp_path: Path) -> None:
    reader, other = Identity.draw(), Identity.draw()
    key = tmp_path / "key"
    key.write_text(f"# 承办人\n{reader.text}\n", encoding="utf-8")
    plain = message.write(Doc("0" * 64, "own", 1, "submitter", (), "您好"), SigningKey.draw())
    for file in (seal.seal(plain, [other.recipient, reader.recipient], None), seal.age_file(plain, [reader.recipient])):
        opened = subprocess.run(["age", "-d", "-i", key], input=file, check=True, capture_output=True).stdout
        assert opened == plain
        assert json.loads(opened)["doc"]  # what it opens is plain JSON, for whoever has nothing but age and an editor
    theirs = subprocess.run(["age", "-r", reader.recipient], input=plain, check=True, capture_output=True).stdout
    assert seal.open_with(reader, theirs) == plain
    named = subprocess.run(["age-keygen", "-y", key], check=True, capture_output=True, text=True).stdout
    assert named.strip() == reader.recipient


def test_debians_age_opens_a_key_file_with_the_passphrase(tmp_path: Path) -> None:
    held = tmp_path / "handler.age"
    words = keyfile.draw_passphrase()
    held.write_bytes(keyfile.make(vectors.PEOPLE["own-1"].text, words))
    keyfile.check(held.read_bytes())
    terminal = ["script", "-qec", f"age -d {held}", "/dev/null"]  # age takes a passphrase from a terminal alone
    said = subprocess.run(terminal, input=f"{keyfile.passphrase(words)}\n", check=True, capture_output=True, text=True)
    assert vectors.PEOPLE["own-1"].text in said.stdout


def test_no_secret_is_in_what_python_prints_of_one() -> None:
    secret = vectors.RECEIPT
    doc = Doc(secret.lookup, "own", 1, "submitter", (), "机密的话", None, (Attachment("a", "b", b"inside"),))
    for one in (secret, secret.identity, secret.signing, doc, message.parse(message.write(doc, secret.signing))):
        shown = repr(one)
        assert not any(
            word in shown for word in ("机密", "inside", secret.text, secret.identity.text, repr(secret.secret))
        )
