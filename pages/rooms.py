"""All rooms behind the door, in one list: each affair's blueprint joins the app here."""

from flask import Flask

from pages import activities, appointments, attendance, imports, logins, members, prints, signin
from pages.door import Desk

ROOMS = (
    signin.blueprint,
    attendance.blueprint,
    activities.blueprint,
    members.blueprint,
    imports.blueprint,
    appointments.blueprint,
    logins.blueprint,
    prints.blueprint,
)


def register(app: Flask, desk: Desk) -> None:
    """Hang every page of ours into the app."""
    for blueprint in ROOMS:
        app.register_blueprint(blueprint(desk))
