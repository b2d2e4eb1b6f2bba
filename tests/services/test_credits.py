"""The ledger of consents: whatever the order, doubling or loss of WeChat's events, it is right or on the safe side."""

import random
import shutil
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import delete
from sqlalchemy.orm import Session

from engines.sql import transaction
from models.credit import CreditEntry
from models.member import Identity
from services import credits
from services.credits import Balance, Purse
from tests.engines import Database, opened

NOW = datetime(2026, 11, 22, 5, 52, tzinfo=UTC)
ACCEPT, REFUSE, SEND, NO_CREDIT, NOT_LEFT = "accept", "refuse", "send", "no credit", "not left"


def purse_of(db: Session) -> Purse:
    identity = Identity(app_id="wx", openid="o-1", seen_at=NOW)
    db.add(identity)
    db.flush()
    return Purse(identity.id, "T1")


def left(db: Session, purse: Purse) -> int:
    return credits.balances(db, [purse.identity_id]).get(purse, Balance()).left


def lived(acts: Sequence[str]) -> tuple[list[tuple[str, datetime]], int]:
    """What happens second by second, and what WeChat itself has left afterwards."""
    real, happened = 0, []
    for second, act in enumerate(acts):
        real = real + 1 if act == ACCEPT else 0
        happened.append((act, NOW + timedelta(seconds=second)))
    return happened, real


def send(db: Session, purse: Purse, at: datetime, end: str = SEND) -> None:
    """A message leaves if the ledger has one left; `end` is what WeChat says of it."""
    known = credits.balances(db, [purse.identity_id]).get(purse, Balance())
    if not known.left:
        return
    once = f"{at.isoformat()}"
    credits.spend(db, purse, known, at, once)
    if end == NOT_LEFT:
        credits.give_back(db, once)
        credits.give_back(db, once)
    if end == NO_CREDIT:
        credits.exhausted(db, purse, at, once)


@given(acts=st.lists(st.sampled_from([ACCEPT, REFUSE]), max_size=9), order=st.randoms(use_true_random=False))
def test_contract_18_consents_count_once_in_whatever_order_they_come(
    ledger: Database, acts: list[str], order: random.Random
) -> None:
    events, real = lived(acts)
    shuffled = [*events, *events[: len(events) // 2]]  # some of them twice
    order.shuffle(shuffled)
    with transaction(ledger.engine) as db:
        purse = purse_of(db)
        for act, at in shuffled:
            (credits.accepted if act == ACCEPT else credits.refused)(db, purse, at, f"{at.isoformat()}")
        assert left(db, purse) == real
        db.rollback()


@given(
    acts=st.lists(st.sampled_from([ACCEPT, ACCEPT, REFUSE, SEND, SEND, NOT_LEFT]), max_size=14),
    late=st.lists(st.integers(0, 5), min_size=14, max_size=14),
    ahead=st.integers(-3, 3),
)
def test_contract_18_the_ledger_never_exceeds_wechats_whatever_comes_late(
    ledger: Database, acts: list[str], late: list[int], ahead: int
) -> None:
    """`late` are the steps after which each event is heard (5: never), `ahead` by how much WeChat's clock differs."""
    real = 0
    heard: list[tuple[int, str, datetime]] = []
    with transaction(ledger.engine) as db:
        purse = purse_of(db)
        for step, act in enumerate([*acts, *[""] * 5]):
            ours = NOW + timedelta(seconds=2 * step)
            if act in (ACCEPT, REFUSE):
                real = real + 1 if act == ACCEPT else 0
                if late[step] < 5:
                    heard.append((step + late[step], act, ours + timedelta(seconds=ahead)))
            for due, said, at in heard:
                if due == step:
                    (credits.accepted if said == ACCEPT else credits.refused)(db, purse, at, f"{at.isoformat()}")
            if act in (SEND, NOT_LEFT):
                before = left(db, purse)
                send(db, purse, ours, NO_CREDIT if act == SEND and not real else act)
                real -= bool(act == SEND and before and real)
            lost = [one for one in heard if one[1] == REFUSE and one[0] > step]
            never = REFUSE in [said for place, said in enumerate(acts[: step + 1]) if late[place] == 5]
            if not lost and not never:  # a refusal nobody has told us of yet is the one thing we cannot know
                assert left(db, purse) <= real
        db.rollback()


def test_contract_18_of_one_template_and_one_person_each(ledger: Database) -> None:
    with transaction(ledger.engine) as db:
        mine = purse_of(db)
        other = Purse(mine.identity_id, "T2")
        for purse, number in ((mine, 2), (other, 1)):
            for place in range(number):
                credits.accepted(db, purse, NOW, f"{purse.template_id}{place}")
        send(db, mine, NOW)
        assert (left(db, mine), left(db, other)) == (1, 1)
        credits.refused(db, other, NOW, "settings")  # of the very second of the consent: it counts as before
        assert (left(db, mine), left(db, other)) == (1, 0)
        credits.forget(db, [mine.identity_id])
        assert credits.balances(db, None) == {}
        db.execute(delete(CreditEntry))
        db.rollback()


@pytest.fixture(scope="module")
def ledger(_sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    """One database for all examples: each is rolled back."""
    home = tmp_path_factory.mktemp("ledger")
    (home / "var").mkdir()
    shutil.copy(_sqlite_template, home / "var" / "zhibu.db")
    with opened("", home) as fresh:
        yield fresh
