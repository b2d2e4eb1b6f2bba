"""The branch and its groups: found by name, made when a roster names a new one."""

from collections.abc import Collection

from sqlalchemy import select
from sqlalchemy.orm import Session

from models.org import Org, OrgKind
from services.errors import NoSuchGroup


def branch(db: Session, name: str = "") -> Org:
    """The installation's one branch; made at the first call, renamed when the configuration says another name."""
    found = db.scalar(select(Org).where(Org.kind == OrgKind.BRANCH).order_by(Org.id).limit(1))
    if found is None:
        found = Org(kind=OrgKind.BRANCH, parent_id=None, name=name)
        db.add(found)
        db.flush()
    elif name and found.name != name:
        found.name = name
    return found


def hold(db: Session) -> Org:
    """The branch, held until the transaction ends: of two who change the roll at once the second waits."""
    found = branch(db)
    db.refresh(found, with_for_update=True)
    return found


def groups(db: Session, only: Collection[int] | None = None) -> list[Org]:
    """The groups of the branch, as they were made; of these ids, if they are named."""
    found = select(Org).where(Org.kind == OrgKind.GROUP).order_by(Org.id)
    return list(db.scalars(found if only is None else found.where(Org.id.in_(only))))


def group(db: Session, name: str) -> Org:
    """The group of that name below the branch, made if there is none."""
    above = branch(db)
    found = db.scalar(select(Org).where(Org.parent_id == above.id, Org.name == name))
    if found is None:
        found = Org(kind=OrgKind.GROUP, parent_id=above.id, name=name)
        db.add(found)
        db.flush()
    return found


def known_group(db: Session, name: str) -> Org:
    """The group of that name. Raises NoSuchGroup."""
    above = select(Org.id).where(Org.kind == OrgKind.BRANCH).order_by(Org.id).limit(1)
    found = db.scalar(select(Org).where(Org.parent_id == above.scalar_subquery(), Org.name == name))
    if found is None:
        raise NoSuchGroup(name)
    return found
