"""Dating in real time: a server with its own timers on a clock on which a week lasts a minute or so, and when each came.

People write at random instants, by chat, by page and by the page's routes, while the keeper settles every ten minutes of
that clock and makes its copies at night. At the week's end the folder is taken and every case is dated from it.
"""

import random
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from playwright.sync_api import Page

from confidential.afar import DeskAfar
from sealed import message, seal
from sealed.desk import NewCase
from sealed.keys import to_text
from sealed.receipt import Receipt
from simulator.clock import Clock
from tests.confidential.games import Played, date_all
from tests.confidential.served import Quick
from tests.confidential.whole import Street, by_chat, by_page, insist, lying_about, seized, street

READY = 25.0  # seconds from here to the week's beginning: until then the server has started
LAST = 0.97  # of the week, after which nobody begins
BY_CHAT, BY_PAGE = 1 / 2, 1 / 6  # of the people; the others send what the page would
NIGHTLY = (6 + 3 / 24) / 7  # of the week: the last copy before it ends, on Sunday at three


def timed_week(folder: Path, browser: Page, seconds: float, people: int) -> tuple[Played, Played]:
    """A week in so many seconds; what dating comes to by the desk's own files, and by its nightly copy."""
    quick = Quick(seconds, time.time() + READY)
    options = ("--week", str(quick.week), "--since", str(quick.since))
    with street(folder, browser, round(people * BY_CHAT), *options, clock=Clock(quick)) as whole:
        whole.opens()
        whole.emptied()
        assert quick.part() < 0, "the server took too long to start"
        came = _everybody_writes(whole, people, quick)
        quick.until(1 - 1 / 500)
        whole.server.terminate()
        whole.server.wait()
        found = seized(whole, lying_about(whole))
    assert sorted(found.matters) == sorted(came)
    files, copy = Played(people), Played(people)
    date_all(files, found, came)
    copied = found.files["copies/cases.nightly.db"]
    copy.errors["nightly copy"] = [
        abs((NIGHTLY / 2 if bytes.fromhex(one) in copied else (NIGHTLY + 1) / 2) - at) for one, at in came.items()
    ]
    copy.middles = files.middles
    files.games = copy.games = 1
    return files, copy


def _everybody_writes(whole: Street, people: int, quick: Quick) -> dict[str, float]:
    """At random instants; returns when each case came, as a part of the week."""
    came: dict[str, float] = {}
    instants = [random.uniform(0.005, LAST) for _ in range(people)]
    chats, pages = round(people * BY_CHAT), round(people * BY_PAGE)
    phones = iter(whole.phones)
    guard = threading.Lock()
    desk = DeskAfar(whole.made.url)
    handlers = whole.handlers_now

    def writes(at: float, send: Callable[[], str]) -> None:
        quick.until(at)
        lookup = send()
        with guard:
            came[lookup] = quick.part()

    def chat() -> str:
        with guard:
            phone = next(phones)
        return by_chat(whole, phone, "一件事", times=1)

    def routes() -> str:
        drawn = Receipt.draw()
        doc = message.Doc(drawn.lookup, "own", 1, message.SUBMITTER, (), "一件事")
        letter = seal.seal(message.write(doc, drawn.signing), handlers.recipients("own"), None)
        new = NewCase(drawn.lookup, to_text(drawn.signing.verify_key), drawn.identity.recipient, "own")
        insist(lambda: desk.submit(new, [letter]))
        return drawn.lookup

    with ThreadPoolExecutor(4) as pool:
        others = {at: chat if place < chats else routes for place, at in enumerate(instants[pages:])}
        sent = [pool.submit(writes, at, others[at]) for at in sorted(others)]
        for at in sorted(instants[:pages]):  # the browser is for this thread alone
            writes(at, lambda: by_page(whole, "一件事", times=1))
        for one in sent:
            one.result()
    return came
