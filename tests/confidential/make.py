"""Makes what is kept but derived: `python -m tests.confidential.make` writes sounds, the page's words, notes, vectors.

Tests make all of it again and compare, so nothing of it can be changed by hand.
"""

import html
import json
import re
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path

from pypinyin import Style, pinyin

from sealed import wordlist
from tests.confidential import vectors

ROOT = Path(__file__).resolve().parents[2]
PAGE_WORDS = ROOT / "confidential" / "static" / "words.js"
NOTES, NOTES_PAGE = ROOT / "docs" / "保密说明.md", ROOT / "confidential" / "static" / "notes.html"


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


def notes() -> str:
    """confidential/static/notes.html: docs/保密说明.md as a page beside the others, of the few forms that it uses."""
    parts = [part for block in NOTES.read_text(encoding="utf-8").strip().split("\n\n") for part in _block(block)]
    body = "\n".join(parts)
    return f"""<!doctype html>
<html lang="zh-CN">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<meta name="format-detection" content="telephone=no">
<title>保密说明</title>
<link rel="stylesheet" href="/report/files/desk.css">
</head>
<body>
<header><p>保密反映</p></header>
<main class="notes">
<p><a class="more" href="/report/">回到保密反映</a></p>
{body}
</main>
</body>
</html>
"""


def _block(block: str) -> Iterator[str]:
    """A block of Markdown: a heading, lists, a table, or a paragraph; a line that goes on is indented or a paragraph's."""
    if found := re.match(r"(#+) (.+)", block):
        yield f"<h{len(found[1])}>{_inline(found[2])}</h{len(found[1])}>"
        return
    rows = block.splitlines()
    if rows[0].startswith("|"):
        cells = [[_inline(cell.strip()) for cell in row.strip("|").split("|")] for row in rows if "---" not in row]
        head, *rest = cells
        yield '<div class="rows">'
        for row in rest:
            said = "".join(f"<dt>{name}</dt><dd>{cell}</dd>" for name, cell in zip(head[1:], row[1:], strict=True))
            yield f"<h3>{row[0]}</h3>\n<dl>{said}</dl>"
        yield "</div>"
        return
    kinds = {"-": "ul", "1": "ol"}
    for kind, lines in groupby(rows, key=lambda row: "-" if row.startswith("- ") else "1" if row[:1].isdigit() else ""):
        if kind:
            items = "\n".join(f"<li>{_inline(line.partition(' ')[2])}</li>" for line in lines)
            yield f"<{kinds[kind]}>\n{items}\n</{kinds[kind]}>"
        else:
            yield f"<p>{_inline(''.join(lines))}</p>"


def _inline(text: str) -> str:
    plain = re.sub(r"\[([^]]+)\]\([^)]+\)", r"\1", html.escape(text, quote=False))
    return re.sub(r"\*\*(.+?)\*\*", r"<strong>\1</strong>", plain)


def _sound(character: str) -> str:
    return pinyin(character, style=Style.TONE3, neutral_tone_with_five=True)[0][0]


def _gb2312() -> list[str]:
    """The 6763 characters in their order."""
    codes = (bytes([row, cell]) for row in range(0xB0, 0xF8) for cell in range(0xA1, 0xFF))
    return [code.decode("gb2312") for code in codes if not b"\xd7\xf9" < code < b"\xd8"]


if __name__ == "__main__":
    wordlist.SOUNDS.write_text(sounds(), encoding="utf-8")
    PAGE_WORDS.write_text(page_words(), encoding="utf-8")
    NOTES_PAGE.write_text(notes(), encoding="utf-8")
    vectors.FILE.write_text(json.dumps(vectors.all_of_them(), ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
