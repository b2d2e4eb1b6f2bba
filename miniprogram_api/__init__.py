"""Entrance 2, the mini-program's JSON API: all affairs in one list, each a file with its routes and shapes."""

from dataclasses import replace

import flask

from miniprogram_api import (
    activities,
    bulletins,
    checkins,
    document,
    exams,
    figures,
    files,
    helds,
    leaves,
    logins,
    makeups,
    mine,
    opinions,
    records,
    rounds,
    seats,
    study,
)
from miniprogram_api.errors import answer
from miniprogram_api.office import Office
from miniprogram_api.pace import Pace

__all__ = ["AFFAIRS", "Office", "Pace", "answer", "register"]

AFFAIRS = (
    logins.blueprint,
    activities.blueprint,
    checkins.blueprint,
    seats.blueprint,
    leaves.blueprint,
    makeups.blueprint,
    records.blueprint,
    figures.blueprint,
    files.blueprint,
    mine.blueprint,
    study.blueprint,
    exams.blueprint,
    helds.blueprint,
    opinions.blueprint,
    rounds.blueprint,
    bulletins.blueprint,
)


def register(app: flask.Flask, office: Office) -> None:
    """Hang every route into the app, and the document made of them."""
    for affair in AFFAIRS:
        app.register_blueprint(affair(office))
    documented = replace(office, documented=True)
    app.register_blueprint(document.blueprint(lambda: [affair(documented) for affair in AFFAIRS]))
