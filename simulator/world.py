"""One simulated WeChat: its people, codes, tokens, quotas, clock, and the road to our server."""

import base64
import hashlib
import secrets
import threading
from collections import Counter
from typing import TYPE_CHECKING

from simulator.accounts import Accounts
from simulator.apierrors import ApiError
from simulator.cards import Card, Cards
from simulator.carrier import Carrier
from simulator.clock import Clock
from simulator.courier import Courier
from simulator.faults import Faults
from simulator.handshake import shake
from simulator.journal import Journal, Side
from simulator.logins import Logins
from simulator.media import Media
from simulator.numbers import Numbers
from simulator.outcomes import Outcomes
from simulator.packing import Mode
from simulator.pagetickets import PageTickets
from simulator.phone import Person
from simulator.quotas import Quotas
from simulator.subscriptions import Subscriptions
from simulator.tickets import Tickets
from simulator.tokens import Tokens
from simulator.transport import Get, Post

if TYPE_CHECKING:
    from datetime import datetime

LOGINS_A_MINUTE = 100  # of one person, platform page 小程序登录


class World:
    """Everything WeChat knows; `cut` is in seconds, `tries` counts all deliveries of a message.

    `calls` counts API calls by path, `wrong_secret_code` is what the token endpoints answer to a
    wrong secret (40125 has been seen too), `ip_allowed` False answers them with 40164.
    """

    def __init__(
        self,
        accounts: Accounts,
        post: Post,
        *,
        cut: float = 5.0,
        tries: int = 3,
        mode: str = "safe",
        clock: Clock | None = None,
    ) -> None:
        account = accounts.official_account
        if Mode(mode) is not Mode.PLAIN and not account.encoding_aes_key:
            raise ValueError(f"mode {mode} needs an EncodingAESKey")
        self.name = secrets.token_hex(4)  # tells a restarted world from the former
        self.accounts = accounts
        self.clock = clock or Clock()
        self.tokens = Tokens(self.clock)
        self.tickets = Tickets(self.clock)
        self.logins = Logins(self.clock, per_minute=LOGINS_A_MINUTE)
        self.page_logins = Logins(self.clock)
        self.page_tickets = PageTickets(self.clock)
        self.numbers = Numbers(self.clock)
        self.media = Media(self.clock)
        self.quotas = Quotas(self.clock)
        self.faults = Faults()
        self.journal = Journal()
        self.calls: Counter[str] = Counter()
        self.ip_allowed = True
        self.wrong_secret_code = 40001
        self.menu: dict[str, object] | None = None
        self.suggestions = {"违规": "risky", "存疑": "review"}  # what msg_sec_check says of texts with such a word
        self.visited: dict[str, datetime] = {}  # when each openid was in the mini-program last
        self.get: Get | None = None  # how the callback address is tried
        self.courier = Courier(account, post, self.clock, cut)
        self.courier.tries = tries
        self.courier.mode = Mode(mode)
        self.subscriptions = Subscriptions(accounts.templates)
        self.cards = Cards()
        self.outcomes = Outcomes()
        self.names_notices = False  # whether bizsend answers with a msgid; its page says no, it has been seen to
        self.carrier = Carrier(self.courier, self.clock, self.tickets, self.journal, self.media, self.subscriptions)
        self._lock = threading.Lock()
        self._people: list[Person] = []
        self._namesakes: Counter[str] = Counter()

    @property
    def complaints(self) -> list[str]:
        """Everything the checker has found so far; empty when the server is sound."""
        return [str(complaint) for complaint in self.carrier.complaints]

    @property
    def people(self) -> list[Person]:
        """Everyone, in the order they came."""
        with self._lock:
            return list(self._people)

    def join(self, nickname: str, unionid: str | None = None, *, following: bool = False) -> Person:
        """A new person; the n-th of a name has the same openids in every world.

        With `following` they follow already and the server is not told.
        """
        with self._lock:
            self._namesakes[nickname] += 1
            seed = f"{nickname}|{self._namesakes[nickname]}"
            person = Person(
                id=f"p{len(self._people) + 1}",
                nickname=nickname,
                carrier=self.carrier,
                openid=_openid(self.accounts.official_account.app_id, seed),
                mini_openid=_openid(self.accounts.mini_program.app_id, seed),
                unionid=unionid,
            )
            self._people.append(person)
        self.journal.changed("people")
        if following:
            person.starts_following()
        return person

    def person(self, person_id: str) -> Person | None:
        """The person with this short id (p1, p2, …)."""
        return next((person for person in self.people if person.id == person_id), None)

    def by_openid(self, openid: str) -> Person | None:
        """The person with this openid of the official account."""
        return next((person for person in self.people if person.openid == openid), None)

    def login_code(self, person: Person, *, errcode: int = 0, snapshot: bool = False) -> str:
        """A code as wx.login gives it; `errcode` makes its exchange fail with that. Whoever asks is in there now.

        With `snapshot` (快照) it is the code of nobody real.
        """
        self.visited[person.mini_openid] = self.clock.now()
        return self.logins.code(person.mini_openid, person.unionid, errcode=errcode, snapshot=snapshot)

    def phone_code(self, person: Person, number: str, *, app_id: str = "", country: int | str = 86) -> str:
        """A code as the phone number button gives it; `app_id` puts another application into the watermark."""
        return self.numbers.code(person.mini_openid, number, app_id or self.accounts.mini_program.app_id, country)

    def page_code(self, person: Person, scope: str = "snsapi_base", *, snapshot: bool = False) -> str:
        """A code as a page of the account gets it; a 快照页 gets one of a person who does not exist."""
        openid = _openid(self.accounts.official_account.app_id, f"snapshot {person.id}") if snapshot else person.openid
        return self.page_logins.code(openid, None if snapshot else person.unionid, scope=scope, snapshot=snapshot)

    def shake(self) -> str:
        """Try the callback address as the platform does before it takes it; returns the complaint, "" if sound."""
        if self.get is None:
            raise ValueError("this world has no way to ask the server")
        said = shake(self.accounts.official_account, self.get, self.clock.timestamp(), self.courier.cut)
        if said:
            self.carrier.complain("WeChat", "handshake", said)
        return said

    def push(self, openid: str, kind: str, text: str) -> None:
        """Show a message of the account outside any exchange (customer service).

        Raises ApiError 40003, 43004, 45015 or 45047.
        """
        person = self.by_openid(openid)
        if person is None:
            raise ApiError(40003)
        if not person.following:
            raise ApiError(43004)
        now = self.clock.now()
        person.windows.spend(now)
        self.journal.write(person.id, now, Side.ACCOUNT, kind, text)
        self.cards.keep(Card(self.carrier.message_id(), "service", openid, "", {"text": text}, "", "", now))

    def received(self, person: Person) -> list[Card]:
        """What has reached this person outside any exchange, by whichever channel."""
        return self.cards.of(person.openid, person.mini_openid)

    def count(self, path: str) -> None:
        """Count one API call."""
        with self._lock:
            self.calls[path] += 1

    def close(self) -> None:
        """Let go of everything that waits."""
        self.faults.forgive()
        self.outcomes.close()
        self.courier.close()
        self.journal.close()


def _openid(app_id: str, seed: str) -> str:
    digest = hashlib.sha256(f"{app_id}|{seed}".encode()).digest()
    return "o" + base64.urlsafe_b64encode(digest).decode()[:27]
