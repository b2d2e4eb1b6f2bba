"""The games of confidential.md section 5 in a short form that repeats; `make proof` plays them long and with fresh chance."""

import base64
import logging
import random
import re
import zlib
from pathlib import Path

import pytest
import redis

from confidential import cases as cases_module
from confidential.cases import Cases
from tests.confidential import canaries
from tests.confidential.games import PEOPLE, Played, play, write_direct
from tests.confidential.mutations import MUTATIONS, ROOT
from tests.confidential.room import Submitter, room_in

SEED = 20261122
GAMES = 30
CANARY = "仓库里的化肥账对不上"


def played(quick: Path, games: int, people: int = PEOPLE) -> Played:
    """So many weeks, each with a file of its own."""
    chance, result = random.Random(SEED), Played(people)
    for number in range(games):
        folder = quick / f"desk{number}"
        cases = Cases(folder / "cases.db")
        play(result, folder, write_direct(cases, chance), chance, lambda _: None)
        cases.file.close()
    return result


def test_nobody_tells_from_what_is_kept_who_wrote_which_or_when(quick: Path) -> None:
    result = played(quick, GAMES)
    assert len(list(result.lines())) == 6
    name, linking = result.worst("linking")
    assert linking.bound <= 1 / PEOPLE + 0.05, name
    ratio, near, chance = result.dating()
    assert ratio >= 0.9
    assert near <= chance + 0.05
    # of one arrival a game, so few games tell a leak from chance, but not 0.05 from 0.10: that is for `make proof`
    for game in ("last arrival", "first arrival", "crashed submission"):
        name, score = result.worst(game)
        assert score.mean <= 0.25, f"{game}: {name}"


def test_the_games_are_lost_where_rows_lie_in_the_order_of_arrival(
    quick: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The adversary is able: an ordinary table, and every person is found every time."""
    ordinary = cases_module.MATTER.replace(") WITHOUT ROWID", ")").replace("PRIMARY KEY", "NOT NULL")
    monkeypatch.setattr(cases_module, "MATTER", ordinary)
    result = played(quick, 5, people=8)
    assert result.scores["linking", "scan of the cases"].mean == 1
    assert result.scores["last arrival", "scan of the cases"].mean == 1
    assert not all(holds for holds, _ in result.lines())


@pytest.mark.parametrize("mutation", MUTATIONS, ids=lambda one: one.name)
def test_every_mutation_of_the_proof_still_fits_the_code(mutation: object) -> None:
    """`make proof` applies them one by one and sees the named test fail; here: they would apply, and the test exists."""
    assert mutation in MUTATIONS
    for one in MUTATIONS:
        if one is mutation:
            assert (ROOT / one.file).read_text("utf-8").count(one.old) == 1, one.file
            file, _, test = one.guard.partition("::")
            assert f"def {test}(" in (ROOT / file).read_text("utf-8"), one.guard


def test_what_was_written_is_in_nothing_that_lies_about_however_it_is_written(
    quick: Path, empty_redis: redis.Redis, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    room = room_in(quick / "desk", lambda: empty_redis)
    somebody = Submitter(room)
    letter = somebody.writes(CANARY)
    assert room.post("case/submit", somebody.body(letter)[:9000], Report_Stamp="").status_code == 400  # cut half way
    assert somebody.sends(somebody.body(letter)).status_code == 200
    assert somebody.sends(somebody.body(letter)).status_code == 200
    assert somebody.adds(somebody.writes(f"{CANARY}，补充")).status_code == 200
    lying_about = {
        "Redis": repr({name: empty_redis.dump(name) for name in empty_redis.keys("*")}).encode(),
        "the log": caplog.text.encode(),
        **canaries.files(quick),
    }
    for secret in (
        CANARY,
        somebody.receipt.text,
        somebody.receipt.text.replace(" ", ""),
        somebody.receipt.secret.hex(),
    ):
        assert canaries.found_in(secret, lying_about) == []
    assert canaries.found_in(somebody.receipt.identity.text, lying_about) == []
    room.cases.file.close()


@pytest.mark.parametrize("written", [CANARY.encode("gbk").hex(), zlib.compress(CANARY.encode()), f"x{CANARY}yz"])
def test_a_canary_is_found_where_it_is(written: str | bytes) -> None:
    raw = written if isinstance(written, bytes) else written.encode()
    assert canaries.found_in(CANARY, {"here": b"before" + raw + b"behind"})
    assert canaries.found_in(CANARY, {"here": base64.b64encode(b"12" + CANARY.encode() + b"3")})


def test_what_the_page_says_it_cannot_promise_stands_in_the_notice_to_read_at_home() -> None:
    page = (ROOT / "confidential" / "static" / "report.html").read_text("utf-8")
    listed = re.search(r"<summary>哪些事这里保证不了</summary>\s*<ul>(.*?)</ul>", page, re.DOTALL)
    assert listed
    notice = (ROOT / "docs" / "保密说明.md").read_text("utf-8").partition("## 哪些事这里保证不了")[2]
    for item in re.findall(r"<li>(.*?)</li>", listed[1]):
        last = [part for part in re.split(r"[，。；]", re.sub(r"<.*?>", "", item)) if part][-1]
        assert last in notice, item
