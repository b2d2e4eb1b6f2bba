"""People and their WeChat identities: found, bound by one-time codes or unionid, forgotten when they unfollow."""

import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, func, or_, select, update
from sqlalchemy.orm import Session

from models.checkin import HeldScan
from models.member import GONE, ON_ROLL, BindCode, Identity, Member, MemberStatus, WrongCode
from services import credits, deliveries, outbox, visits
from services.errors import (
    BoundToAnother,
    CodeExpired,
    CodeUnknown,
    CodeUsed,
    MemberBound,
    NoSuchMember,
    PhoneUnknown,
    TooManyTries,
)
from services.rows import touched

CODE_DIGITS = 8
SPOKE_EVERY = timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class Account:
    """One WeChat account as the platform names it: an openid under an appid."""

    app_id: str
    openid: str

    @property
    def digest(self) -> str:
        """32 hex digits that stand for the account where the account itself must not be kept."""
        return hashlib.sha256(f"{self.app_id} {self.openid}".encode()).hexdigest()[:32]


@dataclass(frozen=True, slots=True)
class BindingRules:
    """How long a code lives and how many wrong ones are too many (config.yaml, binding)."""

    code_lives: timedelta
    wrong_tries: int
    lock: timedelta


def of_account(db: Session, account: Account) -> Member | None:
    """The member bound to the account, or None."""
    return db.scalar(
        select(Member).join(Identity).where(Identity.app_id == account.app_id, Identity.openid == account.openid)
    )


def spoke(db: Session, account: Account, now: datetime) -> None:
    """Note that a bound member has written: to the quarter of an hour, or if we have answered meanwhile.

    For 48 hours from then on customer service messages may go there.
    """
    bound = (Identity.app_id == account.app_id, Identity.openid == account.openid, Identity.member_id.is_not(None))
    stale = or_(Identity.answered > 0, Identity.spoke_at.is_(None), Identity.spoke_at < now - SPOKE_EVERY)
    db.execute(update(Identity).where(*bound, stale).values(spoke_at=now, answered=0))


def find(db: Session, wanted: str) -> Member:
    """The one member meant by a public id, a 编号 or a unique name. Raises NoSuchMember with the candidates."""
    wanted = wanted.strip()
    exact = db.scalars(select(Member).where(or_(Member.public_id == wanted, Member.number == wanted))).all()
    found = exact or db.scalars(select(Member).where(Member.name == wanted).order_by(Member.id)).all()
    if len(found) != 1:
        raise NoSuchMember(wanted, tuple((member.public_id, member.name) for member in found))
    return found[0]


def meet(db: Session, account: Account, now: datetime) -> Identity:
    """The identity of the account, made at first sight."""
    identity = known(db, account)
    if identity is None:
        identity = Identity(app_id=account.app_id, openid=account.openid, seen_at=now)
        db.add(identity)
        db.flush()
    return identity


def issue_code(db: Session, member: Member, now: datetime, lives: timedelta) -> BindCode:
    """A new 8-digit code for the member; unused earlier ones die with it."""
    db.execute(delete(BindCode).where(BindCode.member_id == member.id, BindCode.used_at.is_(None)))
    digits = _draw()
    while db.scalar(select(BindCode.id).where(BindCode.digits == digits)) is not None:
        digits = _draw()
    code = BindCode(member_id=member.id, digits=digits, issued_at=now, expires_at=now + lives)
    db.add(code)
    db.flush()
    return code


def slip_code(db: Session, member: Member, now: datetime, lives: timedelta) -> BindCode:
    """The code for the member's slip: the one already printed while it is good, else a new one."""
    printed = db.scalar(
        select(BindCode).where(BindCode.member_id == member.id, BindCode.used_at.is_(None), BindCode.expires_at > now)
    )
    return printed or issue_code(db, member, now, lives)


def bind(db: Session, account: Account, digits: str, message: str, now: datetime, rules: BindingRules) -> Member:
    """Bind the account to the member whose paper shows `digits`; the same message again is the same binding.

    Raises TooManyTries, CodeUnknown, CodeUsed, CodeExpired, BoundToAnother, MemberBound. The caller keeps
    wrong tries with `note_wrong_code`, in a transaction of their own, since a refusal rolls its own back.
    """
    _stop_if_locked(db, account, now, rules)
    # Locked, so that of all who hold this slip one is first and the others see what became of it.
    code = db.scalar(select(BindCode).where(BindCode.digits == digits).with_for_update())
    if code is None:
        raise CodeUnknown
    member = db.get_one(Member, code.member_id)
    if member.status is MemberStatus.DECEASED:
        raise CodeUnknown
    if code.used_by == message:
        return member
    if code.used_at is not None:
        raise CodeUsed
    if code.expires_at <= now:
        raise CodeExpired
    identity = meet(db, account, now)
    db.refresh(identity, with_for_update=True)  # the same account may hold another slip at this moment
    _join(db, identity, member, now, code.issued_at)
    code.used_at, code.used_by = now, message
    db.flush()
    return member


def bind_by_phone(db: Session, identity: Identity, phone: str, now: datetime) -> Member:
    """Bind the identity to the member on the roll with that number (11 digits, which WeChat vouches for).

    Bound to that member already it stays so. Raises PhoneUnknown where the number is nobody's or several people's,
    BoundToAnother, MemberBound: a number alone moves no binding, the office's slip does.
    """
    # a roster writes numbers as people do: 138 0000 0000, 138-0000-0000, +86…
    digits = func.replace(func.replace(Member.phone, " ", ""), "-", "")
    wanted = (phone, f"+86{phone}", f"86{phone}")
    found = list(db.scalars(select(Member).where(Member.status.not_in(GONE), digits.in_(wanted)).limit(2)))
    if len(found) != 1:
        raise PhoneUnknown
    db.refresh(identity, with_for_update=True)
    _join(db, identity, found[0], now, None)
    return found[0]


def note_wrong_code(db: Session, account: Account, message: str, now: datetime) -> None:
    """Remember a wrong bind code; the same message counts once, unfollowing does not wipe it out."""
    if db.get(WrongCode, message) is None:
        db.add(WrongCode(message=message, who=account.digest, at=now))
        db.flush()


def learn_unionid(db: Session, identity: Identity, unionid: str | None, now: datetime) -> Member | None:
    """Keep what WeChat says joins a person's accounts; returns the member whom that binds now, if any.

    Nobody is bound on an empty unionid, nobody already bound is moved, and where the accounts of one unionid
    belong to two members nothing is joined: a person has to look.
    """
    identity.asked_at = now
    if not unionid:
        return None
    identity.unionid = unionid
    db.flush()
    if identity.member_id is not None:
        return None
    same = select(Identity.member_id).where(Identity.unionid == unionid, Identity.member_id.is_not(None))
    members = set(db.scalars(same))
    if len(members) != 1:
        return None
    member = db.get_one(Member, members.pop())
    try:
        _join(db, identity, member, now, None)
    except MemberBound:
        return None
    return member


def forget_account(db: Session, account: Account, now: datetime) -> None:
    """Erase what ties a person to WeChat: identity, unionid, credits, logins, scans; the branch's records stay.

    What waited to be told is cancelled: who follows again begins clean.
    """
    identity = known(db, account)
    db.execute(delete(HeldScan).where(HeldScan.app_id == account.app_id, HeldScan.openid == account.openid))
    if identity is None:
        return
    if identity.member_id is not None:
        visits.end_all(db, identity.member_id)
        outbox.left(db, identity.member_id, now)
    let_go(db, [identity])


def let_go(db: Session, identities: Sequence[Identity]) -> None:
    """Erase accounts that are nobody's any more, with their credits, logins and scans: later nobody knows whose.

    Whoever writes from one of them is met anew.
    """
    numbers = [one.id for one in identities]
    for one in identities:
        db.execute(delete(HeldScan).where(HeldScan.app_id == one.app_id, HeldScan.openid == one.openid))
    credits.forget(db, numbers)
    deliveries.forget(db, numbers)
    db.execute(delete(Identity).where(Identity.id.in_(numbers)))


def purge(db: Session, now: datetime, held: timedelta, wrong: timedelta) -> int:
    """Forget waiting scans and wrong codes past their use; returns how many rows went."""
    scans = touched(db, delete(HeldScan).where(HeldScan.at < now - held))
    return scans + touched(db, delete(WrongCode).where(WrongCode.at < now - wrong))


def unbound(db: Session, app_id: str) -> list[Member]:
    """Everyone on the roll whom no WeChat account of that app is bound to, by group."""
    bound = select(Identity.member_id).where(Identity.app_id == app_id, Identity.member_id.is_not(None))
    return list(
        db.scalars(
            select(Member)
            .where(Member.status.in_(ON_ROLL), Member.id.not_in(bound))
            .order_by(Member.group_id, Member.id)
        )
    )


def unasked(db: Session, app_id: str, most: int) -> list[Identity]:
    """Followers whose unionid WeChat has not been asked for yet, oldest first."""
    return list(
        db.scalars(
            select(Identity)
            .where(Identity.app_id == app_id, Identity.asked_at.is_(None))
            .order_by(Identity.id)
            .limit(most)
        )
    )


def _draw() -> str:
    return f"{secrets.randbelow(9 * 10**7) + 10**7}"


def known(db: Session, account: Account) -> Identity | None:
    """The identity of the account, None before it is met and after it has left."""
    return db.scalar(select(Identity).where(Identity.app_id == account.app_id, Identity.openid == account.openid))


def _stop_if_locked(db: Session, account: Account, now: datetime, rules: BindingRules) -> None:
    since = now - rules.lock
    tries, last = db.execute(
        select(func.count(), func.max(WrongCode.at)).where(WrongCode.who == account.digest, WrongCode.at > since)
    ).one()
    if tries >= rules.wrong_tries:
        raise TooManyTries(until=last + rules.lock)


def _join(db: Session, identity: Identity, member: Member, now: datetime, allowed_at: datetime | None) -> None:
    """Tie the identity to the member; only a binding older than `allowed_at` (the office's new code) gives way."""
    if identity.member_id == member.id:
        return
    if identity.member is not None:
        raise BoundToAnother(identity.member.name)
    rival = db.scalar(select(Identity).where(Identity.app_id == identity.app_id, Identity.member_id == member.id))
    if rival is not None:
        if allowed_at is None or rival.bound_at is None or rival.bound_at >= allowed_at:
            raise MemberBound
        let_go(db, [rival])
        visits.end_all(db, member.id)  # it was the old account that let them in
        db.flush()
    identity.member_id = member.id
    identity.bound_at = now
    db.flush()
