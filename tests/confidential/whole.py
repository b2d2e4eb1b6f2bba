"""Whole weeks: a real server, a WeChat around it, Chromium; half of the people by chat, half by page, faults put in.

While others go about the branch's business, everybody writes once. Every confidential talk breaks at each of its
questions, every message is delivered three times, a table is gone for a moment, 5 MB come, are cut off and taken back,
and the server is killed while somebody sends. Then all that lies about is collected: what was written is looked for in
it (canaries.py), and who wrote what is guessed from it (games.py).
"""

import random
import re
import secrets
import signal
import socket
import sqlite3
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import asdict, dataclass, field
from datetime import timedelta
from enum import Enum
from functools import partial
from os import killpg
from pathlib import Path

import redis
from playwright.sync_api import Page, Route, expect
from sqlalchemy.orm import Session

from bot.apart import _KEY, _names
from confidential import bundle
from confidential.afar import DeskAfar
from confidential.cases import Cases
from engines import sql
from engines.redis import connect, ensure_redis, leave
from sealed import handlerlist, message, receipt, seal, wordlist
from sealed.desk import DeskAway, DeskBusy, NewCase, NoSuchCase
from sealed.handlerlist import HandlerList
from sealed.keys import SigningKey, to_text
from sealed.receipt import Receipt
from services import rosters
from services.rosters import Entry
from simulator.clock import Clock
from simulator.main import running
from simulator.phone import Person
from simulator.world import World
from tests.branch import ROOT, Phone
from tests.confidential import canaries
from tests.confidential.front import CAMERA, photograph, receipt_drawn, writes
from tests.confidential.games import Seized, seize
from tests.confidential.room import Handler, listed
from tests.engines import migrated_sqlite
from tests.faults.hall import bind
from tests.faults.installed import Installation, Process, installation, world_of

CANARY = "仓库里的化肥账对不上"
PICTURE = "张建国手机所拍"  # the name of a picture's file
CUT = 3.0  # seconds after which the platform gives up, scaled down together with the server's own wait
FAULT = "出了差错"
FILED = "已提交"
BUSY = "正忙"
UNDER_WAY = "还在办"
TRIES = 15  # of somebody who sends again
LARGE = sorted(seal.SIZES)[1:]  # bytes of plaintext: 1 and 4 MiB, 5 MB together
SHARE = 0.9  # of the cut, for which the server waits at most; as 4.5 is of 5


class Trouble(Enum):
    """What happens while somebody sends."""

    NONE = "none"
    KILLED = "the server is killed"
    NO_TABLE = "every statement is an error"


@dataclass
class Street:
    """An installation with its desk, the platform around it, a browser, and those who may write by chat."""

    made: Installation
    world: World
    root: SigningKey
    handlers: dict[str, Handler]
    store: redis.Redis  # the desk's
    aloud: redis.Redis  # the branch's
    browser: Page
    options: tuple[str, ...]
    phones: list[Phone] = field(default_factory=list)
    shown: list[str] = field(default_factory=list)  # receipts of this week
    server: Process = field(init=False)

    @property
    def page(self) -> str:
        """The page of those who report."""
        return f"{self.made.url}/report/"

    @property
    def folder(self) -> Path:
        """The desk's folder."""
        return self.made.home / "var" / "confidential"

    @property
    def handlers_now(self) -> HandlerList:
        """The list that holds."""
        return listed(self.handlers.values(), (self.world.clock.now() + timedelta(days=100)).date())

    def opens(self) -> None:
        """Start the server and wait until it answers."""
        command = [sys.executable, "-m", "tests.confidential.served", str(self.made.config), *self.options]
        temporary = self.made.home / "tmp"
        temporary.mkdir(exist_ok=True)
        self.server = self.made.begin(command, PYTHONPATH=str(ROOT), TMPDIR=str(temporary))
        assert self.made.comes_up(self.server), self.made.said()[-3000:]

    def killed(self) -> None:
        """Kill -9 to the server and its worker at one moment, and a start."""
        killpg(self.server.pid, signal.SIGKILL)
        self.server.wait()
        self.opens()

    @contextmanager
    def cases(self) -> Iterator[Cases]:
        """The desk's file, opened by somebody else on the machine."""
        cases = Cases(self.folder / "cases.db")
        yield cases
        cases.file.close()

    def emptied(self) -> None:
        """A new week: no case is there, nobody has written in this hour."""
        with self.cases() as cases:
            for table in ("matter", "message"):
                cases.file.write(lambda db, table=table: db.execute(f"DELETE FROM {table}"))  # type: ignore[misc] # noqa: S608 - mypy cannot infer the default; two words
        self.store.flushall()
        self.shown.clear()

    def reads(self, handler: str) -> dict[str, list[str]]:
        """What this handler's key opens, by lookup."""
        found: dict[str, list[str]] = {}
        with self.cases() as cases:
            for case in cases.cases("own"):
                sealed = cases.messages(case.lookup, [one.id for one in case.messages]).values()
                opened = [message.parse(seal.open_with(self.handlers[handler].identity, one)) for one in sealed]
                found[case.lookup] = sorted(one.doc.text for one in opened)
        return found


@contextmanager
def street(folder: Path, browser: Page, people: int, *options: str, clock: Clock | None = None) -> Iterator[Street]:
    """An installation in that folder, with so many members bound; its server is not started yet."""
    root = SigningKey.draw()
    named = {"zhang": "own", "li": "own", "wang": "upper", "zhao": "upper"}
    with ExitStack() as opened, installation(folder) as made:
        world = world_of(made, CUT, clock)
        opened.callback(world.close)
        address = opened.enter_context(running(world))
        made.configure(
            wechat={
                "api_base": address,
                "open_base": address,
                "official_account": {"reply_wait": CUT * SHARE, "timestamp_tolerance": 86_400},
            },
            confidential={"root": to_text(root.verify_key), "public_url": made.url},
        )
        migrated_sqlite(made.home)
        homes = (made.settings().desk_redis, made.home)
        store, aloud = (opened.enter_context(connect(ensure_redis(home))) for home in homes)
        for home in homes:
            opened.callback(leave, home)
        found = Street(
            made, world, root, {one: Handler(one, of) for one, of in named.items()}, store, aloud, browser, options
        )
        found.folder.mkdir(mode=0o700, parents=True)
        (found.folder / "handlers.json").write_bytes(handlerlist.sign(found.handlers_now, root))
        _enrolled(found, people)
        yield found


def _enrolled(street: Street, people: int) -> None:
    """So many members follow the account and are bound."""
    engine = sql.open_engine("", street.made.home)
    persons = [street.world.join(f"党员{number:03}", following=True) for number in range(people)]

    def work(db: Session) -> None:
        for one in persons:
            rosters.take(db, Entry(name=one.nickname, group="第一党小组"), {})
        bind(db, street.made, persons, people)

    sql.run(engine, work)
    engine.dispose()
    street.phones.extend(map(Phone, persons))


# --- how a case is told --------------------------------------------------------------------------------------------


def by_chat(street: Street, phone: Phone, text: str, trouble: Trouble = Trouble.NONE, *, times: int = 3) -> str:
    """A case told in the chat, each message delivered so many times; returns its lookup."""
    tells = partial(_tells, phone.person, times)
    tells("保密反映", "要经过微信")
    tells("2", "交给谁")
    lines = tells("1", "请抄在纸上").splitlines()
    shown = next(one for one in lines if re.fullmatch(r"(\S{4} ){2}\S{4}", one))
    bare = wordlist.bare(shown)
    street.shown.append(shown)
    tells("".join(bare[int(place) - 1] for place in re.findall(r"第(\d+)", lines[-1])), "是哪一类")
    tells("4", "写完发“完”")
    tells(text, "已加密")
    if trouble is Trouble.KILLED:
        _killed_while_filing(street, phone)
    elif trouble is Trouble.NO_TABLE:
        with _table_gone(street):
            for _ in range(2):  # a fault at the question, and the missing table
                tells("完", FAULT)
    if trouble is not Trouble.KILLED:
        tells("完", FILED)
    return receipt.read(shown).lookup


def _tells(person: Person, times: int, text: str, wanted: str) -> str:
    """Say it, again after a fault or where the desk is busy, until the reply is there; deliver it so many times.

    What is not answered at all, or still under way, is delivered again: said anew, it would answer the next question.
    """
    exchange = person.says(text)
    for _ in range(TRIES):
        heard = exchange.text or ""
        assert CANARY not in heard
        if wanted in heard:
            for _ in range(times - 1):
                if wanted != FAULT:
                    assert person.again(exchange).text in {heard, None}  # the same, or nothing within the time allowed
            return heard
        if heard and not any(one in heard for one in (FAULT, BUSY, UNDER_WAY)):
            raise AssertionError(heard)
        exchange = person.says(text) if heard and UNDER_WAY not in heard else person.again(exchange)
    raise AssertionError(exchange.text)


def _killed_while_filing(street: Street, phone: Phone) -> None:
    """完 is under way when the server is killed; whoever has heard nothing has it delivered again."""
    _tells(phone.person, 1, "完", FAULT)  # at this question too
    with ThreadPoolExecutor(1) as sending:
        under_way = sending.submit(phone.person.says, "完")
        time.sleep(random.uniform(0, 0.05))  # the random moment
        street.killed()
        exchange = under_way.result()
    for _ in range(TRIES):
        if FILED in (exchange.text or ""):
            return
        exchange = phone.person.again(exchange)
    raise AssertionError(exchange.text)


def by_page(
    street: Street, text: str, trouble: Trouble = Trouble.NONE, *, picture: bool = False, times: int = 3
) -> str:
    """A case by the page, what it sends delivered so many times; returns its lookup."""
    page = street.browser
    words = receipt_drawn(page, street)
    street.shown.append(wordlist.grouped(words))
    if picture:
        taken = {"name": f"{PICTURE}.jpg", "mimeType": "image/jpeg", "buffer": photograph(page, 800, 600)}
        page.locator("#write-composer input[type=file]").set_input_files(taken)  # type: ignore[arg-type] # a FilePayload
        expect(page.locator("#write-composer .attached li")).to_have_count(1, timeout=30_000)
    writes(page, text)
    if trouble is Trouble.NONE:
        page.route("**/case/submit", lambda route: _repeated(route, times))
    elif trouble is Trouble.NO_TABLE:
        with _table_gone(street):
            page.locator("#send").click()
            expect(page.locator("#check-no")).to_be_visible()
    page.locator("#send").click()
    if trouble is Trouble.KILLED:
        page.wait_for_timeout(random.uniform(0, 120))  # milliseconds; until the random moment
        street.killed()
    for _ in range(TRIES):
        page.locator("#sent:visible, #check-no:visible").first.wait_for(timeout=30_000)
        if page.locator("#sent").is_visible():
            break
        assert trouble is not Trouble.NONE, page.locator("#check-no").inner_text()
        page.locator("#send").click()
    expect(page.locator("#sent")).to_be_visible(timeout=30_000)
    page.unroute("**/case/submit")
    return receipt.read(words).lookup


def _repeated(route: Route, times: int) -> None:
    for _ in range(times - 1):
        route.fetch()
    route.continue_()


@contextmanager
def _table_gone(street: Street) -> Iterator[None]:
    """Every statement about cases is an error meanwhile."""
    with street.cases() as cases:
        cases.file.write(lambda db: db.execute("ALTER TABLE matter RENAME TO gone"))
        try:
            yield
        finally:
            cases.file.write(lambda db: db.execute("ALTER TABLE gone RENAME TO matter"))


def five_megabytes(street: Street) -> None:
    """A stranger's upload of 5 MB is cut off half way, which leaves nothing, then comes whole and is taken back."""
    drawn = Receipt.draw()
    files = [
        message.Attachment(f"{CANARY}.bin", "application/x", secrets.token_bytes((size - 9000) * 3 // 4))
        for size in LARGE
    ]
    sealed = [
        seal.seal(
            message.write(message.Doc(drawn.lookup, "own", 1, message.SUBMITTER, (), CANARY, files=(one,)), drawn.signing),
            street.handlers_now.recipients("own"),
            None,
        )
        for one in files
    ]  # fmt: skip
    desk = DeskAfar(street.made.url)
    new = NewCase(drawn.lookup, to_text(drawn.signing.verify_key), drawn.identity.recipient, "own")
    body = bundle.pack(asdict(new), sealed)
    assert len(body) > 5_000_000
    _cut_half_way(street, body)
    with suppress(NoSuchCase):
        insist(lambda: _nothing_of(desk, drawn.lookup))
    insist(lambda: desk.submit(new, sealed))
    with suppress(NoSuchCase):  # gone already, though nobody had said so
        insist(lambda: desk.withdraw(drawn.lookup, drawn.signing.sign))


def _nothing_of(desk: DeskAfar, lookup: str) -> None:
    raise AssertionError(desk.case(lookup))


def _cut_half_way(street: Street, body: bytes) -> None:
    head = f"POST /report/case/submit HTTP/1.1\r\nHost: x\r\nContent-Length: {len(body)}\r\n\r\n"
    with socket.create_connection(("127.0.0.1", street.made.port)) as lost:
        lost.sendall(head.encode() + body[: len(body) // 2])


def insist(act: Callable[[], None]) -> None:
    """Do it again while the desk is away or busy, as people do."""
    for _ in range(TRIES - 1):
        with suppress(DeskAway, DeskBusy):
            return act()
    return act()


# --- a week, and what lies about afterwards ------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Told:
    """What happened in a week: lookups in the order of arrival, who wrote each (None: by page), who was cut off."""

    arrived: list[str]
    writers: list[Phone | None]
    crashed: str


def week(street: Street, people: int, *, picture: bool = False) -> Told:
    """Everybody writes once, half by chat and half by page, one after another, among what others do; then all is read."""
    street.emptied()
    speaking = random.sample(street.phones, people)
    writers: list[Phone | None] = [*speaking[: people // 2], *[None] * (people - people // 2)]
    random.shuffle(writers)
    crashed, faulty = random.sample(range(people), 2)
    trouble = {crashed: Trouble.KILLED, faulty: Trouble.NO_TABLE}
    upload = random.randrange(people)
    arrived: list[str] = []
    for place, phone in enumerate(writers):
        random.choice(street.phones).says("活动")
        if place == upload:
            five_megabytes(street)
        text, what = f"{CANARY}{place}", trouble.get(place, Trouble.NONE)
        arrived.append(by_chat(street, phone, text, what) if phone else by_page(street, text, what))
        random.choice(street.phones).says("记录")
    wanted = {lookup: [f"【举报违纪】\n{CANARY}{place}"] for place, lookup in enumerate(arrived)}
    if picture:
        wanted[by_page(street, CANARY, picture=True)] = ["", f"【举报违纪】\n{CANARY}"]
    assert street.reads("zhang") == street.reads("li") == wanted  # nothing lost, nothing twice
    return Told(arrived, writers, arrived[crashed])


def lying_about(street: Street) -> dict[str, bytes]:
    """All that is on the machine, by place: files raw, databases as rows, both Redis, what was asked of the platform."""
    found = canaries.files(street.made.home)
    for name in [one for one in found if one.endswith(".db")]:
        with sqlite3.connect(name) as db:  # which may first undo what a killed process has left half done
            found[f"rows of {name}"] = "\n".join(db.iterdump()).encode()
        db.close()
    for name, store in (("the desk's Redis", street.store), ("the branch's Redis", street.aloud)):
        kept = {key: store.dump(key) for key in store.keys("*")}
        said = {key: store.get(key) for key in kept if store.type(key) == "string"}
        found[name] = repr(kept).encode() + repr(said).encode()
    found["calls"] = repr(street.world.calls).encode()
    return found


def seized(street: Street, lying: dict[str, bytes]) -> Seized:
    """What the games are played with: the desk's folder, and everything beside it in one."""
    with street.cases() as cases, cases.file._mine(), cases.file._alone():
        found = seize(street.folder)
    beside = [content for place, content in lying.items() if str(street.folder) not in place]
    return Seized(found.files, found.matters, found.letters, b"".join(beside))


def leaks(street: Street, lying: dict[str, bytes], told: Told) -> list[str]:
    """Where a text, a receipt, a file's name or a camera's stands, an openid where none may be, a talk, a temporary file."""
    secret = {CANARY, PICTURE, CAMERA}
    for shown in street.shown:
        secret |= {shown, wordlist.bare(shown), shown[:9], receipt.read(shown).secret.hex()}
    members_at = ("zhibu.db",)
    openids = [one.person.openid for one in told.writers if one]
    beside = {place: content for place, content in lying.items() if not any(one in place for one in members_at)}
    talks = []
    if key := street.store.get(_KEY):
        named = [_names(str(key).partition(":")[0], openid, "")[1:] for openid in openids]
        talks = [f"talk {name}" for names in named for name in names if street.store.exists(name)]
    left = [f"temporary {one}" for one in (street.made.home / "tmp").iterdir()]
    return [*canaries.found_among(sorted(secret), lying), *canaries.found_among(openids, beside), *talks, *left]
