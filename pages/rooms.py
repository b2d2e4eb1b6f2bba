"""All rooms behind the door, in one list: each affair's blueprint joins the app here."""

from flask import Flask

from pages import (
    activities,
    appointments,
    attendance,
    banks,
    exams,
    helds,
    hours,
    imports,
    logins,
    members,
    prints,
    reminders,
    signin,
    study,
    subscribe,
)
from pages.door import Desk

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
)


def register(app: Flask, desk: Desk) -> None:
    """Hang every page of ours into the app."""
    for blueprint in ROOMS:
        app.register_blueprint(blueprint(desk))
