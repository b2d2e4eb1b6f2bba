"""The 2048 characters receipts and passphrases are made of (BIP 39, simplified Chinese), and what sounds like them.

words/ holds the list whole, its licence, and sounds.txt: a line a syllable with its tone, the list's characters that
are read so, a bar, and the other characters of GB 2312 read so (made once with pypinyin, see docs/decisions/0040).
"""

import unicodedata
from functools import cache
from pathlib import Path

FOLDER = Path(__file__).parent / "words"
WORDS = FOLDER / "chinese_simplified.txt"
SOUNDS = FOLDER / "sounds.txt"
SHA256 = "5c5942792bd8340cb8b27cd592f1015edf56a8c5b26276ee18a482428e7c5726"
BITS = 11  # a character carries


@cache
def every() -> tuple[str, ...]:
    """The list in its order; the place is the number."""
    return tuple(WORDS.read_text(encoding="utf-8").split())


@cache
def places() -> dict[str, int]:
    """Character -> number."""
    return {character: place for place, character in enumerate(every())}


def characters(number: int, count: int) -> str:
    """A number of count x 11 bits as characters, the highest bits first."""
    return "".join(every()[number >> BITS * place & 2047] for place in reversed(range(count)))


def number(text: str) -> int:
    """The number of such characters; raises KeyError on one that is not in the list."""
    value = 0
    for character in text:
        value = value << BITS | places()[character]
    return value


def grouped(text: str) -> str:
    """In groups of 4 with a blank between."""
    return " ".join(text[place : place + 4] for place in range(0, len(text), 4))


def bare(text: str) -> str:
    """What was typed without blanks, punctuation and signs, full-width and compatibility forms made plain."""
    plain = unicodedata.normalize("NFKC", text)
    return "".join(one for one in plain if unicodedata.category(one)[0] not in "ZPCS")


@cache
def _heard() -> dict[str, dict[str, str]]:
    """Of both kinds, with the tone and without: character -> all characters of the list that sound so."""
    table: dict[str, dict[str, set[str]]] = {"tone": {}, "syllable": {}}
    listed: dict[str, str] = {}
    rows = [line.split(" ") for line in SOUNDS.read_text(encoding="utf-8").splitlines()]
    for sound, ours, _ in rows:
        listed[sound] = ours
        listed[sound[:-1]] = listed.get(sound[:-1], "") + ours
    for sound, ours, others in rows:
        for one in ours + others.strip("|"):
            table["tone"].setdefault(one, set()).update(listed[sound])
            table["syllable"].setdefault(one, set()).update(listed[sound[:-1]])
    order = places()
    return {
        kind: {one: "".join(sorted(same, key=order.__getitem__)) for one, same in rows_of.items()}
        for kind, rows_of in table.items()
    }


def alike(character: str, *, tone: bool) -> str:
    """Characters of the list that sound like this one, itself left out; with `tone`, only of the same tone."""
    return _heard()["tone" if tone else "syllable"].get(character, "").replace(character, "")
