"""Every parser is total: it returns, or raises what it documents, whatever it is given; a little of what `make fuzz` does.

Below are the inputs that once led elsewhere, each by what it does.
"""

import json
import tracemalloc
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.turns import _position
from miniprogram_api.shapes import _distinct
from sealed import handlerlist, keys
from sealed.errors import ListBroken
from services import answers, places
from settings import ConfigError, load
from sheets import question_tables, questions, table
from sheets.table import SheetRefused
from tests.fuzz.targets import ROOT, TARGETS, Target, _listed, made
from tests.wire.sealing import NOW, event
from wechat.markup import MAX_PATH, NotReadable, read, rows
from wechat.messages import Malformed, consents, outcomes, parse

PUSH = {"ToUserName": "gh", "FromUserName": "o", "CreateTime": NOW, "MsgType": "event"}
MANY = 3000


@pytest.mark.parametrize("target", TARGETS, ids=lambda target: target.name)
def test_a_parser_says_no_in_its_own_words_or_reads(target: Target) -> None:
    for raw in made(target, 1, 60):
        target.attack(raw)


def pushed(**more: object) -> bytes:
    return json.dumps({**PUSH, **more}).encode()


# --- WeChat's wire


def test_a_long_name_above_many_leaves_does_not_become_a_hundred_million_characters() -> None:
    long = "a" * 20_000
    bombs = (
        f"<xml><{long}>{'<b/>' * MANY}</{long}></xml>".encode(),
        f'{{"{long}":[{"0," * MANY}0]}}'.encode(),
        f'{{"{"a" * MAX_PATH}":{{"b":1}}}}'.encode(),
    )
    tracemalloc.start()
    try:
        for bomb in bombs:
            with pytest.raises(NotReadable, match="a path is too long"):
                read(bomb)
        assert tracemalloc.get_traced_memory()[1] < 4_000_000
    finally:
        tracemalloc.stop()


def test_a_json_push_carries_nothing_that_xml_could_not() -> None:
    known = parse(pushed(FromUserName="o\ud800\x00x\x1f", Content="\udc00签\x00到", MsgType="text"))
    assert (known.person, known.text) == ("ox", "签到")
    assert len(known.key("wx")) == 32
    assert (
        parse(b'{"ToUserName":"g","FromUserName":"o","CreateTime":1,"MsgType":"text","Content":"\xed\xa0\x80x"}').text
        == "x"
    )


def test_a_time_no_calendar_knows_is_malformed() -> None:
    for seconds in (10**10, 253402300800, 10**11):
        with pytest.raises(Malformed):
            parse(pushed(CreateTime=seconds))
    datetime.fromtimestamp(parse(pushed(CreateTime=9_999_999_999)).created, UTC)


def test_ids_longer_than_wechats_are_not_taken() -> None:
    with pytest.raises(Malformed):
        parse(pushed(FromUserName="o" * 65))
    assert parse(pushed(MsgType="image", MediaId="m" * 129)).media_id == ""
    long = {"TemplateId": "T" * 65, "SubscribeStatusString": "accept", "MsgID": "9" * 33, "ErrorCode": "0"}
    assert consents(parse(pushed(Event="subscribe_msg_popup_event", List=[long]))) == []
    assert outcomes(parse(pushed(Event="subscribe_msg_sent_event", List=[long]))) == []
    assert outcomes(parse(pushed(Event="TEMPLATESENDJOBFINISH", MsgID="9" * 33, Status="success"))) == []


def test_an_event_speaks_of_fifty_templates_at_most() -> None:
    row = {"TemplateId": "T1", "SubscribeStatusString": "accept"}
    assert len(consents(parse(pushed(Event="subscribe_msg_popup_event", List=[row] * 300)))) == 50


def test_a_list_with_an_element_of_no_name_is_read() -> None:
    assert consents(parse(pushed(Event="subscribe_msg_popup_event", List={"": "x", "TemplateId": "T"}))) == []


def test_a_list_is_looked_through_once_however_long() -> None:
    """The fields are walked once: with each row a walk of its own, these took nine million steps."""

    class Counted(dict[str, str]):
        walks = 0

        def items(self):  # type: ignore[no-untyped-def] # noqa: ANN202 - a dict's own
            Counted.walks += 1
            return super().items()

    fields = Counted(read(f"<xml>{'<List/>' * MANY}<List><a>1</a></List></xml>".encode()))
    assert rows(fields, "List") == [{"a": "1"}]
    assert Counted.walks == 1


def test_a_position_that_is_no_place_on_earth_is_none() -> None:
    for north, east in (
        ("nan", "120.38"),
        ("36.07", "nan"),
        ("inf", "1"),
        ("-91", "0"),
        ("0", "181"),
        ("1e999", "0"),
        ("x", "1"),
    ):
        where = f"<Location_X>{north}</Location_X><Location_Y>{east}</Location_Y>"
        assert _position(parse(event("x", inner=where).replace("event", "location", 1).encode())) is None
    assert not places.metres((float("nan"), 0.0), (0.0, 0.0)) <= 300


# --- chat and API


def test_a_numeral_of_thousands_of_signs_is_compared_as_it_stands() -> None:
    assert answers.comparable("二十三年") == "23年"
    assert answers.comparable("9" * 5000 + "十") == "9" * 5000 + "十"


def test_a_nul_in_a_list_of_texts_is_refused_as_any_other() -> None:
    with pytest.raises(ValueError, match="NUL"):
        _distinct([("ids", ["a", ["b\0"]])])
    assert _distinct([("ids", ["a", 1, None])])


# --- files


@pytest.mark.parametrize(
    "text",
    [b'branch:\n  name: "\\UFFFFFFFF"', b'branch:\n  name: "\\U00110000"', b"[" * 50_000, b"{a: [" * 5000],
    ids=["past all numbers", "past Unicode", "deep", "deep both ways"],
)
def test_yaml_that_breaks_its_reader_is_a_mistake_of_the_file(tmp_path: Path, text: bytes) -> None:
    (tmp_path / "config.yaml").write_bytes(text)
    with pytest.raises(ConfigError):
        load(tmp_path / "config.yaml", {})


@pytest.mark.parametrize(
    "content",
    [
        "// " + "[tag:" * 40_000 + "\n对吗？ {T}",
        "题干,答案\n" + "（" * 60_000 + ",A",
        "[" * 100_000,
        "// " + "[tag:\\" * 30_000 + "]\nx {T}",
    ],
    ids=["tags never closed", "brackets never closed", "deep", "escapes"],
)
def test_a_bank_made_to_take_its_square_is_read_in_one_go(tmp_path: Path, content: str) -> None:
    """With a step for each pair of signs these took minutes, and faulthandler would end the test."""
    (tmp_path / "bank.txt").write_text(content, "utf-8")
    try:
        assert questions.read(tmp_path / "bank.txt")
    except SheetRefused as refused:
        assert refused.reason  # noqa: PT017 - the sentence is what is looked at


def test_no_column_has_a_name_of_thousands_of_signs() -> None:
    assert question_tables.field_of("题干（必填）") == ("stem", 0)
    assert question_tables.field_of("题干" + "（" * 100_000) is None
    assert table._heading("姓名" + "（" * 100_000).startswith("姓名（")


@pytest.mark.parametrize("earlier", [["x"], [{"doc": "\ud800", "sig": "x"}], [{}], 1])
def test_a_list_whose_history_is_broken_is_not_signed_over(earlier: object) -> None:
    file = {**json.loads(handlerlist.sign(_listed(), ROOT)), "earlier": earlier}
    with pytest.raises(ListBroken):
        handlerlist.sign(_listed(), ROOT, json.dumps(file).encode())


def test_a_signed_list_of_another_shape_is_broken() -> None:
    exact = handlerlist.exact(_listed())
    for doc in ("[" * 100_000, exact.replace('"id":"own"', '"id":["own"]')):
        file = {"doc": doc, "sig": keys.to_text(ROOT.sign(handlerlist._PREFIX + doc.encode())), "earlier": []}
        with pytest.raises(ListBroken):
            handlerlist.read(json.dumps(file).encode(), ROOT.verify_key)
