"""The XML of callbacks: written the way WeChat writes it, and read back for checking."""

import re
import xml.etree.ElementTree as ET
from collections.abc import Mapping, Sequence

# Fields in, one XML text out: whole numbers stand bare, texts in CDATA, lists repeat their element.
Value = str | int | float | Mapping[str, "Value"] | Sequence["Value"]

# XML 1.0 has no place for these, and WeChat's own clients never send them.
ILLEGAL = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


class Malformed(Exception):
    """A text is not the XML it should be; the message is a sentence saying why."""


def _cdata(text: str) -> str:
    clean = ILLEGAL.sub("", text)
    return "<![CDATA[" + clean.replace("]]>", "]]]]><![CDATA[>") + "]]>"


def _element(name: str, value: Value) -> str:
    if isinstance(value, str):
        return f"<{name}>{_cdata(value)}</{name}>"
    if isinstance(value, Mapping):
        return f"<{name}>{_inside(value)}</{name}>"
    if isinstance(value, Sequence):
        return "".join(_element(name, item) for item in value)
    return f"<{name}>{value}</{name}>"


def _inside(fields: Mapping[str, Value]) -> str:
    return "".join(_element(name, value) for name, value in fields.items())


def write(fields: Mapping[str, Value]) -> str:
    """The `<xml>…</xml>` text of these fields, in their order."""
    return f"<xml>{_inside(fields)}</xml>"


def read(body: bytes) -> ET.Element:
    """The root element of a reply; raises Malformed with a sentence."""
    if b"<!DOCTYPE" in body or b"<!ENTITY" in body:
        raise Malformed("the reply declares a document type or entities")
    try:
        root = ET.fromstring(body)  # noqa: S314 -- document types and entities were refused above
    except (ET.ParseError, ValueError, LookupError) as error:
        raise Malformed(f"the reply is not well-formed XML: {error}") from error
    if root.tag != "xml":
        raise Malformed(f"the root element is <{root.tag}>, not <xml>")
    return root


def text_of(root: ET.Element, name: str) -> str | None:
    """The text of a direct child, None when there is no such child."""
    child = root.find(name)
    return None if child is None else (child.text or "")
