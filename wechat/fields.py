"""What a template's fields can hold, and texts made to fit them.

Source: platform pages 订阅消息 (参数值内容限制) and 模板消息; a value beyond its limits is refused with 47003,
and the whole message with it.
"""

import re
from collections.abc import Callable, Mapping
from datetime import datetime

from wechat.markup import clean

THING, NAME, PHRASE = 20, 10, 5  # characters; a name in Latin letters may be twice as long
_KEY = re.compile(r"([a-z_]+?)[0-9]{0,3}")
_SPACE = re.compile(r"[\s\u200b\ufeff]+")
_PAUSES = "。！？；，、：;,!?」』》 "  # after these a text may end
_WEEKDAY = re.compile(r"[（(](?:周|星期)[一二三四五六日天][）)]")
_DAY = r"(?:[0-9]{4}年[0-9]{1,2}月[0-9]{1,2}日|[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}|[0-9]{4}/[0-9]{1,2}/[0-9]{1,2})"
_HOUR = r"[0-9]{1,2}:[0-9]{2}(?::[0-9]{2})?"
_TIME = re.compile(rf"(?:{_DAY} ?)?{_HOUR}(?: ?~ ?(?:{_DAY} ?)?{_HOUR})?")
_DATE = re.compile(rf"{_DAY}(?: ?{_HOUR})?(?: ?~ ?{_DAY}(?: ?{_HOUR})?)?")
_LATIN = re.compile(r"[ -~·\u00c0-\u024f]*")
_HAN = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff]")


class Unfit(ValueError):
    """A text that cannot be made to fit its field; its words name the field and never the text."""


def kind_of(key: str) -> str:
    """The kind of a field by its key: `thing` for `thing4`. Raises Unfit for one the platform does not have."""
    found = _KEY.fullmatch(key)
    if found is None or found[1] not in _FITS:
        raise Unfit(f"{key}: no kind of field that the platform has")
    return found[1]


def fit(key: str, text: str) -> str:
    """`text` as the field `key` can hold it, shortened where that keeps its sense. Raises Unfit, also for nothing."""
    kind = kind_of(key)
    said = _SPACE.sub(" ", clean(text)).strip()
    if not said:
        raise Unfit(f"{key}: nothing to say")
    made = _FITS[kind](said)
    if not made:
        raise Unfit(f"{key}: no {kind}")
    return made


def moment(key: str, at: datetime) -> str:
    """A moment (in the zone it is to be read in) as the field `key` shows it best."""
    kind = kind_of(key)
    if kind == "character_string":
        return f"{at:%Y-%m-%d %H:%M}"
    if kind in ("time", "date"):
        return f"{at.year}年{at.month}月{at.day}日 {at:%H:%M}"
    return f"{at.month}月{at.day}日（周{'一二三四五六日'[at.weekday()]}）{at:%H:%M}"


def shorten(text: str, most: int) -> str:
    """At most `most` UTF-16 units: up to a pause in its second half, else anywhere but within a number or a word.

    A sign that stands beyond the first plane counts twice, as it does on phones. Returns "" where but half a number
    would be left.
    """
    if _length(text) <= most:
        return text
    room = most - 1  # for the …
    end = 0
    while end < len(text) and room - _length(text[end]) >= 0:
        room -= _length(text[end])
        end += 1
    kept = text[:end]
    pause = max((place for place, sign in enumerate(kept) if sign in _PAUSES), default=-1)
    if pause + 1 > most // 2:
        kept = kept[: pause + 1]
    elif _joined(text, end):
        start = next(place for place in range(end, -1, -1) if not _joined(text, place))
        if not start and kept[-1].isdigit():
            return ""
        kept = text[:start] or kept
    return kept.rstrip("，、；：,;: \u200d\ufe0f（(「《") + "…"


def _joined(text: str, place: int) -> bool:
    """Whether a cut before text[place] would halve a number, a time, a word, or a picture of several signs."""
    if not 0 < place < len(text):
        return False
    before, after = text[place - 1], text[place]
    if "\u200d" in (before, after) or after == "\ufe0f" or "\U0001f3fb" <= after <= "\U0001f3ff":
        return True
    if before.isdigit() and after in "年月日时点分号楼层室届次人元%℃:.-/":
        return True
    inside = re.compile(r"[0-9A-Za-z:.\-/%]")
    return bool(inside.match(before) and inside.match(after))


def _length(text: str) -> int:
    return len(text) + sum(sign > "\uffff" for sign in text)


def _thing(text: str) -> str:
    return shorten(text, THING)


def _name(text: str) -> str:
    """Letters alone, 10 where one of them is Chinese (or not Latin), else 20; of a long name whole parts."""
    text = "".join(sign for sign in text if sign.isalpha() or sign in "·•.'- ").strip()
    most = 2 * NAME if _LATIN.fullmatch(text) else NAME
    if len(text) <= most:
        return text
    parts = re.split("([·• ])", text)
    kept = ""
    for part in parts:
        if len(kept) + len(part) > most:
            break
        kept += part
    return kept.rstrip("·• ") or text[:most]


def _phrase(text: str) -> str:
    """A phrase is a word of Chinese signs: half of one would be another word."""
    return text if len(text) <= PHRASE and len(_HAN.findall(text)) == len(text) else ""


def _moment(form: re.Pattern[str]) -> Callable[[str], str]:
    def made(text: str) -> str:
        said = _WEEKDAY.sub(" ", text.replace("：", ":").replace("～", "~"))
        said = _SPACE.sub(" ", said).strip()
        return said if form.fullmatch(said) else ""

    return made


def _whole(pattern: str) -> Callable[[str], str]:
    """A kind that is taken as it stands or not at all: half a number is another number."""
    form = re.compile(pattern)
    return lambda text: text if form.fullmatch(text) else ""


_FITS: Mapping[str, Callable[[str], str]] = {
    "thing": _thing,
    "name": _name,
    "phrase": _phrase,
    "time": _moment(_TIME),
    "date": _moment(_DATE),
    "character_string": _whole(r"[!-~ ]{1,32}"),
    "number": _whole(r"[0-9]{1,32}|(?=.{3,32}$)[0-9]+\.[0-9]+"),
    "letter": _whole(r"[A-Za-z]{1,32}"),
    "symbol": _whole(r"[^\w\s]{1,5}"),
    "phone_number": _whole(r"[0-9+\-() ]{1,17}"),
    "car_number": _whole(r"[\u4e00-\u9fff]?[A-Za-z0-9]{1,7}[\u4e00-\u9fff]?"),
    "amount": _whole(r"[^\w\s]?[0-9]{1,10}(?:\.[0-9]{1,2})?元?"),
    "keyword": _thing,  # templates from before 2023
}
KINDS = frozenset(_FITS)
