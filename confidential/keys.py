"""The offline root and the handler list as `zhibu handlers` keeps them: files, and the sheet of fingerprints to print.

Signing belongs on a computer that is never online. It leaves two files side by side: the list, and root.js, by which
the page knows the root's verify key and refuses older lists. Both go to the server together.
"""

import hashlib
import html
import os
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path

import requests

from sealed import handlerlist, keyfile, keys
from sealed.enrolment import Enrolment
from sealed.errors import KeyFileFault, WrongKey
from sealed.handlerlist import DESKS, LONGEST, Desk, HandlerList
from sealed.keys import SigningKey
from texts import confidential as texts

STATIC = Path(__file__).with_name("static")
ROOT_MODULE = "root.js"
PAGES = {
    "report.html": "report/",
    "handler.html": "report/handler/",
    "notes.html": "report/notes/",
}  # what is not served by its name
WARNINGS = (30, 14)  # days before the end on which to renew
_TAG = "zhibu-root "


class NoSuchHandler(Exception):
    """Nobody on the list has this id."""


@dataclass(frozen=True)
class NewRoot:
    """A root just made: the passphrase to be written on paper, and the verify key for config.yaml."""

    passphrase: str
    verify_key: bytes


def make_root(file: Path) -> NewRoot:
    """Make the root's key file, readable by its owner alone; raises FileExistsError rather than lose another."""
    root, words = SigningKey.draw(), keyfile.draw_passphrase()
    with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as out:
        out.write(keyfile.make(_TAG + keys.to_text(root.seed), words))
    return NewRoot(words, root.verify_key)


def open_root(file: Path, typed: str) -> SigningKey:
    """The root's key. Raises KeyFileFault, WrongPassphrase, WrongLength, NotInList."""
    secret = keyfile.open_file(file.read_bytes(), typed)
    try:
        return SigningKey(keys.of_text(secret.removeprefix(_TAG), 32))
    except WrongKey:
        raise KeyFileFault from None  # a handler's


def renewed(before: HandlerList | None, added: Sequence[Enrolment], today: date, days: int) -> HandlerList:
    """The next version: the handlers of the last one and those enrolled; `days` (1 to 120) from today it ends."""
    expires = today + min(timedelta(days=days), LONGEST)
    version = before.version + 1 if before else 1
    desks = []
    for desk_id in DESKS:
        desk = before.desk(desk_id) if before else None
        new = {one.handler.recipient: one.handler for one in added if one.desk == desk_id}
        kept = [one for one in (desk.handlers if desk else ()) if one.recipient not in new]
        desks.append(Desk(desk_id, (*kept, *new.values())))
    return HandlerList(version, expires, tuple(desks))


def without(before: HandlerList, handler_id: str) -> HandlerList:
    """The list without one handler; raises NoSuchHandler."""
    desks = tuple(
        replace(desk, handlers=tuple(one for one in desk.handlers if one.id != handler_id)) for desk in before.desks
    )
    if desks == before.desks:
        raise NoSuchHandler
    return replace(before, desks=desks)


def publish(handlers: HandlerList, root: SigningKey, file: Path) -> None:
    """Sign the list into its file, with the earlier ones it carries, and write root.js beside it."""
    before = file.read_bytes() if file.exists() else None
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    _replace(file, handlerlist.sign(handlers, root, before))
    _replace(file.with_name(ROOT_MODULE), root_module(keys.to_text(root.verify_key), handlers.version).encode())


def root_module(root: str, floor: int) -> str:
    """What the page knows by itself: the root's verify key (base64url), and the oldest list version it takes."""
    return (
        "// Written by `zhibu handlers sign`: who signs handler lists, and the oldest list this page takes.\n"
        f'export const ROOT = "{root}";\nexport const FLOOR = {floor};\n'
    )


def page_files(list_file: Path) -> Iterator[tuple[str, bytes]]:
    """Every file the pages are made of, by the name it is served under, root.js among them."""
    found = {str(one.relative_to(STATIC)): one for one in STATIC.rglob("*") if one.is_file()}
    found[ROOT_MODULE] = list_file.with_name(ROOT_MODULE)
    for name in sorted(found):
        with suppress(FileNotFoundError):
            yield name, found[name].read_bytes()


def bundle_fingerprint(list_file: Path) -> str:
    """The fingerprint of the pages: over the lines that sha256sum would print of their files, by name."""
    lines = [f"{hashlib.sha256(content).hexdigest()}  {name}\n" for name, content in page_files(list_file)]
    return keys.fingerprint("".join(lines).encode())


def unlike(address: str, list_file: Path) -> list[str]:
    """The paths under which the desk at this address (https://…) serves anything else than is here.

    For the upper level and whoever else keeps a copy: the pages' own word for themselves proves nothing. Raises
    OSError.
    """
    asked = {PAGES.get(name, f"report/files/{name}"): content for name, content in page_files(list_file)}
    asked["report/list"] = list_file.read_bytes()
    with requests.Session() as session:
        return [name for name, here in asked.items() if session.get(f"{address}/{name}", timeout=30).content != here]


def sheet(handlers: HandlerList, root: bytes, list_file: Path, branch: str) -> str:
    """The sheet to hang on the wall, as HTML: root, pages, list, and every handler by role."""
    first = [
        (texts.SHEET_ROOT, keys.fingerprint(root)),
        (texts.SHEET_PAGES, bundle_fingerprint(list_file)),
        (texts.sheet_list(handlers.version, handlers.expires), keys.fingerprint(list_file.read_bytes())),
    ]
    rows = [_row(*one) for one in first]
    for desk in handlers.desks:
        rows.append(f'<tr><th colspan="2" scope="colgroup">{texts.DESK[desk.id]}</th></tr>')
        rows += [_row(one.role, handlerlist.fingerprint(one)) for one in desk.handlers]
    page = _PAGE.replace("{{rows}}", "\n".join(rows))
    for name, words in {
        "title": texts.SHEET_TITLE,
        "branch": branch,
        "how": texts.SHEET_HOW,
        "signed": texts.SHEET_SIGNED,
    }.items():
        page = page.replace(f"{{{{{name}}}}}", html.escape(words))
    return page


def _row(what: str, fingerprint: str) -> str:
    groups = "".join(f"<span>{group}</span>" for group in fingerprint.split())
    return f'<tr><th scope="row">{html.escape(what)}</th><td><p>{groups}</p></td></tr>'


def _replace(file: Path, content: bytes) -> None:
    """The file with this content, whole at every moment."""
    new = file.with_name(f".{file.name}.new")
    new.write_bytes(content)
    new.replace(file)


_PAGE = """<!doctype html>
<html lang="zh-CN">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{{title}} {{branch}}</title>
<style>
@page { size: A4; margin: 18mm; }
* { box-sizing: border-box; margin: 0; padding: 0; }
body {
  max-width: 174mm; margin: 0 auto; color: #111; background: #fff; font-size: 12pt; line-height: 1.6;
  font-family: "PingFang SC", "Microsoft YaHei", "Noto Sans CJK SC", sans-serif;
}
h1 { font-size: 20pt; text-align: center; }
h2 { margin-bottom: 5mm; font-size: 13pt; font-weight: 400; text-align: center; }
table { width: 100%; margin: 5mm 0; border-collapse: collapse; }
th, td { padding: 2.5mm 3mm; border: 1px solid #333; text-align: left; }
th[scope="row"] { width: 30%; font-weight: 400; }
th[scope="colgroup"] { background: #eee; }
td p { display: grid; grid-template-columns: repeat(4, 1fr); font-size: 14pt; white-space: nowrap; }
tr { break-inside: avoid; }
footer { margin-top: 10mm; }
@media screen { body { padding: 10mm 4mm; } }
@media screen and (max-width: 600px) {
  th, td { display: block; }
  th[scope="row"] { width: auto; padding-bottom: 0; border-bottom: 0; }
  td { padding-top: 1mm; border-top: 0; }
  td p { grid-template-columns: repeat(2, auto); justify-content: start; gap: 0 2em; }
}
</style>
</head>
<body>
<h1>{{title}}</h1>
<h2>{{branch}}</h2>
<p>{{how}}</p>
<table>
{{rows}}
</table>
<footer>{{signed}}</footer>
</body>
</html>
"""
