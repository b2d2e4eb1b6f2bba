"""The tables as workbooks (xlsx): the same forms as on the pages and on paper, each export noted in the log."""

from urllib.parse import quote

import flask
from flask_openapi3.blueprint import APIBlueprint
from pydantic import Field
from sqlalchemy.orm import Session

from miniprogram_api import own
from miniprogram_api.figures import PERIOD, span_of
from miniprogram_api.office import Office
from miniprogram_api.room import Room
from miniprogram_api.shapes import ActivityPath, Asked
from services import events, orgs
from services.rights import Act
from sheets import forms
from sheets.forms import Form

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


class PeriodAsked(Asked):
    """Which span: 2026, 2026Q4, 2026-11."""

    period: str = Field(pattern=PERIOD, examples=["2026"])


def blueprint(office: Office) -> APIBlueprint:
    """GET /stats.xlsx, plan, leaves, hours, members; of an activity roster.xlsx and record.xlsx."""
    room = Room("files", office, "The tables as workbooks, each export logged")
    _of_spans(room, office)
    _of_activities(room, office)
    return room.blueprint


def _of_spans(room: Room, office: Office) -> None:
    @room.get("/stats.xlsx", file=XLSX)
    def stats(db: Session, act: Act, query: PeriodAsked) -> flask.Response:
        """党员参加组织生活情况统计表 of the people one sees."""
        return _workbook(db, act, office, "year", _span(query))

    @room.get("/plan.xlsx", file=XLSX)
    def plan(db: Session, act: Act, query: PeriodAsked) -> flask.Response:
        """三会一课、主题党日落实情况一览表 of the meetings one runs or sees."""
        return _workbook(db, act, office, "plan", _span(query))

    @room.get("/leaves.xlsx", file=XLSX)
    def leaves(db: Session, act: Act, query: PeriodAsked) -> flask.Response:
        """请假补课登记表 of the people one sees."""
        return _workbook(db, act, office, "leave", _span(query))

    @room.get("/hours.xlsx", file=XLSX)
    def hours(db: Session, act: Act, query: PeriodAsked) -> flask.Response:
        """党员集中学习培训学时登记表 of the people one sees."""
        return _workbook(db, act, office, "hours", _span(query))

    @room.get("/members.xlsx", file=XLSX)
    def members(db: Session, act: Act) -> flask.Response:
        """党员名册 of the people one sees, as of today."""
        return _workbook(db, act, office, "roster", "")


def _of_activities(room: Room, office: Office) -> None:
    @room.get("/activities/<activity>/roster.xlsx", file=XLSX)
    def roster(db: Session, act: Act, path: ActivityPath) -> flask.Response:
        """签到表 of one activity, of the people one sees."""
        return _workbook(db, act, office, "signin", own.activity(db, act, path.activity).public_id)

    @room.get("/activities/<activity>/record.xlsx", file=XLSX)
    def record(db: Session, act: Act, path: ActivityPath) -> flask.Response:
        """会议记录首页 of one activity, for who runs it or sees the branch."""
        return _workbook(db, act, office, "record", own.activity(db, act, path.activity).public_id)


def _span(query: PeriodAsked) -> str:
    return str(span_of(query.period))


def _workbook(db: Session, act: Act, office: Office, form: str, which: str) -> flask.Response:
    """The form filled in as this person may have it; the note of it has a transaction of its own. Raises NotAllowed."""
    page = office.forms[form](db, act, which)
    title = page.layout.title if isinstance(page, Form) else page.title
    office.run(lambda log: events.log(log, act, "exported", orgs.branch(log), form=title, which=page.about))
    response = flask.make_response(forms.workbook(page))
    name = f"{title} {page.head.branch} {page.about}.xlsx"
    response.headers["Content-Type"] = XLSX
    response.headers["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(name)}"
    response.headers["Cache-Control"] = "private, no-store"
    return response
