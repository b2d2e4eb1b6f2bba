"""Every verb the event log is given has words, whoever gives it."""

import ast
from collections.abc import Iterator
from zoneinfo import ZoneInfo

import pytest

from models.attendance import MarkKind
from models.question import QuestionState
from models.standing import StandingKind
from tests.house.test_house import house_files, short
from texts import event, people

ZONE = ZoneInfo("Asia/Shanghai")
ENDINGS = {"mark_": MarkKind, "question_": QuestionState, "standing_": StandingKind}  # what a verb is put together from
FACTS = {
    "name": "张建国",
    "title": "主题党日",
    "at": "2026-11-27T06:00:00+00:00",
    "before": "2026-11-20T06:00:00+00:00",
    "reason": "启动暴雨应急响应",
    "leave_class": "duty",
    "agreed": True,
    "shown": True,
    "way": "recording",
    "worn": 20,
    "of": 22,
    "rows": 24,
    "form": "签到表",
    "which": "2026-11",
    "radius": 200,
    "people": 3,
    "tenths": 25,
    "was": 20,
    "new": 2,
    "gone": 1,
    "fields": "stem,key",
    "reviewed_by": "王芳",
    "reminder": "study",
    "enabled": True,
    "hour": "12:30",
    "morning": "07:30",
    "evening": "20:30",
    "a_day": 1,
    "a_week": 4,
    "day": "2027-02-05",
    "day_kind": "spring",
    "number": 2,
    "verdict": "adopted",
    "again": True,
}


def verbs() -> Iterator[str]:
    """Every verb in a call of `log`, the third thing it is given."""
    for file in house_files(".py"):
        if short(file).split("/")[0] not in {"services", "pages", "bot", "jobs", "miniprogram_api"}:
            continue
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Call) or len(node.args) < 3:
                continue
            called = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            verb = node.args[2]
            if called not in {"log", "_log"}:
                continue
            if isinstance(verb, ast.Constant) and isinstance(verb.value, str):
                yield verb.value
            elif isinstance(verb, ast.JoinedStr) and isinstance(verb.values[0], ast.Constant):
                beginning = str(verb.values[0].value)
                yield from (f"{beginning}{one.value}" for one in ENDINGS[beginning])


FOUND = sorted(set(verbs()))


def test_the_verbs_are_found() -> None:
    assert {"planned", "leave_decided", "mark_absent"} <= set(FOUND)


@pytest.mark.parametrize("verb", FOUND)
def test_every_verb_has_words(verb: str) -> None:
    assert verb in event.WORDS or verb in people.VERBS or verb.startswith("mark_")
    said = event.words(verb, FACTS, ZONE)
    assert said
    assert not any(letter.isascii() and letter.isalpha() for letter in said), said


def test_what_a_line_says() -> None:
    moved = event.words("moved", FACTS, ZONE)
    assert moved == "从11月20日（周五）14:00改到11月27日（周五）14:00，启动暴雨应急响应"
    assert event.words("leave_asked", FACTS, ZONE) == "张建国请假（值班值守）"
    assert event.words("leave_asked", {**FACTS, "by_family": True}, ZONE) == "张建国请假（值班值守，家属代请）"
    assert event.words("mark_absent", FACTS, ZONE) == "张建国：无故缺席，启动暴雨应急响应"
