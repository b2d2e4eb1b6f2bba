"""The games of confidential.md section 5 in a short form that repeats; `make proof` plays them long and with fresh chance."""

import random
import re
from pathlib import Path

import pytest

from confidential import cases as cases_module
from confidential.cases import Cases
from tests.confidential.games import PEOPLE, Played, play, write_direct
from tests.confidential.mutations import MUTATIONS, ROOT

SEED = 20261122
GAMES = 60


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
    assert len(list(result.lines())) == 3
    name, linking = result.worst("linking")
    assert linking.bound <= 1 / PEOPLE + 0.05, name
    ratio, near, chance = result.dating()
    assert ratio >= 0.9
    assert near <= chance + 0.05
    # of one arrival a game, 60 games tell a leak from chance, but not 0.05 from 0.10: that is for `make proof`
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


def test_what_the_page_says_it_cannot_promise_stands_in_the_notice_to_read_at_home() -> None:
    page = (ROOT / "confidential" / "static" / "report.html").read_text("utf-8")
    listed = re.search(r"<summary>哪些事这里保证不了</summary>\s*<ul>(.*?)</ul>", page, re.DOTALL)
    assert listed
    notice = (ROOT / "docs" / "保密说明.md").read_text("utf-8").partition("## 哪些事这里保证不了")[2]
    for item in re.findall(r"<li>(.*?)</li>", listed[1]):
        last = [part for part in re.split(r"[，。；]", re.sub(r"<.*?>", "", item)) if part][-1]
        assert last in notice, item
