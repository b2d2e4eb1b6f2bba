"""What is kept without a name: opinions by receipt, and rounds whose answers belong to nobody."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from confidential.unsigned import UnsignedFile
from sealed import unsigned as refusals
from tests.confidential.room import NOON, ZONE


@pytest.fixture
def file(quick: Path) -> Iterator[UnsignedFile]:
    """An empty file."""
    made = UnsignedFile(quick / "desk" / "unsigned.db", ZONE)
    yield made
    made.file.close()


def raw(file: UnsignedFile) -> bytes:
    """Every byte of its folder."""
    return b"".join(one.read_bytes() for one in file.file.path.parent.iterdir())


def test_an_opinion_is_kept_once_answered_found_by_its_lookup_alone_and_withdrawn(file: UnsignedFile) -> None:
    kept: refusals.Unsigned = file
    for text in ("食堂的灯坏了", "又送一遍"):
        kept.submit("ab" * 32, "life", text, NOON)
    found = kept.opinion("ab" * 32)
    assert (found.text, found.state, found.answer, found.week.isoformat()) == ("食堂的灯坏了", "new", "", "2026-11-16")
    for _ in range(2):  # the same again
        kept.reply("ab" * 32, "new", "answered", "已报修")
    with pytest.raises(refusals.OpinionMoved):  # given to somebody by who saw it unanswered
        kept.reply("ab" * 32, "new", "assigned", "")
    kept.submit("00" * 32, "life", "早饭早一点", NOON)
    assert [one.text for one in kept.opinions()] == ["早饭早一点", "食堂的灯坏了"]
    assert kept.opinion("ab" * 32).answer == "已报修"
    kept.withdraw("ab" * 32)
    for ask in (kept.opinion, kept.withdraw, lambda one: kept.reply(one, "new", "x", "y")):
        with pytest.raises(refusals.NoSuchOpinion):
            ask("ab" * 32)
    for text in ("", "长" * 30_000):
        with pytest.raises(refusals.Unfit):
            kept.submit("cd" * 32, "life", text, NOON)
    assert "食堂的灯坏了".encode() not in raw(file)
    file.file.cap = file.file.size()
    with pytest.raises(refusals.UnsignedFull):
        kept.submit("cd" * 32, "life", "满了", NOON)


def test_an_answer_is_final_counted_and_after_the_close_nobodys(file: UnsignedFile) -> None:
    kept: refusals.Unsigned = file
    kept.open_round("r1")
    with pytest.raises(refusals.RoundExists):
        kept.open_round("r1")
    for number, who in enumerate(["member:3", "member:1", "invitation:x"]):
        for _ in range(2):  # delivered twice
            kept.answer("r1", who, f"ballot{9 - number}", f'{{"满意": {number}}}')
    with pytest.raises(refusals.AnsweredAlready):
        kept.answer("r1", "member:1", "another", "{}")
    assert kept.has_answered("r1", "member:1")
    assert not kept.has_answered("r1", "member:2")
    assert kept.turnout("r1") == 3
    with pytest.raises(refusals.RoundOpen):
        kept.answers("r1")
    kept.open_round("r2")
    kept.answer("r2", "member:1", "other", "{}")
    (key,) = file.file.read(lambda db: db.execute("SELECT key FROM round WHERE id = 'r1'").fetchone())
    marks = file.file.read(lambda db: db.execute("SELECT mark FROM turnout WHERE round = 'r1'").fetchall())
    assert key in raw(file)
    for _ in range(2):
        kept.close_round("r1")
    assert list(kept.answers("r1")) == ['{"满意": 2}', '{"满意": 1}', '{"满意": 0}']
    assert kept.turnout("r1") == 3
    left = raw(file)
    assert all(secret not in left for secret in (key, *(mark for (mark,) in marks)))
    for late in (lambda: kept.answer("r1", "member:2", "late", "{}"), lambda: kept.has_answered("r1", "member:1")):
        with pytest.raises(refusals.RoundClosed):
            late()
    assert kept.turnout("r2") == 1
    kept.drop_round("r1")
    for gone in (kept.turnout, kept.close_round, kept.answers, kept.drop_round):
        with pytest.raises(refusals.NoSuchRound):
            gone("r1")
    with pytest.raises(refusals.Unfit):
        kept.answer("r2", "member:5", "b", "")
