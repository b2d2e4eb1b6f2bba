"""The chat's dialogues, one file an affair; importing this package registers them all."""

from bot.dialogues import (
    activity,
    assist,
    binding,
    bulletin,
    checkin,
    confidential,
    decision,
    exam,
    hours,
    leave,
    login,
    makeup,
    my_rights,
    notice,
    opinion,
    record,
    round,  # noqa: A004 - the affair's name, as everywhere
    study,
)
from bot.turn import REGISTRY

__all__ = [
    "REGISTRY",
    "activity",
    "assist",
    "binding",
    "bulletin",
    "checkin",
    "confidential",
    "decision",
    "exam",
    "hours",
    "leave",
    "login",
    "makeup",
    "my_rights",
    "notice",
    "opinion",
    "record",
    "round",
    "study",
]
