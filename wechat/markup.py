"""Reads the platform's XML and JSON safely and writes text into XML that stays well-formed."""

import json
import re
from collections.abc import Mapping
from itertools import count, takewhile
from xml.parsers import expat

MAX_DEPTH = 32
MAX_ELEMENTS = 4000
MAX_PATH = 256
"""Characters of a path: below one long name every leaf would repeat it, and 64 KB become a hundred million."""

_NUMBER = re.compile("[1-9][0-9]{0,3}")
# What the platform tells of a scan, a tap, a follow: leaves below the root, each a plain text in CDATA or a number.
_LEAF = r"<([A-Za-z]{1,64})>(?:<!\[CDATA\[([ -;=-\\^-~]*)\]\]>|([0-9]*))</\1>[ \t\r\n]*"
_LEAVES = re.compile(_LEAF)
_USUAL_FORM = re.compile(rf"<xml>[ \t\r\n]*(?:{_LEAF}){{1,64}}</xml>[ \t\r\n]*")
_ILLEGAL = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


class NotReadable(ValueError):
    """The bytes are neither XML nor JSON that we are willing to read."""


def read(text: bytes) -> dict[str, str]:
    """Flatten one push, XML or (as a mini-program may have it) JSON, into the same `{path: text}`.

    Raises NotReadable.
    """
    return read_json(text) if text.lstrip()[:1] == b"{" else read_xml(text)


def read_json(text: bytes) -> dict[str, str]:
    """Flatten one JSON object: lists become repeated elements, numbers stay the digits they are written with.

    What XML could not carry (halves of a surrogate pair, control signs) is left out of names and texts.
    Raises NotReadable.
    """
    try:
        found = json.loads(text, parse_int=str, parse_float=str, strict=False)
    except (ValueError, RecursionError):
        raise NotReadable("not JSON") from None
    if not isinstance(found, dict):
        raise NotReadable("no JSON object")
    fields: dict[str, str] = {}
    _flatten(found, "", fields, 0)
    return fields


def read_xml(xml: bytes) -> dict[str, str]:
    """Flatten one XML document into `{path: text}`, leaves only, outer white space stripped.

    A path leaves out the root and joins names by dots: `ScanCodeInfo.ScanResult`. From the second on,
    elements of one name below one parent get a number: `List`, `List.1`, `List.2` (see `rows`).
    Document types and entities are refused; depth, number of elements and length of a path are bounded.
    Raises NotReadable.
    """
    return _cut(xml) or _read(xml)


def _cut(xml: bytes) -> dict[str, str] | None:
    """What the reader below would make of the usual form, in a fifth of the time; None of any other."""
    if not xml.isascii():
        return None
    text = xml.decode()
    if not _USUAL_FORM.fullmatch(text):
        return None
    leaves = _LEAVES.findall(text)
    fields = {name: (plain or number).strip() for name, plain, number in leaves}
    return fields if len(fields) == len(leaves) else None  # a name that comes again is numbered


def _read(xml: bytes) -> dict[str, str]:
    reader = _Reader()
    parser = expat.ParserCreate("utf-8")
    parser.buffer_text = True
    parser.StartElementHandler = reader.start
    parser.EndElementHandler = reader.end
    parser.CharacterDataHandler = reader.text
    parser.StartDoctypeDeclHandler = _refuse
    parser.EntityDeclHandler = _refuse
    try:
        parser.Parse(xml, True)  # noqa: FBT003 - expat takes isfinal by position only
    except expat.ExpatError as error:
        # expat's own words name the place (line, column), never the content
        raise NotReadable(f"not well-formed XML: {error}") from None
    return reader.fields


def rows(fields: Mapping[str, str], path: str) -> list[dict[str, str]]:
    """The repeated element at `path` as a list: one makes a list of one, none an empty list."""
    found: dict[int, dict[str, str]] = {}
    for name, text in fields.items():
        if name == path:
            found.setdefault(0, {})
        elif name.startswith(f"{path}."):
            rest = name[len(path) + 1 :]
            first, _, below = rest.partition(".")
            if _NUMBER.fullmatch(first):
                # no element's own name begins with a digit
                found.setdefault(int(first), {}).update({below: text} if below and not below[0].isdigit() else {})
            elif first and not first[0].isdigit():
                found.setdefault(0, {})[rest] = text
    return [found[number] for number in takewhile(found.__contains__, count()) if found[number]]


def clean(text: str) -> str:
    """Drop what XML 1.0 cannot carry: control characters, lone surrogates, U+FFFE and U+FFFF."""
    return _ILLEGAL.sub("", text)


def cdata(text: str) -> str:
    """Wrap any text as CDATA; a `]]>` inside is split over two sections, so nothing can be smuggled in."""
    return "<![CDATA[" + clean(text).replace("]]>", "]]]]><![CDATA[>") + "]]>"


class _Reader:
    """Collects the leaves while expat walks the document."""

    def __init__(self) -> None:
        self.fields: dict[str, str] = {}
        self._paths: list[str] = []
        self._seen: list[dict[str, int]] = []
        self._leaf = False
        self._text: list[str] = []
        self._elements = 0

    def start(self, name: str, _attributes: Mapping[str, str]) -> None:
        self._elements += 1
        depth = len(self._paths)
        if depth > MAX_DEPTH or self._elements > MAX_ELEMENTS:
            raise NotReadable("too many elements, or too deep")
        path = ""
        if depth:
            seen = self._seen[-1]
            count = seen.get(name, 0)
            seen[name] = count + 1
            path = f"{name}.{count}" if count else name
            if depth > 1:
                path = f"{self._paths[-1]}.{path}"
            if len(path) > MAX_PATH:
                raise NotReadable("a path is too long")
        self._paths.append(path)
        self._seen.append({})
        self._leaf = True
        self._text.clear()

    def text(self, text: str) -> None:
        self._text.append(text)

    def end(self, _name: str) -> None:
        path = self._paths.pop()
        self._seen.pop()
        if self._leaf and path:
            self.fields[path] = "".join(self._text).strip()
        self._leaf = False
        self._text.clear()


def _flatten(value: object, path: str, fields: dict[str, str], depth: int) -> None:
    if depth > MAX_DEPTH or len(fields) > MAX_ELEMENTS:
        raise NotReadable("too many elements, or too deep")
    if len(path) > MAX_PATH:
        raise NotReadable("a path is too long")
    if isinstance(value, dict):
        for name, below in value.items():
            _flatten(below, f"{path}.{clean(name)}" if path else clean(name), fields, depth + 1)
    elif isinstance(value, list):
        for number, below in enumerate(value):
            _flatten(below, f"{path}.{number}" if number else path, fields, depth + 1)
    else:
        fields[path] = "" if value is None else clean(str(value)).strip()


def _refuse(*_declaration: object) -> None:
    raise NotReadable("a document type or an entity is declared")
