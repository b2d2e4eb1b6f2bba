"""Templates of messages: which fields they have, what each may hold, and how a card made from one looks.

Source: platform pages 订阅消息 (参数值内容限制) and 模板消息.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from simulator import words
from simulator.apierrors import ApiError

TEMPLATE, SUBSCRIPTION, MINI = "template", "subscription", "mini"
_KIND = re.compile(r"([a-z_]+?)[0-9]*")
_DAY = r"(\d{4}年\d{1,2}月\d{1,2}日|\d{4}[-/]\d{1,2}[-/]\d{1,2})"
_HOUR = r"\d{1,2}:\d{2}(:\d{2})?"
_HELD: Mapping[str, str] = {
    "thing": r"[^\n]{1,20}",
    "character_string": r"[\x20-\x7e]{1,32}",
    "number": r"(?=.{1,32}$)\d+(\.\d+)?",
    "letter": r"[A-Za-z]{1,32}",
    "symbol": r"[^\w\s]{1,5}",
    "phrase": r"[\u4e00-\u9fff]{1,5}",
    "name": r"[^\d\n]{1,10}|(?!.*\d)[\x20-\x7e\u00c0-\u024f·]{1,20}",
    "phone_number": r"[\d+\-() ]{1,17}",
    "car_number": r"[\u4e00-\u9fff]?[A-Za-z0-9]{1,7}[\u4e00-\u9fff]?",
    "amount": r"[^\w\s]?\d{1,10}(\.\d+)?元?",
    "time": rf"({_DAY} ?)?{_HOUR}( ?~ ?({_DAY} ?)?{_HOUR})?",
    "date": rf"{_DAY}( ?{_HOUR})?( ?~ ?{_DAY}( ?{_HOUR})?)?",
    "keyword": r".+",
}


@dataclass(frozen=True, slots=True)
class Template:
    """One template of an application: `labels` are by field key, `channel` is template, subscription or mini."""

    topic: str
    id: str
    channel: str
    labels: Mapping[str, str]
    title: str

    @classmethod
    def of(cls, topic: str, template_id: str, channel: str, fields: Mapping[str, str]) -> "Template":
        """A template for what the account calls `topic`; `fields` says which sort of thing each key is for."""
        labels = {key: words.LABELS.get(sort, key) for key, sort in fields.items()}
        return cls(topic, template_id, channel, labels, words.TITLES.get(topic, topic))

    def check(self, data: object) -> dict[str, str]:
        """The values of a message by key; raises ApiError 47003 naming the first field that is wrong."""
        if not isinstance(data, dict):
            raise ApiError(47001)
        for key in (*self.labels, *data):
            given = data.get(key)
            value = given.get("value") if isinstance(given, dict) else None
            if key not in self.labels:
                raise ApiError(47003, f"argument invalid! data.{key} is not in the template")
            if not isinstance(value, str) or not value.strip():
                raise ApiError(47003, f"argument invalid! data.{key}.value is empty")
            kind = _KIND.fullmatch(key)
            if kind is None or not re.fullmatch(_HELD.get(kind[1], "(?!)"), value) or re.search(r"[\x00-\x1f]", value):
                raise ApiError(47003, f"argument invalid! data.{key}.value invalid")
        return {key: data[key]["value"] for key in self.labels}

    def text(self, data: Mapping[str, str], url: str) -> str:
        """The card as lines: its title, each field, the address that a tap opens."""
        lines = [self.title, *(f"{label}：{data[key]}" for key, label in self.labels.items())]
        return "\n".join([*lines, url] if url else lines)
