"""The tables and their codes; no rule lives here, only what must always be true (UNIQUE and CHECK)."""

from models.activity import Activity, ActivityKind, ActivityState
from models.base import Base
from models.checkin import CheckIn, HeldScan, Method, Seat, SeatState
from models.given import Given
from models.login import Login
from models.member import BindCode, Identity, Member, MemberStatus, WrongCode
from models.org import Org, OrgKind

__all__ = [
    "Activity",
    "ActivityKind",
    "ActivityState",
    "Base",
    "BindCode",
    "CheckIn",
    "Given",
    "HeldScan",
    "Identity",
    "Login",
    "Member",
    "MemberStatus",
    "Method",
    "Org",
    "OrgKind",
    "Seat",
    "SeatState",
    "WrongCode",
]
