"""Pictures of opinions are fetched within the three days that WeChat keeps them, and never twice."""

from datetime import timedelta

from sqlalchemy import select

from jobs import pictures
from models.opinion import OpinionPicture
from services import opinions
from simulator.faults import Fault
from simulator.media import PICTURE, VIDEO
from tests.branch import Branch
from tests.talks.conftest import branch  # noqa: F401 - the same fixture for this folder

MEDIA = "/cgi-bin/media/get"


def fetch(branch: Branch) -> str:  # noqa: F811 - the fixture handed on
    return pictures.fetch(branch.house.desk(), branch.clock.now())


def rows(branch: Branch) -> list[tuple[bytes | None, str, str]]:  # noqa: F811
    """(content, its type, why it failed) of each."""
    with branch.house.reading() as db:
        found = db.scalars(select(OpinionPicture).order_by(OpinionPicture.id))
        return [(one.content, one.content_type, one.failed) for one in found]


def test_pictures_are_fetched_once_and_what_is_gone_is_given_up(branch: Branch) -> None:  # noqa: F811
    phone = branch.bound("张建国")
    for words in ("意见", "1", "屋顶漏雨", "5"):
        phone.says(words)
    phone.does(phone.person.sends_picture())
    branch.world.faults.plan(MEDIA, Fault(status=500))
    assert fetch(branch) == "fetched=0 lost=0 stopped=OutcomeUnknown"
    branch.world.faults.plan(MEDIA, Fault(errcode=45009))
    assert "stopped=ApiExhausted" in fetch(branch)
    branch.world.faults.plan(MEDIA, Fault(errcode=48001))
    assert "stopped=48001" in fetch(branch)
    assert rows(branch) == [(None, "", "")]
    assert fetch(branch) == "fetched=1 lost=0"
    assert rows(branch) == [(PICTURE, "image/png", "")]
    assert fetch(branch) == "fetched=0 lost=0"
    phone.does(phone.person.sends_picture())
    with branch.house.transaction() as db:
        first = select(OpinionPicture.id).order_by(OpinionPicture.id.desc()).limit(1)
        assert opinions.fetched(db, db.scalars(first).one(), VIDEO) == "unfit"  # says that it is a picture
    phone.does(phone.person.sends_picture())
    branch.clock.advance(timedelta(days=4).total_seconds())
    branch.world.faults.plan(MEDIA, Fault(errcode=48001))  # whatever WeChat says of it, it keeps it no more
    assert fetch(branch) == "fetched=0 lost=1"
    assert rows(branch)[1:] == [(None, "", "unfit"), (None, "", "gone")]
    assert fetch(branch) == "fetched=0 lost=0"
