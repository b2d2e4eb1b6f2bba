"""Role x operation x own or foreign group: every operation of the document has its row here, or this fails."""

import io
import json
import re
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date

import pytest
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from models.appointment import Role
from services import appointments, members, orgs
from tests.api.stage import COMMITTEE_MEETING, MEETING, OF_FIRST, PEOPLE, Stage, set_up
from tests.pages.conftest import office  # noqa: F401 - the same branch for this folder
from tests.pages.office import FIRST, LEADER, MEMBER, Office

EVERYBODY = "SOCLFMX"
LEADS, SEES, RUNS, OWN = "SOCLF", "SOC", "SO", "SOL"
NOWHERE = "zzzzzzzzzz"  # the id of nothing
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
LATER = "2026-12-24T14:00:00+08:00"
SECRETS: Mapping[str, tuple[str, ...]] = {  # what is never told to whom, whatever is asked
    "F": (MEETING, COMMITTEE_MEETING, MEMBER, "甲组的秘密事"),
    "X": (MEETING, COMMITTEE_MEETING, MEMBER, "甲组的秘密事"),
    "M": (COMMITTEE_MEETING,),
    "L": (COMMITTEE_MEETING,),
}


@dataclass(frozen=True)
class Row:
    """An operation with a subject of the first group (or the branch's): who may, and who sees it but may not.

    For everybody else it is as if the subject did not exist.
    """

    operation: str  # as in the document, but {name:subject} where ids go
    may: str
    sees: str = ""
    query: Mapping[str, str] = field(default_factory=dict)
    body: Mapping[str, object] | None = None

    @property
    def named(self) -> str:
        """The operation as the document names it."""
        return re.sub(r"\{(\w+):\w+\}", r"{\1}", self.operation)

    def about(self, subjects: Mapping[str, str]) -> "Row":
        """With ids in place of the subjects' names."""
        body = {name: _filled(value, subjects) for name, value in self.body.items()} if self.body is not None else None
        query = {name: value.format(**subjects) for name, value in self.query.items()}
        operation = re.sub(r"\{\w+:(\w+)\}", lambda found: subjects[found[1]], self.operation)
        return replace(self, operation=operation, query=query, body=body)

    def foreign(self, subjects: Mapping[str, str]) -> "Row":
        """The same about what does not exist; a foreign person is looked for at the branch's activity that is there."""
        there = ("all", "later") if "{member}" in f"{self.operation}{self.body}".replace(":member}", "}") else ()
        return self.about(dict.fromkeys(subjects, NOWHERE) | {one: subjects[one] for one in there})


def get(operation: str, may: str, sees: str = "", **query: str) -> Row:
    """Something to read."""
    return Row(f"GET /api/v1{operation}", may, sees, query)


def post(operation: str, may: str, sees: str = "", **body: object) -> Row:
    """Something to do, complete but for what would change the subject of the next row."""
    return Row(f"POST /api/v1{operation}", may, sees, body=body)


def bare(operation: str, may: str, sees: str = "") -> Row:
    """Something to do that takes no body."""
    return Row(f"POST /api/v1{operation}", may, sees)


WORDS = {"reason": "防汛值班", "version": 1}
MOVED = {**WORDS, "starts_at": LATER}
MEETS = {"kind": "group_meeting", "title": "学习会", "starts_at": LATER}
SAID = {"said": "came", "reason": "在会场"}
ANSWERED = [{"question": 1, "numbers": [1]}]
ROWS = [
    get("/me", EVERYBODY),
    get("/logins", EVERYBODY),
    bare("/logins/0123456789abcdef/end", EVERYBODY),
    # planning: of the first group, of the branch, of the committee
    get("/activities", LEADS),
    get("/activities", SEES + "L", group="{first}"),
    get("/activities/{activity:open}", "SOCL"),
    get("/activities/{activity:all}", LEADS),
    get("/activities/{activity:committee}", SEES),
    post("/activities", OWN, "C", **MEETS, group="{first}"),
    post("/activities", RUNS, **{**MEETS, "kind": "party_day"}),
    post("/activities/{activity:planned}/move", OWN, "C", **MOVED),
    post("/activities/{activity:later}/move", RUNS, "CLF", **MOVED),
    Row("PATCH /api/v1/activities/{activity:planned}", OWN, "C", body=MOVED),
    post("/activities/{activity:planned}/cancel", OWN, "C", **WORDS),
    post("/activities/{activity:later}/cancel", RUNS, "CLF", **WORDS),
    post("/activities/{activity:committee}/cancel", RUNS, "C", **WORDS),
    bare("/activities/{activity:planned}/open", OWN, "C"),
    bare("/activities/{activity:later}/open", RUNS, "CLF"),
    bare("/activities/{activity:open}/close", OWN, "C"),
    bare("/activities/{activity:all}/close", RUNS, "CLF"),
    # who is here
    get("/activities/{activity:open}/roster", "SOCL"),
    get("/activities/{activity:all}/roster", LEADS),
    get("/activities/{activity:open}/token", OWN, "C"),
    get("/activities/{activity:all}/token", RUNS, "CLF"),
    post("/activities/{activity:open}/checkins", OF_FIRST, method="number", code="000000"),
    post("/activities/{activity:open}/registrations", OWN, "C", member_ids=["{member}"], reason="手机没电"),
    post("/activities/{activity:all}/registrations", OWN, "C", member_ids=["{member}"], reason="手机没电"),
    post("/activities/{activity:open}/reminders", OWN, "C", member_ids=["{member}"]),
    post("/activities/{activity:all}/reminders", OWN, "C", member_ids=["{member}"]),
    post("/activities/{activity:open}/reminders", OWN, "C", member_ids="absent"),
    get("/activities/{activity:open}/records/{member:member}", OWN, "C"),
    get("/activities/{activity:all}/records/{member:member}", OWN, "C"),
    post("/corrections", OWN, "C", activity="{open}", member="{member}", **SAID),
    post("/corrections", OWN, "C", activity="{all}", member="{member}", **SAID),
    # leave and make-ups
    get("/leaves", "SLF"),
    get("/leaves/mine", EVERYBODY),
    post("/activities/{activity:open}/leaves", OF_FIRST, reason_class="trip"),
    post("/activities/{activity:later}/family-leaves", OWN, "C", member="{member}", reason_class="sick"),
    post("/leaves/{leave:leave}/decision", "SL", "OCM", ok=True),
    bare("/leaves/{leave:leave}/withdraw", "M"),
    get("/makeups", "SOLF"),
    get("/makeups/owed", EVERYBODY),
    post("/activities/{activity:closed}/makeups", OF_FIRST, way="recording", content="看了录播"),
    bare("/makeups/{makeup:makeup}/confirm", OWN, "CM"),
    # texts that wait for a look
    get("/held-texts", RUNS),
    get("/held-texts/mine", EVERYBODY),
    post("/activities", OWN, "C", **{**MEETS, "title": "存疑的会"}, group="{first}"),
    post("/activities/{activity:planned}/cancel", OWN, "C", **{**WORDS, "reason": "存疑"}),
    post("/held-texts/{text:text}/decision", RUNS, show=True),
    # figures
    get("/stats", LEADS, period="2026Q4"),
    get("/stats", SEES + "L", period="2026Q4", group="{first}"),
    get("/concerns", LEADS),
    get("/seats", EVERYBODY),
    # on paper
    get("/stats.xlsx", LEADS, period="2026"),
    get("/plan.xlsx", LEADS, period="2026"),
    get("/leaves.xlsx", LEADS, period="2026"),
    get("/hours.xlsx", LEADS, period="2026"),
    get("/members.xlsx", LEADS),
    get("/activities/{activity:open}/roster.xlsx", "SOCL"),
    get("/activities/{activity:open}/record.xlsx", "SOCL"),
    get("/activities/{activity:committee}/record.xlsx", SEES),
    # one's own
    get("/me/record", EVERYBODY),
    get("/me/hours", EVERYBODY),
    get("/me/notices", EVERYBODY),
    post("/me/notices/shown", EVERYBODY, ids=["e7g9h3j5km"]),
    get("/me/wishes", EVERYBODY),
    post("/me/wishes", EVERYBODY, study="daily"),
    # rounds: the first group is asked
    get("/rounds", EVERYBODY),
    get("/rounds/{round:round}", OF_FIRST),
    get("/rounds/{round:unnamed}", OF_FIRST),
    post("/rounds/{round:round}/answers", OF_FIRST, answers=ANSWERED),
    post("/rounds/{round:unnamed}/ballots", OF_FIRST, answers=ANSWERED, ballot="f" * 32),
    # opinions: the member's, answered by those who run the branch
    get("/opinions", EVERYBODY),
    post("/opinions", EVERYBODY, category="study", text="建议录播"),
    get("/opinions/queue", RUNS),
    post("/opinions/{opinion:opinion}/answer", RUNS, verdict="adopted", answer="好的", version=1),
    # bulletins: this one is for the first group
    get("/bulletins", EVERYBODY),
    get("/bulletins/{bulletin:bulletin}", OF_FIRST),
    bare("/bulletins/{bulletin:bulletin}/read", OF_FIRST),
    get("/bulletins/{bulletin:bulletin}/files/{file:file}", OF_FIRST),
    get("/me/rights", EVERYBODY),
    # study and exams: a score is the member's and of those who run study
    get("/study", EVERYBODY),
    get("/study/question", EVERYBODY),
    post("/study/answers", EVERYBODY, question="{question}", version=1, purpose="today", answer="B"),
    get("/study/path", EVERYBODY),
    bare("/study/path/{step:step}/read", EVERYBODY),
    get("/papers", EVERYBODY),
    get("/papers/all", SEES),
    get("/papers/{paper:paper}/results", SEES),
    bare("/papers/{paper:paper}/sittings", EVERYBODY),
    get("/sittings", EVERYBODY),
    get("/sittings/{sitting:sitting}", SEES + "M"),
    post("/sittings/{sitting:sitting}/answers", "M", question="{question}", version=1, answer="B"),
    bare("/sittings/{sitting:sitting}/hand-in", "M"),
]
FOR_ANYBODY = {"POST /api/v1/login", "POST /api/v1/bind", "POST /api/v1/logout"}  # test_login.py


@pytest.fixture(scope="module")
def stage(office: Office, tmp_path_factory: pytest.TempPathFactory) -> Stage:  # noqa: F811 - the fixture
    """The branch with a subject for every row."""
    return set_up(office, tmp_path_factory.mktemp("stage") / "kept.db")


@pytest.fixture
def fresh(stage: Stage) -> Stage:
    """The same, as it was at the beginning."""
    stage.rewind()
    return stage


def test_every_operation_has_a_row(stage: Stage) -> None:
    assert operations(stage) - {row.named for row in _rows()} - FOR_ANYBODY == set(), "an operation without a row"
    assert {row.named for row in _rows()} - operations(stage) == set(), "a row without an operation"


@pytest.mark.parametrize("row", ROWS, ids=[f"{row.operation} {dict(row.query)}" for row in ROWS])
def test_who_may(fresh: Stage, row: Row) -> None:
    asked, foreign = row.about(fresh.subjects), row.foreign(fresh.subjects)
    for letter in sorted(PEOPLE, key=lambda one: one in row.may):  # those who may not ask first, before it changes
        answer = _ask(fresh, letter, asked)
        if letter in row.may:
            assert answer.status_code not in {401, 403, 404, 422}, f"{letter} may: {answer.get_data(as_text=True)}"
            assert answer.status_code < 500, (letter, answer.status_code)
        elif letter in row.sees:
            assert (answer.status_code, answer.get_json()["code"]) == (403, "forbidden"), (letter, answer.get_json())
        else:
            assert answer.status_code in {403, 404}, f"{letter} may not, and got {answer.status_code}"
            nothing = _ask(fresh, letter, foreign)
            assert _told(fresh, answer) == _told(fresh, nothing), f"{letter} can tell it from nothing"
        text = _text(answer)
        assert [one for one in SECRETS.get(letter, ()) if one in text and PEOPLE[letter] != one] == [], letter


def test_nobody_may_without_a_login(stage: Stage) -> None:
    for row in ROWS:
        answer = _ask(stage, "", row.about(stage.subjects))
        assert (answer.status_code, answer.get_json()["code"]) == (401, "login"), row


def test_ending_an_office_ends_its_rights_at_that_moment_in_logins_already_open(fresh: Stage) -> None:
    name, office = "换届的组长", fresh.office  # noqa: F811 - the stage's own
    office.join(name)
    held = office.appoint(name, Role.GROUP_LEADER, FIRST)
    fresh.tokens["new"] = fresh.login(name)
    rows = [row for row in ROWS if "L" in row.may and "M" not in row.may]
    assert len(rows) > 20
    for row in rows:
        if row.operation.startswith("GET"):
            assert _ask(fresh, "new", row.about(fresh.subjects)).status_code == 200, row
    office.dismiss(held)
    for row in rows:
        answer = _ask(fresh, "new", row.about(fresh.subjects))
        assert answer.status_code in {403, 404}, (row, answer.status_code)
        assert MEETING not in _text(answer)
    assert fresh.ask("new", "GET /api/v1/me").get_json()["leads"] == []


def test_an_office_begins_on_its_day(fresh: Stage) -> None:
    name, office = "下月的组长", fresh.office  # noqa: F811 - the stage's own
    office.join(name)
    begins = date(2026, 11, 24)

    def appoint(db: Session) -> None:
        group, operator = orgs.known_group(db, FIRST), office.house.operator()
        appointments.appoint(db, operator, members.find(db, name), Role.GROUP_LEADER, group, begins)

    office.house.run(appoint)
    fresh.tokens["new"] = fresh.login(name)
    assert fresh.ask("new", "GET /api/v1/activities").status_code == 403
    office.branch.clock.advance(2 * 24 * 3600)
    assert fresh.ask("new", "GET /api/v1/activities").status_code == 200


def test_nobody_ends_somebody_elses_login(fresh: Stage) -> None:
    mine = fresh.ask("L", "GET /api/v1/logins").get_json()["logins"][0]["id"]
    for letter in "SOCFMX":
        assert fresh.ask(letter, f"POST /api/v1/logins/{mine}/end").status_code == 204
    assert fresh.ask("L", "GET /api/v1/me").get_json()["name"] == LEADER
    fresh.ask("L", f"POST /api/v1/logins/{mine}/end")
    assert fresh.ask("L", "GET /api/v1/me").status_code == 401


def operations(stage: Stage) -> set[str]:
    """Every operation of the document, by its name."""
    paths = stage.document["paths"]
    assert isinstance(paths, dict)
    return {f"{method.upper()} {path}" for path, item in paths.items() for method in item}


def _rows() -> list[Row]:
    return [replace(row, operation=row.operation.replace("0123456789abcdef", "{login:none}")) for row in ROWS]


def _ask(stage: Stage, letter: str, row: Row) -> TestResponse:
    return stage.ask(letter, row.operation, query=row.query, body=row.body)


def _filled(value: object, subjects: Mapping[str, str]) -> object:
    if isinstance(value, list):
        return [_filled(one, subjects) for one in value]
    return value.format(**subjects) if isinstance(value, str) else value


def _told(stage: Stage, answer: TestResponse) -> tuple[int, str]:
    """The answer without what whoever asked has named."""
    text = _text(answer)
    for named in stage.subjects.values():
        text = text.replace(named, NOWHERE)
    return answer.status_code, text


def _text(answer: TestResponse) -> str:
    """What can be read of it, also in a workbook."""
    if answer.mimetype != XLSX:
        return json.dumps(answer.get_json(), ensure_ascii=False) if answer.data else ""
    with zipfile.ZipFile(io.BytesIO(answer.data)) as book:
        return "".join(book.read(name).decode() for name in book.namelist() if name.endswith(".xml"))
