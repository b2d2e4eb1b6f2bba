"""A branch with a record of every kind in its first group, and everybody's mini-program signed in beside it."""

import sqlite3
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import cast

from sqlalchemy import text
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from models.activity import ActivityKind
from models.attendance import MakeUpWay
from models.bulletin import BulletinAudience, BulletinKind
from models.held import HeldPlace
from models.leave import LeaveClass
from models.member import Identity
from models.opinion import OpinionCategory
from models.question import QuestionKind
from models.round import FormKind, RoundAudience, RoundPurpose
from sealed import unsigned
from services import (
    activities,
    banks,
    bulletins,
    exams,
    forms,
    held,
    leaves,
    logins,
    makeups,
    members,
    opinions,
    orgs,
    paths,
    rights,
    rounds,
)
from services.banks import Entry
from services.leaves import Wish
from services.members import Account
from tests.pages.office import (
    COMMITTEE,
    FIRST,
    LEADER,
    MEMBER,
    OFFICE,
    OTHER_LEADER,
    OTHER_MEMBER,
    SECRETARY,
    Office,
)

# Who: everything is asked about the first group, whose member M is.
PEOPLE: Mapping[str, str] = {
    "S": SECRETARY,
    "O": OFFICE,  # 领导小组办公室: runs the branch
    "C": COMMITTEE,  # 宣传委员: sees the branch, runs nothing
    "L": LEADER,  # leads the first group
    "F": OTHER_LEADER,  # leads the other group: a foreigner here
    "M": MEMBER,  # a member of the first group, who leads nothing
    "X": OTHER_MEMBER,  # a member of the other group
}
OF_FIRST = "SCLM"  # who have a seat at the first group's meetings
QUESTION = Entry(QuestionKind.SINGLE, "预备党员的预备期为多长时间？", ("半年", "一年", "两年"), key=(1,))
MEETING, COMMITTEE_MEETING, BRANCH_MEETING = "甲组的秘密会", "委员的秘密会", "支部的会"


@dataclass
class Stage:
    """The office, the public ids by what they are, and a token for every letter."""

    office: Office
    subjects: dict[str, str]
    tokens: dict[str, str]
    kept: Path  # the database as it was at the beginning

    @property
    def document(self) -> Mapping[str, object]:
        """What the API says of itself."""
        told = self.office.branch.app.test_client().get("/api/openapi.json").get_json()
        return cast("Mapping[str, object]", told)

    def ask(
        self, letter: str, operation: str, *, query: Mapping[str, str] | None = None, body: object = None, key: str = ""
    ) -> TestResponse:
        """One request, a second after the last; the operation is "GET /api/v1/…" with its ids filled in."""
        self.office.branch.clock.advance(1)  # a thumb, no machine: the pace of a login is kept
        method, path = operation.split(" ")
        headers = {"Authorization": f"Bearer {self.tokens[letter]}"} if letter else {}
        if key:
            headers["Idempotency-Key"] = key
        return self.office.branch.app.test_client().open(
            path, method=method, query_string=dict(query or {}), json=body, headers=headers
        )

    def rewind(self) -> None:
        """Everything is as it was at the beginning."""
        _copied(self.kept, _database(self.office))

    def login(self, name: str) -> str:
        """One more login of that person; returns its token."""
        app_id = self.office.house.settings.wechat.mini_program.app_id

        def open_(db: Session) -> str:
            person = members.find(db, name)
            account = Account(app_id, f"openid of {name}")
            self.office.branch.world.visited[account.openid] = self.office.branch.clock.now()  # else no text passes
            token, opened = logins.open_(db, account, None, self.office.branch.clock.now())
            db.get_one(Identity, opened.identity_id).member_id = person.id
            return token

        return self.office.house.run(open_)


def set_up(office: Office, kept: Path) -> Stage:
    """Meetings in every state, a leave, a make-up and a text that waits, all of the first group's member."""
    kind = ActivityKind.GROUP_MEETING
    ago, soon = -timedelta(hours=2), timedelta(days=3)
    subjects = {
        "open": office.open(office.plan(MEETING, kind, group=FIRST)),
        "planned": office.plan(MEETING, kind, group=FIRST, starts=soon),
        "closed": office.close(office.open(office.plan(MEETING, ActivityKind.LECTURE, group=FIRST, starts=ago))),
        "all": office.open(office.plan(BRANCH_MEETING)),
        "committee": office.plan(COMMITTEE_MEETING, ActivityKind.COMMITTEE),
        "later": office.plan(BRANCH_MEETING, starts=soon),
        "member": office.id_of(MEMBER),
        "first": FIRST,
    }

    def fill(db: Session) -> dict[str, str]:
        member = members.find(db, MEMBER)
        own = rights.act_of(db, member, office.branch.clock.now(), office.house.settings.zone)
        planned, closed = (activities.find(db, subjects[one]) for one in ("planned", "closed"))
        leave = leaves.ask(db, own, member, planned, Wish(LeaveClass.DUTY))
        held.hold(db, own, HeldPlace.LEAVE_REASON, leave, "甲组的秘密事")
        operator = office.house.operator()
        question = banks.add(db, operator, banks.made(db, operator, "党章"), QUESTION)
        banks.publish(db, operator, question, question.version, SECRETARY)
        span = own.now - timedelta(hours=1), own.now + timedelta(days=1)
        paper = exams.make(db, operator, exams.Asked("党章知识测验", [exams.Row(1)], 30, 60, *span))
        exams.open_(db, operator, paper)
        asked = {}
        for name in ("round", "unnamed"):
            form = [forms.Question(1, FormKind.SINGLE, "甲组的秘密事怎么办？", ("办", "不办"))]
            draft = rounds.Draft(
                RoundPurpose.SURVEY,
                MEETING,
                "",
                RoundAudience.GROUP,
                span[1],
                form,
                name == "unnamed",
                group=orgs.known_group(db, FIRST),
            )
            made = rounds.make(db, operator, draft)
            unsigned.begin(office.house.unsigned, made.public_id)
            rounds.open_(db, operator, made)
            asked[name] = made.public_id
        told = bulletins.Draft(
            BulletinKind.RULE, MEETING, "甲组的秘密事。", BulletinAudience.GROUP, orgs.known_group(db, FIRST)
        )
        bulletin = bulletins.make(db, operator, told)
        bulletins.publish(db, operator, bulletin)
        return {
            **asked,
            "opinion": opinions.give(db, own, OpinionCategory.OTHER, "甲组的秘密事", "stage", 15).public_id,
            "bulletin": bulletin.public_id,
            "file": bulletins.attach(db, operator, bulletin, "甲组.pdf", b"%PDF-1.7").public_id,
            "question": question.public_id,
            "paper": paper.public_id,
            "sitting": exams.start(db, member, paper, own.now).public_id,
            "step": paths.add(db, operator, paths.Asked("学党章", "党章第一章")).public_id,
            "leave": leave.public_id,
            "makeup": makeups.tell(db, own, member, closed, MakeUpWay.RECORDING, "看了录播").public_id,
            "text": str(db.scalar(text("SELECT public_id FROM held_text"))),
        }

    subjects |= office.house.run(fill)
    stage = Stage(office, subjects, {}, kept)
    stage.tokens |= {letter: stage.login(name) for letter, name in PEOPLE.items()}
    _copied(_database(office), kept)
    return stage


def _database(office: Office) -> Path:
    return office.house.settings.home / "var" / "zhibu.db"


def _copied(here: Path, there: Path) -> None:
    """Page by page, whoever has it open."""
    with closing(sqlite3.connect(here)) as source, closing(sqlite3.connect(there)) as target:
        source.backup(target)
