"""Forms on paper (/h5/print/…) and as workbooks (/h5/export/…): the same form, one click from either to the other."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from urllib.parse import quote

import flask
from flask import Blueprint, Response
from sqlalchemy.orm import Session
from werkzeug.exceptions import NotFound

from models.activity import Activity, ActivityState
from pages import door, papers
from pages.door import Desk, Room
from services import activities, events, orgs
from services.calendar import today
from services.rights import Act
from services.statistics import Span
from sheets import forms, ledgers
from sheets.forms import FirstPage, Form
from texts import statistics as texts

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_RECENT = 20  # activities on the first page
Fill = Callable[[Desk, Session, Act, str], Form | FirstPage]


@dataclass(frozen=True, slots=True)
class Sort:
    """One form: its address below /h5/print/, its title, how it is filled in, and where its page leads back to."""

    path: str
    title: str
    fill: Fill
    back: str = "/h5/print"
    office: bool = False  # for those who run the branch alone

    @property
    def name(self) -> str:
        """What stands first in its address."""
        return self.path.partition("/")[0]


def _of_span(
    fill: Callable[[Desk, Session, Act, Span], Form],
) -> Fill:
    def filled(desk: Desk, db: Session, act: Act, which: str) -> Form:
        span = Span.parse(which)
        if span is None:
            raise NotFound
        return fill(desk, db, act, span)

    return filled


def _of_activity(fill: Callable[[Desk, Session, Act, Activity], Form | FirstPage]) -> Fill:
    def filled(desk: Desk, db: Session, act: Act, which: str) -> Form | FirstPage:
        return fill(desk, db, act, activities.find(db, which))

    return filled


def _roster(desk: Desk, db: Session, act: Act, _which: str) -> Form:
    return papers.roster(desk, db, act)


SORTS = (
    Sort("plan/<which>", ledgers.OVERVIEW.title, _of_span(papers.overview)),
    Sort("signin/<which>", ledgers.SIGN_IN.title, _of_activity(papers.sign_in), "/h5/a/{}"),
    Sort("year/<which>", ledgers.YEAR.title, _of_span(papers.year)),
    Sort("leave/<which>", ledgers.LEAVE.title, _of_span(papers.leaves)),
    Sort("hours/<which>", ledgers.HOURS.title, _of_span(papers.hours)),
    Sort("opinions/<which>", ledgers.OPINIONS.title, _of_span(papers.opinions), "/h5/opinions", office=True),
    Sort("openness/<which>", ledgers.OPENNESS.title, _of_span(papers.openness), "/h5/bulletins", office=True),
    Sort("roster", ledgers.ROSTER.title, _roster),
    Sort("record/<which>", ledgers.RECORD, _of_activity(papers.record), "/h5/a/{}"),
)


def blueprint(desk: Desk) -> Blueprint:
    """GET /h5/print, the list; /h5/print/<form>, the page to print; /h5/export/<form>, the same as .xlsx."""
    room = Room("prints", desk)
    room.get("/h5/print")(partial_named("index", _index, desk))
    for sort in SORTS:
        room.get(f"/h5/print/{sort.path}")(partial_named(sort.name, _page, desk, sort))
        room.get(f"/h5/export/{sort.path}")(partial_named(f"{sort.name}_workbook", _workbook, desk, sort))
    return room.blueprint


def partial_named(name: str, view: Callable[..., Response], *parts: object) -> Callable[..., Response]:
    """The view with its first arguments given, under a name of its own for its address."""
    given = partial(view, *parts)
    given.__name__ = name  # type: ignore[attr-defined] # a partial takes any attribute; Flask asks for this one
    return given


def _index(desk: Desk, db: Session, act: Act) -> Response:
    act.demand(act.rights.leads)
    day = today(act.now, desk.zone)
    spans = [
        Span(day.year),
        Span(day.year, quarter=(day.month + 2) // 3),
        Span(day.year, month=day.month),
        Span(day.year - 1),
    ]
    since, until = Span(day.year).bounds(desk.zone)
    shown = [
        one
        for one in reversed(activities.between(db, since, until))
        if one.state is not ActivityState.CANCELLED and (act.rights.sees_branch or act.rights.runs(one))
    ]
    return door.show(
        desk,
        act,
        "print/index.html",
        spans=[(str(one), texts.span(one.year, one.quarter, one.month)) for one in spans],
        sorts=[
            (sort.name, sort.title)
            for sort in SORTS
            if sort.fill is not _roster and (act.rights.runs_branch or not sort.office)
        ],
        shown=shown[:_RECENT],
    )


def _page(desk: Desk, sort: Sort, db: Session, act: Act, which: str = "") -> Response:
    page = sort.fill(desk, db, act, which)
    if isinstance(page, Form):
        whole = sum(column.width for column in page.layout.columns)
        shares = [round(100 * column.width / whole, 2) for column in page.layout.columns]
        template, title = "print/form.html", page.layout.title
    else:
        shares, template, title = [], "print/first_page.html", page.title
    return door.show(
        desk,
        act,
        template,
        page=page,
        title=title,
        head=forms.head_of(page.head),
        shares=shares,
        back=sort.back.format(which),
        workbook=flask.request.path.replace("/h5/print/", "/h5/export/", 1),
    )


def _workbook(desk: Desk, sort: Sort, db: Session, act: Act, which: str = "") -> Response:
    page = sort.fill(desk, db, act, which)
    desk.run(lambda log: events.log(log, act, "exported", orgs.branch(log), form=sort.title, which=page.about))
    response = flask.make_response(forms.workbook(page))
    name = f"{sort.title} {page.head.branch} {page.about}.xlsx"
    response.headers["Content-Type"] = XLSX
    response.headers["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(name)}"
    return response
