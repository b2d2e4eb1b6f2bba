"""Turns what is right into what is nearly right: bytes, texts and fields, the same at every run of one seed."""

import random
from collections.abc import Callable, Sequence

LONGEST = 70_000  # bytes; a little more than the largest callback body
TEXTS: Sequence[str] = (
    "", " ", "\x00", "\x1f", "\ufeff", "\u202e倒", "\u200b", "\ud800", "\udfff\ud83d", "\uffff", "\U0010ffff", "😀👨‍👩‍👧",
    "]]>", "]]>]]>", "<![CDATA[", "<b>", "</xml>", "&lt;", "&#0;", "&#xD800;", "&x;", "<!DOCTYPE x [<!ENTITY x 'y'>]>",
    "'", '"', "\\", "\\u0000", "%00", "%n%s", "../../etc/passwd", "${HOME}", "{{7*7}}", "=1+1", "@SUM(A1)", "1;DROP TABLE member",
    "0", "-1", "1" * 400, "9" * 5000, "1e999", "nan", "inf", "-inf", "0x10", "1_000", "１２３４５６", "٣٤٥٦٧٨", "²³", "一二三四五六", "〇" * 6,
    "签到" * 2000, "a" * 9000, " " * 3000, "1 " * 1500, "é" * 2000, "\u0301" * 500, "ﷺ" * 3000, "\r\n", "\n" * 50,
    "9007199254740993", "2147483648", "-9223372036854775809", "253402300800", "99999999999", "true", "null", "[]", "{}",
)  # fmt: skip
BYTES: Sequence[bytes] = (
    b"\x00", b"\xff", b"\xfe\xff", b"\xff\xfe", b"\xef\xbb\xbf", b"\xc0\xaf", b"\xed\xa0\x80", b"\xf4\x90\x80\x80", b"\x80", b"\xe2\x82",
    b"<?xml version='1.0' encoding='utf-16'?>", b"<?xml version='1.0' encoding='gb18030'?>", b"<!DOCTYPE a>", b"<![CDATA[", b"]]>",
    b"<!ENTITY a SYSTEM 'file:///etc/passwd'>", b"&a;", b"<!--", b"-->", b"<?", b"?>", b"<a " + b"b='c' " * 40, b"<a>" * 40,
    b"[" * 60, b"{" * 60, b'{"a":' * 40, b'"\\ud800"', b"NaN", b"Infinity", b"1e999", b"-", b'"', b"'", b"\\", b",", b";", b"\t", b"\r\n",
    b"A" * 64, b"9" * 320, b"=", b"{", b"}", b"~", b"//", b"PK\x03\x04", b"%PDF-", b"\x1f\x8b", b"*a", b"&a", b"!!python/object", b"\\UFFFFFFFF",
)  # fmt: skip


def havoc(chance: random.Random, raw: bytes, others: Sequence[bytes] = ()) -> bytes:
    """The bytes with one to six accidents; `others` may lend a piece."""
    out = bytearray(raw)
    for _ in range(1 << chance.randrange(3) | chance.randrange(3)):
        _ACCIDENTS[chance.randrange(len(_ACCIDENTS))](chance, out, others)
    return bytes(out[:LONGEST])


def text(chance: random.Random, said: str) -> str:
    """The text with one accident, or another text altogether."""
    strange = chance.choice(TEXTS)
    match chance.randrange(6):
        case 0 | 1:
            return strange
        case 2:
            place = chance.randint(0, len(said))
            return said[:place] + strange + said[place:]
        case 3:
            return said[chance.randint(0, len(said)) :]
        case 4:
            return said + said
        case _:
            place = chance.randrange(len(said) or 1)
            return (
                said[:place]
                + chr(chance.choice((chance.randrange(128), chance.randrange(0x110000))))
                + said[place + 1 :]
            )


def _flip(chance: random.Random, out: bytearray, _others: Sequence[bytes]) -> None:
    if out:
        out[chance.randrange(len(out))] ^= 1 << chance.randrange(8)


def _set(chance: random.Random, out: bytearray, _others: Sequence[bytes]) -> None:
    if out:
        out[chance.randrange(len(out))] = chance.randrange(256)


def _insert(chance: random.Random, out: bytearray, _others: Sequence[bytes]) -> None:
    place = chance.randint(0, len(out))
    out[place:place] = chance.choice(BYTES)


def _insert_text(chance: random.Random, out: bytearray, _others: Sequence[bytes]) -> None:
    place = chance.randint(0, len(out))
    out[place:place] = chance.choice(TEXTS).encode("utf-8", "surrogatepass")


def _drop(chance: random.Random, out: bytearray, _others: Sequence[bytes]) -> None:
    start = chance.randint(0, len(out))
    del out[start : start + chance.randrange(1, 32)]


def _cut(chance: random.Random, out: bytearray, _others: Sequence[bytes]) -> None:
    del out[chance.randint(0, len(out)) :]


def _double(chance: random.Random, out: bytearray, _others: Sequence[bytes]) -> None:
    start = chance.randint(0, len(out))
    out[start:start] = out[start : start + chance.randrange(1, 64)] * chance.choice((1, 1, 2, 50))


def _borrow(chance: random.Random, out: bytearray, others: Sequence[bytes]) -> None:
    if others:
        other = chance.choice(others)
        start, place = chance.randint(0, len(other)), chance.randint(0, len(out))
        out[place : place + chance.randrange(16)] = other[start : start + chance.randrange(1, 256)]


_ACCIDENTS: Sequence[Callable[[random.Random, bytearray, Sequence[bytes]], None]] = (
    _flip, _set, _insert, _insert, _insert_text, _drop, _cut, _double, _borrow,
)  # fmt: skip
