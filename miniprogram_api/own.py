"""What is one's own to look at: whatever is not is answered as what is not there, and so tells nothing."""

from sqlalchemy.orm import Session

from models.activity import Activity
from models.member import Member
from models.org import Org
from services import orgs, sights
from services.errors import NoSuchActivity, NoSuchGroup, NoSuchMember, NotAllowed
from services.rights import Act


def activity(db: Session, act: Act, public_id: str) -> Activity:
    """The activity of that public id. Raises NoSuchActivity, also where it is foreign."""
    try:
        return sights.activity(db, act, public_id)
    except NotAllowed:
        raise NoSuchActivity from None


def member(db: Session, act: Act, public_id: str) -> Member:
    """Oneself, or somebody of a group one sees. Raises NoSuchMember, also for others."""
    try:
        return sights.member(db, act, public_id)
    except NotAllowed:
        raise NoSuchMember(public_id) from None


def org(db: Session, act: Act, group: str) -> Org:
    """The group of that name. Raises NoSuchGroup, also where one does not see it."""
    found = orgs.known_group(db, group)
    if not act.rights.sees_group(found.id):
        raise NoSuchGroup(group)
    return found
