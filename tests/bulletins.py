"""Bulletins for tests: drafted and published as the office does it."""

from typing import TypedDict, Unpack

from sqlalchemy.orm import Session

from models.bulletin import BulletinAudience, BulletinKind
from services import bulletins, orgs
from tests.branch import Branch

TEXT = "各位同志：请按时参加11月主题党日。\n地点在三楼会议室。"


class Said(TypedDict, total=False):
    """What else a draft says."""

    audience: BulletinAudience
    decision: str
    contact: str
    duty: str


def published(
    branch: Branch,
    title: str = "关于主题党日的通知",
    *,
    kind: BulletinKind = BulletinKind.NOTICE,
    body: str = TEXT,
    group: str = "",
    **said: Unpack[Said],
) -> str:
    """A bulletin that has been made known; returns its public id."""
    house = branch.house

    def work(db: Session) -> str:
        found = orgs.known_group(db, group) if group else None
        if found:
            said["audience"] = BulletinAudience.GROUP
        made = bulletins.make(db, house.operator(), bulletins.Draft(kind, title, body, group=found, **said))
        bulletins.publish(db, house.operator(), made)
        return made.public_id

    return house.run(work)


def revised(branch: Branch, bulletin_id: str, body: str) -> int:
    """A new edition; returns how many are told."""
    house = branch.house

    def work(db: Session) -> int:
        found = bulletins.find(db, house.operator(), bulletin_id)
        return bulletins.revise(db, house.operator(), found, body, found.version)

    return house.run(work)


def withdrawn(branch: Branch, bulletin_id: str) -> None:
    """Taken back."""
    house = branch.house
    house.run(lambda db: bulletins.withdraw(db, house.operator(), bulletins.find(db, house.operator(), bulletin_id)))
