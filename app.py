"""Where everything meets: build(settings) makes the house, create_app(house) makes the Flask app that serves it."""

import logging
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import cache, partial
from types import TracebackType
from typing import TYPE_CHECKING, Any, TypeVar, cast
from urllib.parse import quote_from_bytes

import flask
import redis
from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session
from werkzeug.datastructures import ImmutableMultiDict
from werkzeug.exceptions import HTTPException
from werkzeug.routing import Rule

import logs
import miniprogram_api
from bot import dialogues
from bot.apart import Apart
from bot.memory import Memory, Waits
from bot.meters import SIZE, Meters
from bot.registry import Registry
from bot.surge import Surge
from bot.turn import Intake, Parts, Turn
from bot.turns import Turns
from bot.webhook import Webhook, blueprint, mounted
from confidential import desk as confidential
from confidential import routes as report
from confidential import wire
from confidential.afar import DeskAfar
from confidential.here import DeskHere
from confidential.keeper import Keeper
from confidential.memory import Memory as DeskMemory
from confidential.unsigned import UnsignedFile
from engines.later import Later
from engines.redis import RedisUnavailable, connect, ensure_redis
from engines.sql import Standing, at_head, open_engine, reading, run, transaction
from engines.tallies import Tallies
from jobs import scheduler, sender
from jobs.desk import Desk, Post
from models.activity import ActivityKind
from models.question import ASKED, QuestionState
from pages import door, metrics, prints, rooms, screen
from pages import errors as error_pages
from pages.shelf import Shelf
from sealed.desk import CaseDesk
from sealed.unsigned import Unsigned
from services import attendance, hours, rights, study
from services.hallcodes import HallRules
from services.members import BindingRules
from services.outbox import Apps
from services.rights import Act
from settings import Settings
from texts.confidential import Upper
from texts.refusals import Where
from wechat.client import MiniProgramApi, OfficialAccountApi, PageLogin
from wechat.envelope import Envelope
from wechat.qrcodes import QrCodes

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

T = TypeVar("T")
ExcInfo = tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None]
Clock = Callable[[], datetime]
SHARE = 2 / 3  # of the time for a reply that a turn may wait for a thread
LASTS = metrics.Lasts(scheduler.LEASE, sender.ALIVE_FOR)
_ASCII = bytes(range(0x80))  # what of a query stands as it is sent
log = logging.getLogger(__name__)


def system_clock() -> datetime:
    """The present, aware, in UTC."""
    return datetime.now(UTC)


@dataclass(frozen=True)
class House:
    """All parts of a running installation, joined; nothing below this module knows where its parts come from."""

    settings: Settings
    clock: Clock
    engine: Engine
    store: redis.Redis
    account: OfficialAccountApi
    mini_program: MiniProgramApi
    qrcodes: QrCodes
    registry: Registry[Turn]
    parts: Parts
    cases: CaseDesk  # the confidential desk as the chat sees it
    unsigned: Unsigned
    desk_store: Callable[[], redis.Redis]  # the Redis of confidential talks, connected when first asked
    reports: confidential.Desk | None  # the desk itself where this machine keeps it
    keeper: Keeper
    meters: Meters = field(default_factory=Meters)

    @property
    def lasts(self) -> metrics.Lasts:
        """For how long each part that keeps time counts as alive."""
        return LASTS

    def operator(self) -> Act:
        """An act of whoever sits at the command line, now."""
        return rights.operator(self.clock(), self.settings.zone)

    def reading(self) -> AbstractContextManager[Session]:
        """One look at the database."""
        return reading(self.engine)

    def transaction(self) -> AbstractContextManager[Session]:
        """One writing transaction."""
        return transaction(self.engine)

    def close(self) -> None:
        """Give back the connections to the database and to Redis, and close the desk's files."""
        self.engine.dispose()
        for file in self.keeper.files:
            file.close()
        self.store.close()

    def count_anew(self) -> None:
        """Forget what the web processes of an earlier server have counted."""
        tallies(self.settings).clear()

    def desk(self) -> Desk:
        """What jobs work with."""
        binding = self.settings.binding
        return Desk(
            run=self.run,
            reading=self.reading,
            engine=self.engine,
            account=self.account,
            app_id=self.parts.app_id,
            zone=self.settings.zone,
            held=self.parts.held,
            wrong=timedelta(minutes=binding.lock_minutes),
            hours=self.parts.hours,
            unsigned=self.unsigned,
            post=self._post(),
        )

    def _post(self) -> Post:
        settings = self.settings
        return Post(
            apps=Apps(self.parts.app_id, settings.wechat.mini_program.app_id),
            mini=self.mini_program,
            templates=settings.wechat.templates.given,
            quotas=settings.quotas,
            store=self.store,
            at_once=settings.reminders.at_once,
            lease=timedelta(seconds=settings.reminders.lease),
        )

    def run(self, work: Callable[[Session], T]) -> T:
        """Run `work` in a writing transaction, again where it only met another one."""
        return run(self.engine, work)


def build(settings: Settings, clock: Clock = system_clock, registry: Registry[Turn] = dialogues.REGISTRY) -> House:
    """Join the parts for these settings: starts the embedded Redis if that is meant, opens the database lazily."""
    store = connect(settings.redis.url or ensure_redis(settings.home))
    engine = open_engine(settings.database.url, settings.home, pool_size=settings.server.connections)
    account = settings.wechat.official_account
    mini = settings.wechat.mini_program
    desk_store = _desk_store(settings)
    reports = _reports(settings, desk_store, clock) if settings.confidential.here else None
    cases: CaseDesk = DeskHere(reports) if reports else DeskAfar(settings.confidential.public_url)
    unsigned = _unsigned(settings)
    api = OfficialAccountApi(
        settings.wechat.api_base, account.app_id, account.app_secret, settings.wechat.timeout, store, clock
    )
    return House(
        settings=settings,
        clock=clock,
        engine=engine,
        store=store,
        account=api,
        mini_program=MiniProgramApi(
            settings.wechat.api_base, mini.app_id, mini.app_secret, settings.wechat.timeout, store, clock
        ),
        qrcodes=QrCodes(api, store, clock),
        registry=registry,
        parts=_parts(settings, _intake(settings, cases, unsigned, desk_store)),
        cases=cases,
        unsigned=unsigned,
        desk_store=desk_store,
        reports=reports,
        keeper=Keeper(
            (unsigned.file, reports.cases.file) if reports else (unsigned.file,), clock, settings.zone, reports
        ),
    )


class _Route(Rule):
    """A route that compiles what builds its address with the first address built.

    Of most none ever is, and to compile them all took longer than everything else that create_app does.
    """

    def _compile_builder(self, append_unknown: bool = True) -> Callable[..., tuple[str, str]]:  # noqa: FBT001, FBT002 - werkzeug's signature
        compiled = cache(partial(super()._compile_builder, append_unknown))
        return lambda rule, /, **values: compiled()(rule, **values)


class _Said(ImmutableMultiDict[str, Any]):  # what stands in it is a text, or a file
    """The fields of a query or form, without the NULs that no person types and PostgreSQL keeps none of."""

    def __init__(self, pairs: Iterable[tuple[str, Any]] = ()) -> None:
        super().__init__([(_without_nul(name), _without_nul(value)) for name, value in pairs])


def _without_nul(said: T) -> T:
    return cast("T", said.replace("\0", "")) if isinstance(said, str) else said


class _Request(flask.Request):
    """A request whose query may hold any bytes: a bare one that is no UTF-8 is read as if it were escaped.

    Werkzeug raises UnicodeDecodeError for it wherever the query is first looked at, and anybody can send one.
    """

    parameter_storage_class = _Said

    def __init__(self, environ: "WSGIEnvironment", populate_request: bool = True, shallow: bool = False) -> None:  # noqa: FBT001, FBT002 - werkzeug's signature
        super().__init__(environ, populate_request, shallow)
        if not self.query_string.isascii():
            self.query_string = quote_from_bytes(self.query_string, safe=_ASCII).encode()


class _Site(flask.Flask):
    url_rule_class = _Route
    request_class = _Request

    def log_exception(self, exc_info: ExcInfo) -> None:
        """A bug: where it happened. Neither the address, which may be a secret link, nor the exception's own words."""
        kind, _, trace = exc_info
        log.error("bug endpoint=%s error=%s at=%s", flask.request.endpoint, kind and kind.__name__, logs.where(trace))


def _refuse_nul() -> None:
    """Nothing of ours has a NUL in its address, and to ask PostgreSQL for it is an error."""
    if "\0" in flask.request.path:
        flask.abort(404)


def create_app(house: House) -> flask.Flask:
    """The Flask application with every entrance that serves HTTP."""
    app = _Site("zhibu", static_folder=None)
    app.before_request(_refuse_nul)
    callback = webhook(house)
    app.register_blueprint(blueprint(callback))
    app.wsgi_app = mounted(app.wsgi_app, callback, Later)  # type: ignore[method-assign, assignment] # as Flask's own manual does it
    app.register_blueprint(
        screen.blueprint(
            reading=house.reading,
            clock=house.clock,
            qr=house.qrcodes.url,
            branch=house.settings.branch,
            rules=house.parts.hall,
        )
    )
    miniprogram_api.register(app, _api(house))
    if house.reports is not None:
        app.register_blueprint(
            report.blueprint(house.reports, house.settings.branch.name, house.settings.branch.telephone)
        )
    rooms.register(app, _pages(house))
    error_pages.register(app, {"/api/": miniprogram_api.answer, "/report": wire.answer})
    app.register_blueprint(metrics.blueprint(house.reading, house.clock, LASTS, house.meters.families))
    app.add_url_rule("/livez", "livez", lambda: flask.Response("ok", content_type="text/plain"))
    app.add_url_rule("/readyz", "readyz", partial(_ready, house))
    return app


def tallies(settings: Settings) -> Tallies:
    """Where the web processes count together."""
    return Tallies(settings.var / "meters" / str(SIZE), SIZE)  # another version's numbers mean something else


def counted(house: House) -> House:
    """The house of one web process of several: any of them tells what all have counted."""
    together = tallies(house.settings)
    try:
        mine = together.mine
    except OSError as error:  # no room for a page of numbers: serve, and count for this process alone
        log.warning("not counted together error=%s", type(error).__name__)
        return house
    return replace(house, meters=Meters(mine, together.sums))


def create_report_app(settings: Settings, clock: Clock = system_clock) -> tuple[flask.Flask, Keeper]:
    """The desk alone, for a host of its own: nothing of the branch's database is opened."""
    reports = _reports(settings, _desk_store(settings), clock)
    app = _Site("zhibu", static_folder=None)
    app.register_blueprint(report.blueprint(reports, settings.branch.name, settings.branch.telephone))
    app.register_error_handler(HTTPException, wire.answer)
    app.add_url_rule("/livez", "livez", lambda: flask.Response("ok", content_type="text/plain"))
    return app, Keeper((reports.cases.file,), clock, settings.zone, reports)


def webhook(house: House) -> Webhook:
    """The official account's callback, as a function of (query, body)."""
    account = house.settings.wechat.official_account
    memory = Memory(house.store, account.app_id, Waits(account.reply_wait))
    apart = Apart(house.desk_store if house.parts.intake.root else None)
    patience, counted = account.reply_wait, house.meters.batch
    surge = Surge(Standing(house.engine), memory, house.clock, house.parts, patience, counted)
    aside = ThreadPoolExecutor(house.settings.server.threads, "turn")
    turns = Turns(house.registry, memory, apart, house.run, house.clock, house.parts, surge, aside, patience * SHARE)
    return Webhook(Envelope(account), turns, house.clock, house.meters)


def _reports(settings: Settings, store: Callable[[], redis.Redis], clock: Clock) -> confidential.Desk:
    return confidential.open_desk(settings.confidential, settings.home, store, clock, settings.zone)


def _unsigned(settings: Settings) -> UnsignedFile:
    return UnsignedFile(settings.home / settings.confidential.unsigned_database, settings.zone)


def _desk_store(settings: Settings) -> Callable[[], redis.Redis]:
    """The confidential desk's own Redis, found or started when first asked."""

    @cache
    def store() -> redis.Redis:
        try:
            return connect(settings.confidential.redis_url or ensure_redis(settings.desk_redis))
        except RedisUnavailable as error:  # for whoever asks, it is away like any other
            raise redis.ConnectionError(str(error)) from None

    return store


def _intake(settings: Settings, cases: CaseDesk, unsigned: Unsigned, store: Callable[[], redis.Redis]) -> Intake:
    """The confidential desk as the chat knows it."""
    desk = settings.confidential
    return Intake(
        cases=cases,
        unsigned=unsigned,
        forgets=DeskMemory(store).forgets,
        root=desk.root,
        page=f"{desk.public_url}/report/",
        upper=Upper(desk.upper.name, desk.upper.telephone, desk.upper.address),
    )


def _api(house: House) -> miniprogram_api.Office:
    """What the mini-program's API works with."""
    settings, parts = house.settings, house.parts
    return miniprogram_api.Office(
        run=house.run,
        reading=house.reading,
        clock=house.clock,
        zone=settings.zone,
        mini_program=house.mini_program,
        app_id=settings.wechat.mini_program.app_id,
        binding=parts.binding,
        hall=parts.hall,
        rules=parts.attendance,
        hours=parts.hours,
        study=parts.study,
        qrcodes=house.qrcodes,
        pace=miniprogram_api.Pace(house.store),
        forms={sort.name: partial(sort.fill, _pages(house)) for sort in prints.SORTS},
        branch=settings.branch.name,
        where=parts.where,
        unsigned=house.unsigned,
        opinion_days=settings.opinions.answer_days,
    )


def _pages(house: House) -> door.Desk:
    """What the pages work with."""
    settings, account = house.settings, house.settings.wechat.official_account
    return door.Desk(
        run=house.run,
        reading=house.reading,
        clock=house.clock,
        zone=settings.zone,
        app_id=house.parts.app_id,
        branch=settings.branch,
        where=house.parts.where,
        rules=_rules(settings),
        templates=settings.wechat.templates.given,
        sdk=settings.wechat.sdk,
        sign=house.account.sdk,
        hours=house.parts.hours,
        asks=house.parts.asks,
        binding=house.parts.binding,
        public_url=settings.server.public_url,
        unsigned=house.unsigned,
        opinion_days=settings.opinions.answer_days,
        oauth=PageLogin(
            settings.wechat.open_base,
            settings.wechat.api_base,
            account.app_id,
            account.app_secret,
            settings.wechat.timeout,
        ),
        shelf=Shelf(house.store),
    )


def _rules(settings: Settings) -> attendance.Rules:
    """What differs by place in the figures of attendance."""
    return attendance.Rules(
        timedelta(minutes=settings.checkin.late_minutes),
        public_leave_expected=settings.attendance.public_leave_expected,
        makeup_in_rate=settings.attendance.makeup_in_rate,
    )


def _hours(settings: Settings) -> hours.Rules:
    """What counts as 学时, in tenths."""
    said = settings.study.hours
    return hours.Rules(
        attendance=_rules(settings),
        aim=round(said.aim * 10),
        committee_aim=round(said.committee_aim * 10),
        half_day=round(said.half_day * 10),
        by_kind={
            ActivityKind.LECTURE: round(said.lecture * 10),
            ActivityKind.PARTY_DAY: round(said.party_day * 10),
        },
        makeup_counts=said.makeup_counts,
        online_counts=said.online_counts,
    )


def _asks(settings: Settings) -> tuple[QuestionState, ...]:
    """The states of the questions that go out, the best first."""
    return ASKED if settings.study.show_unreviewed else (QuestionState.LIVE,)


def _asked_for(settings: Settings) -> dict[str, str]:
    """The templates for which members are asked in the account: topic -> id."""
    given = settings.wechat.templates.given.items()
    return {topic: template.id for topic, template in given if template.channel == "subscription"}


def _parts(settings: Settings, intake: Intake) -> Parts:
    checkin, binding, account = settings.checkin, settings.binding, settings.wechat.official_account
    return Parts(
        app_id=account.app_id,
        branch=settings.branch.name,
        where=Where(settings.branch.telephone, settings.zone),
        hall=HallRules(checkin.qr_seconds, checkin.number_turns_seconds, checkin.number_seconds),
        attendance=_rules(settings),
        binding=BindingRules(
            timedelta(days=binding.code_days), binding.wrong_tries, timedelta(minutes=binding.lock_minutes)
        ),
        pages=f"{settings.server.public_url}/h5/",
        subscribe=f"{settings.server.public_url}/h5/subscribe" if _asked_for(settings) else "",
        held=timedelta(hours=checkin.hold_hours),
        tolerance=timedelta(seconds=account.timestamp_tolerance),
        talk_minutes=settings.talk.minutes,
        talk_keep_hours=settings.talk.keep_hours,
        hours=_hours(settings),
        asks=_asks(settings),
        study=study.Rules(settings.study.daily, _asks(settings), settings.study.retention, settings.zone),
        intake=intake,
        opinion_days=settings.opinions.answer_days,
    )


def _ready(house: House) -> flask.Response:
    """200 when a turn would succeed; Redis away is told but does not matter, nor does who keeps time or sends.

    `alive` tells how many seconds ago the scheduler and each sender said that they live.
    """
    problems = []
    alive: Mapping[str, list[float]] = {}
    try:
        with house.reading() as db:
            alive = metrics.heartbeats(db, house.clock(), LASTS)
        if not at_head(house.engine):
            problems.append("migration")
    except SQLAlchemyError as error:
        log.warning("not ready error=%s", type(error).__name__)
        problems.append("database")
    try:
        house.store.ping()
        cache = "up"
    except (redis.RedisError, OSError):
        cache = "away"
    body = {"ready": not problems, "problems": problems, "redis": cache, "alive": alive}
    response = flask.jsonify(body)
    response.status_code = 503 if problems else 200
    return response
