"""Texts without what spreadsheets and web pages leave in them."""

import html
import re

from texts import question as texts

_ODD = re.compile(
    r"[<&\x00-\x1f\x7f-\xa0\u2000-\u200f\u2028-\u202f\u205f-\u206f\u3000\ufdd0-\ufdef\ufeff\ufff0-\uffff\ud800-\udfff\uff10-\uff19\uff21-\uff3a\uff41-\uff5a]"
    r"|^ | $|  "
)
_TAG = re.compile(
    r"</?(?:p|br|hr|div|span|font|b|i|u|s|em|strong|small|big|sub|sup|a|ul|ol|li|table|tbody|thead|tr|td|th|h[1-6]|img"
    r"|pre|code|center|section|label|input|o:p|st1:\w+)"
    r"(?:\s+[\w:-]+\s*=\s*(?:\"[^\"]*\"|'[^']*'|[^\s<>\"']+))*\s*/?>",  # 「a<b 且 c>d」 is no tag
    re.IGNORECASE,
)
_AMPS = re.compile(r"&(?:(?:amp|#0*38|#x0*26);)+", re.IGNORECASE)  # packed again and again
_LAYERS = 20
_BREAKING = re.compile(r"</?(?:br|hr|p|div|li|tr|h[1-6])\b", re.IGNORECASE)
_UNSEEN = re.compile(
    r"[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufdd0-\ufdef\ufeff\ufff0-\uffff"
    r"\ud800-\udfff]"
)
_LINES = re.compile(r"\r\n|[\r\x0b\x0c\x85\u2028\u2029]")
_BLANKS = re.compile(r"[ \t\xa0\u2000-\u200a\u202f\u205f\u3000]+")
_WIDE = 0xFEE0  # how far the full-width letters stand behind the others
_NARROW = {place + _WIDE: place for first, last in ("09", "AZ", "az") for place in range(ord(first), ord(last) + 1)}


def plain(text: str) -> str:
    """A text without what tables and web pages leave in it: tags, entities, control signs, full-width letters, blanks.

    What is plain stays as it is, so that a bank written and read again is the same.
    """
    for _ in range(_LAYERS):
        if not _ODD.search(text):
            return text
        cleaned = _cleaned(text)
        if cleaned == text:
            return text
        text = cleaned
    return _cleaned(text.replace("&", "").replace("<", ""))  # nobody packs a text so often


def _cleaned(text: str) -> str:
    if "&" in text:
        text = html.unescape(_AMPS.sub("&", text))
    if "<" in text:
        text = _TAG.sub(_instead, text)
    text = _UNSEEN.sub("", _LINES.sub("\n", text)).translate(_NARROW)
    lines = (_BLANKS.sub(" ", line).strip(" ") for line in text.split("\n"))
    return "\n".join(line for line in lines if line)


def _instead(tag: "re.Match[str]") -> str:
    if tag[0].lower().startswith("<img"):
        return texts.PICTURE
    return "\n" if _BREAKING.match(tag[0]) else ""
