"""All rooms behind the door, in one list: each affair's blueprint joins the app here; and what is open to anybody."""

from functools import partial

from flask import Flask

from pages import (
    activities,
    appointments,
    asked,
    attendance,
    banks,
    board,
    bulletins,
    exams,
    helds,
    hours,
    imports,
    logins,
    members,
    opinions,
    prints,
    reminders,
    rounds,
    signin,
    study,
    subscribe,
)
from pages import open as outside
from pages.door import Desk

OUTSIDE: tuple[outside.Behind, ...] = (asked.OUTSIDE, board.OUTSIDE)  # in this order asked whether a secret is theirs

ROOMS = (
    signin.blueprint,
    attendance.blueprint,
    helds.blueprint,
    activities.blueprint,
    members.blueprint,
    imports.blueprint,
    appointments.blueprint,
    logins.blueprint,
    prints.blueprint,
    banks.blueprint,
    banks.arrivals,
    study.blueprint,
    exams.blueprint,
    hours.blueprint,
    reminders.blueprint,
    subscribe.blueprint,
    opinions.blueprint,
    rounds.blueprint,
    asked.blueprint,
    bulletins.blueprint,
    board.blueprint,
    partial(outside.blueprint, OUTSIDE),
)


def register(app: Flask, desk: Desk) -> None:
    """Hang every page of ours into the app."""
    for blueprint in ROOMS:
        app.register_blueprint(blueprint(desk))
