"""A branch under test: the real application on real engines, a simulated WeChat around it, phones to talk with."""

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import cache, cached_property
from pathlib import Path
from typing import Any, TypedDict, Unpack

import flask
import yaml
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from app import House, build, create_app, webhook
from bot.dialogues import REGISTRY
from bot.registry import Registry
from bot.turn import Turn
from bot.webhook import blueprint
from jobs.sender import Sender
from models.activity import Activity, ActivityKind
from models.appointment import Role
from models.checkin import CheckIn
from models.member import Member, MemberStatus
from services import activities, appointments, hallcodes, members, notices, orgs, rights, rosters
from services.rights import Act
from services.rosters import Entry
from settings import Settings
from simulator.accounts import Accounts, MiniProgram, OfficialAccount
from simulator.cards import Card
from simulator.clock import Clock
from simulator.courier import Exchange
from simulator.main import running
from simulator.packing import Mode
from simulator.phone import Person
from simulator.template import Template
from simulator.transport import Answer, wsgi_post
from simulator.world import World
from tests.engines import Database

ROOT = Path(__file__).resolve().parents[1]
Changes = Mapping[str, object]
NOON = datetime(2026, 11, 22, 5, 52, tzinfo=UTC)  # 13:52 in Qingwan


def shipped() -> dict[str, Any]:  # as YAML gives it
    """What the shipped config.yaml says; the caller's own to change."""
    return deepcopy(_shipped())


@cache
def _shipped() -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load((ROOT / "config.yaml").read_text("utf-8"))
    return found


def settings_for(home: Path, **changed: Changes) -> Settings:
    """The shipped config.yaml with sections changed: `server={"threads": 2}`; dotted sections by nesting."""
    content = shipped()
    for section, values in changed.items():
        _merge(content[section], values)
    return Settings.model_validate({**content, "home": home})


def _merge(into: dict[str, object], values: Changes) -> None:
    for key, value in values.items():
        below = into.get(key)
        if isinstance(below, dict) and isinstance(value, dict):
            _merge(below, value)
        else:
            into[key] = value


def accounts_of(settings: Settings) -> Accounts:
    """What the platform knows of our two applications and their templates."""
    account, mini = settings.wechat.official_account, settings.wechat.mini_program
    return Accounts(
        OfficialAccount(
            account.app_id,
            account.app_secret,
            account.token,
            account.encoding_aes_key,
            account.previous_encoding_aes_key,
        ),
        MiniProgram(mini.app_id, mini.app_secret),
        tuple(
            Template.of(topic, one.id, one.channel, one.fields)
            for topic, one in settings.wechat.templates.given.items()
        ),
    )


class Known(TypedDict, total=False):
    """What else a roster may say of a person."""

    number: str
    gender: str
    born: str
    joined: str
    confirmed: str
    phone: str
    moved_in: date


@dataclass
class Phone:
    """A person with a phone whose replies are checked: `says(...).hears(...)`."""

    person: Person
    last: Exchange | None = None

    def does(self, exchange: Exchange) -> "Phone":
        """Keep what came of an act."""
        self.last = exchange
        assert not exchange.complaints, exchange.complaints
        return self

    def says(self, text: str, msg_id: str | None = None) -> "Phone":
        """Type a text."""
        return self.does(self.person.says(text, msg_id=msg_id))

    def speaks(self, words: str | None) -> "Phone":
        """Send a voice message."""
        return self.does(self.person.speaks(words))

    def taps(self, key: str) -> "Phone":
        """Tap a menu entry."""
        return self.does(self.person.taps(key))

    def scans(self, code: str) -> "Phone":
        """Scan a code on a screen."""
        return self.does(self.person.scans(code))

    def follows(self) -> "Phone":
        """Follow the account."""
        return self.does(self.person.follow())

    def unfollows(self) -> "Phone":
        """Stop following."""
        return self.does(self.person.unfollows())

    def accepts(self, topic: str, times: int = 1) -> "Phone":
        """Allow so many messages of the topic's template, a popup each."""
        return self.does(self.person.accepts(topic, times))

    def refuses(self, *topics: str) -> "Phone":
        """Refuse the topics' templates in WeChat's settings."""
        return self.does(self.person.refuses(*topics))

    def again(self) -> "Phone":
        """Have the last message delivered once more."""
        assert self.last is not None
        return self.does(self.person.again(self.last))

    @property
    def reply(self) -> str:
        """The last reply, "" if there was none."""
        assert self.last is not None
        return self.last.text or ""

    def hears(self, *parts: str) -> "Phone":
        """The last reply holds every part."""
        for part in parts:
            assert part in self.reply, f"{part!r} is not in {self.reply!r}"
        return self

    def hears_not(self, *parts: str) -> "Phone":
        """The last reply holds none of the parts."""
        for part in parts:
            assert part not in self.reply, f"{part!r} is in {self.reply!r}"
        return self


@dataclass
class Branch:
    """The application, the platform around it, and the clock of both."""

    house: House
    world: World
    clock: Clock
    phones: dict[str, Phone] = field(default_factory=dict)

    @cached_property
    def app(self) -> flask.Flask:
        """Every entrance; a chat alone does without."""
        return create_app(self.house)

    def member(
        self, name: str, *, group: str = "第一党小组", status: MemberStatus = MemberStatus.FULL, **known: Unpack[Known]
    ) -> str:
        """Put a person on the roll; returns a fresh bind code."""
        entry = Entry(name=name, group=group, status=status, **known)
        self.house.run(lambda db: rosters.take(db, entry, {}))
        return self.code(name)

    def code(self, wanted: str) -> str:
        """A fresh bind code of the member meant."""
        lives = self.house.parts.binding.code_lives
        return self.house.run(
            lambda db: members.issue_code(db, members.find(db, wanted), self.clock.now(), lives).digits
        )

    def phone(self, name: str, unionid: str | None = None) -> Phone:
        """A person who follows the account and is nobody yet."""
        phone = Phone(self.world.join(name, unionid))
        phone.follows()
        self.phones[name] = phone
        return phone

    def bound(
        self, name: str, *, group: str = "第一党小组", status: MemberStatus = MemberStatus.FULL, **known: Unpack[Known]
    ) -> Phone:
        """A member with a phone, bound."""
        digits = self.member(name, group=group, status=status, **known)
        return self.phone(name).says(digits).hears("绑定成功")

    def appoints(self, name: str, role: Role, group: str = "") -> None:
        """Give a member an office, from today on; a group leader's needs the group."""

        def appoint(db: Session) -> None:
            act = self.house.operator()
            appointments.appoint(
                db, act, members.find(db, name), role, orgs.group(db, group) if group else None, act.day
            )

        self.house.run(appoint)

    def dismisses(self, name: str) -> None:
        """End all offices of a member, this very moment."""

        def end(db: Session) -> None:
            act = self.house.operator()
            for one in appointments.everything(db):
                if one.member.name == name:
                    appointments.end(db, act, one, act.day)

        self.house.run(end)

    def moves(self, meeting: str, by: timedelta, reason: str = "") -> None:
        """改期, and everyone expected is to be told."""

        def move(db: Session) -> None:
            act, found = self.house.operator(), activities.find(db, meeting)
            activities.move(db, act, found, (found.starts_at + by, found.place), reason, found.version)
            notices.moved(db, found, act.now, act.zone)

        self.house.run(move)

    def cancels(self, meeting: str, reason: str = "") -> None:
        """取消, and everyone expected is to be told."""

        def cancel(db: Session) -> None:
            act, found = self.house.operator(), activities.find(db, meeting)
            activities.cancel(db, act, found, reason, found.version)
            notices.cancelled(db, found, act.now, act.zone)

        self.house.run(cancel)

    def act_of(self, db: Session, name: str) -> Act:
        """What this member does now, with the rights held now."""
        return rights.act_of(db, members.find(db, name), self.clock.now(), self.house.settings.zone)

    def received(self, name: str) -> list[Card]:
        """What has reached a person outside any exchange: cards of templates and customer service texts."""
        return self.world.received(self.phones[name].person)

    def sends(self) -> int:
        """Send what is due; returns how many notices were taken."""
        return Sender(self.house.desk(), self.house.settings.zone, self.clock.now).send_due()

    def meeting(
        self,
        title: str = "11月主题党日",
        *,
        kind: ActivityKind = ActivityKind.PARTY_DAY,
        opened: bool = True,
        starts: timedelta = timedelta(0),
        group: str = "",
    ) -> str:
        """An activity, under way unless `opened` says no; returns its public id."""

        def plan(db: Session) -> str:
            org = orgs.group(db, group) if group else orgs.branch(db)
            asked = activities.Plan(kind, title, self.clock.now() + starts, org, "三楼会议室")
            activity = activities.plan(db, self.house.operator(), asked)
            if opened:
                activities.open_(db, self.house.operator(), activity)
            return activity.public_id

        return self.house.run(plan)

    def screen(self, meeting: str) -> "Screen":
        """The meeting's big screen."""
        with self.house.reading() as db:
            return Screen(self, activities.find(db, meeting).screen)

    def close(self, meeting: str) -> None:
        """End the meeting's check-in."""
        self.house.run(lambda db: activities.close(db, self.house.operator(), activities.find(db, meeting)))

    def number_at(self, meeting: str, at: datetime) -> str:
        """The 6-digit number the hall shows at a moment."""
        with self.house.reading() as db:
            return hallcodes.number(db, activities.find(db, meeting), at, self.house.parts.hall).text

    def scene_at(self, meeting: str, at: datetime) -> str:
        """What the hall's QR carries at a moment."""
        with self.house.reading() as db:
            return hallcodes.scene(activities.find(db, meeting), at, self.house.parts.hall).text

    def arrivals(self, meeting: str) -> dict[str, datetime]:
        """Who is checked in, and since when: name -> time."""
        with self.house.reading() as db:
            rows = db.execute(
                select(Member.name, CheckIn.at)
                .join(CheckIn, CheckIn.member_id == Member.id)
                .join(Activity, Activity.id == CheckIn.activity_id)
                .where(Activity.public_id == meeting)
            ).all()
        found = {row.name: row.at for row in rows}
        assert len(found) == len(rows), "somebody stands twice"
        return found


@dataclass
class Screen:
    """The big screen in the hall, read as a person in it would."""

    branch: Branch
    secret: str

    def answer(self) -> TestResponse:
        """The page as the server gives it."""
        return self.branch.app.test_client().get(f"/screen/{self.secret}")

    @property
    def number(self) -> str:
        """The 6 digits it shows."""
        shown = re.search(r"(\d{3}) (\d{3})", self.answer().get_data(as_text=True))
        assert shown
        return shown[1] + shown[2]

    @property
    def code(self) -> str:
        """What a phone reads from the QR it shows: the ticket's address."""
        self.answer()
        return self.branch.world.tickets.alive()[0].url

    @property
    def scene(self) -> str:
        """What that QR carries."""
        self.answer()
        return self.branch.world.tickets.alive()[0].scene


@contextmanager
def branch_on(
    database: Database,
    redis_url: str,
    *,
    cut: float = 5.0,
    registry: Registry[Turn] = REGISTRY,
    **changed: Changes,
) -> Iterator[Branch]:
    """A branch on this database and Redis, served in this process, with a WeChat on a free port beside it."""
    clock = Clock(lambda: NOON)
    provisional = settings_for(database.home, **changed)
    mode = Mode.SAFE if provisional.wechat.official_account.encoding_aes_key else Mode.PLAIN
    world = World(accounts_of(provisional), _nowhere, mode=mode, cut=cut, clock=clock)
    with running(world) as address:
        addresses = {"api_base": address, "open_base": address, "sdk": f"{address}/open/js/jweixin-1.6.0.js"}
        changed["wechat"] = {**changed.get("wechat", {}), **addresses}
        changed["database"] = {"url": database.url}
        changed["redis"] = {"url": redis_url}
        house = build(settings_for(database.home, **changed), clock.now, registry)
        chat = flask.Flask("chat", static_folder=None)
        chat.register_blueprint(blueprint(webhook(house)))
        world.courier.post = wsgi_post(chat)
        yield Branch(house, world, clock)
        house.engine.dispose()


def _nowhere(_query: Mapping[str, str], _body: bytes, _seconds: float) -> Answer:
    raise AssertionError("delivered before the application was there")
