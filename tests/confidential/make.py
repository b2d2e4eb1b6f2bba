"""Makes what is kept but derived: `python -m tests.confidential.make` writes the sounds, the page's words, the vectors.

Tests make all of it again and compare, so nothing of it can be changed by hand.
"""

import json
from pathlib import Path

from pypinyin import Style, pinyin

from sealed import wordlist
from tests.confidential import vectors

ROOT = Path(__file__).resolve().parents[2]
PAGE_WORDS = ROOT / "confidential" / "static" / "words.js"


def sounds() -> str:
    """sealed/words/sounds.txt: the characters of the list and of GB 2312 by syllable and tone."""
    rows: dict[str, list[str]] = {}
    for character in wordlist.every():
        rows.setdefault(_sound(character), ["", ""])[0] += character
    for character in _gb2312():
        if character not in wordlist.places() and (sound := _sound(character)) in rows:
            rows[sound][1] += character
    return "".join(f"{sound} {ours} |{others}\n" for sound, (ours, others) in sorted(rows.items()))


def page_words() -> str:
    """confidential/static/words.js: both lists for the page."""
    return (
        "// Made by tests/confidential/make.py from sealed/words/: the characters in their order, and what sounds alike.\n"
        f'export const WORDS =\n  "{"".join(wordlist.every())}";\n\n'
        f"export const SOUNDS = `\n{wordlist.SOUNDS.read_text(encoding='utf-8')}`;\n"
    )


def _sound(character: str) -> str:
    return pinyin(character, style=Style.TONE3, neutral_tone_with_five=True)[0][0]


def _gb2312() -> list[str]:
    """The 6763 characters in their order."""
    codes = (bytes([row, cell]) for row in range(0xB0, 0xF8) for cell in range(0xA1, 0xFF))
    return [code.decode("gb2312") for code in codes if not b"\xd7\xf9" < code < b"\xd8"]


if __name__ == "__main__":
    wordlist.SOUNDS.write_text(sounds(), encoding="utf-8")
    PAGE_WORDS.write_text(page_words(), encoding="utf-8")
    vectors.FILE.write_text(json.dumps(vectors.all_of_them(), ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
