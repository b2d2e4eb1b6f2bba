"""The same July, but everybody has the mini-program: what the chat and the pages did is done by operations of the API."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import func, select

from models.activity import ActivityKind
from models.attendance import MarkKind
from models.leave import LeaveClass
from models.notice import Notice, NoticeKind
from services.makeups import WAYS
from tests.api.conftest import MiniProgram
from tests.api.leading import told
from tests.branch import Phone
from tests.services.month import ZONE, Month
from texts.leave import ASKED_OF_MEMBERS

A_WHILE = timedelta(hours=1)
NO_MINI_PROGRAM = frozenset({"D"})  # a citizen who takes the wrong door and scans what hangs there with WeChat itself


@dataclass
class MonthByApi(Month):
    """The branch in July; who does what opens the mini-program for it."""

    minis: dict[str, MiniProgram] = field(default_factory=dict)
    kinds: dict[str, ActivityKind] = field(default_factory=dict)
    since: dict[str, datetime] = field(default_factory=dict)  # the last login

    def binds(self, who: str) -> None:
        """Come in, and send the digits of the slip."""
        if who in NO_MINI_PROGRAM:
            super().binds(who)
            return
        mini = self.minis[who] = MiniProgram(self.branch, Phone(self.branch.world.join(who)))
        mini.login()
        told(mini.bind(self.branch.code(who)))

    def token(self, who: str) -> str:
        """A login of this moment."""
        return self.opened(who).token

    def opened(self, who: str) -> MiniProgram:
        """Their mini-program, opened anew where it has been closed for a while, so that WeChat knows of them."""
        now, mini = self.branch.clock.now(), self.minis[who]
        if now - self.since.get(who, now - 2 * A_WHILE) > A_WHILE:
            mini.token, self.since[who] = "", now
            mini.login()
        return mini

    def ask(self, who: str, path: str, body: object = None, status: int = 200) -> dict[str, object]:
        """One POST of that person."""
        return told(self.opened(who).post(path, body), status)

    def told_of(self, title: str) -> dict[str, object]:
        """The activity as the secretary sees it."""
        return told(self.opened("F").get(f"activities/{self.meetings[title]}"))

    def plans(self, kind: ActivityKind, title: str, day: int, clock: str, *, group: str = "", by: str = "F") -> None:
        body = {"kind": kind, "title": title, "starts_at": _at(day, clock), "place": "三楼会议室"}
        made = self.ask(by, "activities", {**body, "group": group or None}, 201)
        self.meetings[title], self.kinds[title] = str(made["id"]), kind

    def moves(self, title: str, day: int, clock: str, why: str, *, by: str = "F") -> int:
        body = {"starts_at": _at(day, clock), "reason": why, "version": self.told_of(title)["version"]}
        assert self.ask(by, f"activities/{self.meetings[title]}/move", body)["state"] == "planned"
        return self._notices(NoticeKind.MOVED)

    def cancels(self, title: str, why: str, *, by: str = "F") -> int:
        body = {"reason": why, "version": self.told_of(title)["version"]}
        assert self.ask(by, f"activities/{self.meetings[title]}/cancel", body)["state"] == "cancelled"
        return self._notices(NoticeKind.CANCELLED)

    def opens(self, title: str, by: str = "F") -> None:
        assert self.ask(by, f"activities/{self.meetings[title]}/open")["state"] == "open"

    def closes(self, title: str, by: str = "F") -> None:
        assert self.ask(by, f"activities/{self.meetings[title]}/close")["state"] == "closed"

    def scan(self, title: str, *who: str) -> None:
        for one in who:
            self._arrives(title, one, {"method": "scan", "code": self.branch.screen(self.meetings[title]).code})

    def types_the_number(self, title: str, who: str) -> None:
        number = self.branch.screen(self.meetings[title]).number
        self._arrives(title, who, {"method": "number", "code": number})

    def comes_unbound(self, title: str, who: str) -> None:
        self.binds(who)  # the mini-program asks for the slip first
        self.scan(title, who)

    def registers(self, title: str, *who: str, by: str = "S", why: str = "无智能手机") -> None:
        body = {"member_ids": [self.id_of(one) for one in who], "reason": why}
        done = self.ask(by, f"activities/{self.meetings[title]}/registrations", body)
        assert done == {"registered": len(who), "already": 0, "reason": why}

    def marks(
        self, title: str, who: str, kind: MarkKind, why: str, *, by: str, leave: LeaveClass | None = None
    ) -> None:
        said = {"said": kind, "leave_class": leave, "reason": why}
        self.ask(by, "corrections", {"activity": self.meetings[title], "member": self.id_of(who), **said}, 201)

    def asks_leave(self, title: str, who: str, digit: str, leader: str) -> None:
        reason = list(ASKED_OF_MEMBERS)[int(digit) - 1]
        self.ask(who, f"activities/{self.meetings[title]}/leaves", {"reason_class": reason}, 201)
        waiting = told(self.opened(leader).get("leaves"))["leaves"]
        assert isinstance(waiting, list)
        (mine,) = (one for one in waiting if (one["title"], one["member"]) == (title, self.id_of(who)))
        assert self.ask(leader, f"leaves/{mine['id']}/decision", {"ok": True})["state"] == "approved"

    def makes_up(self, title: str, who: str, digit: str, words: str, leader: str) -> None:
        way = WAYS[self.kinds[title]][int(digit) - 1]
        body = {"way": way, "content": words}
        made = self.ask(who, f"activities/{self.meetings[title]}/makeups", body, 201)
        assert self.ask(leader, f"makeups/{made['id']}/confirm")["confirmed_at"] is not None

    def id_of(self, who: str) -> str:
        """A member's public id."""
        with self.branch.house.reading() as db:
            return self.member(db, who).public_id

    def file(self, who: str, path: str) -> bytes:
        """A workbook."""
        answer = self.opened(who).get(path)
        assert answer.status_code == 200, answer.get_data(as_text=True)
        return bytes(answer.data)

    def _arrives(self, title: str, who: str, how: dict[str, str]) -> None:
        if who in NO_MINI_PROGRAM:
            super().scan(title, who)
            return
        told(self.opened(who).post(f"activities/{self.meetings[title]}/checkins", how), 201)

    def _notices(self, kind: NoticeKind) -> int:
        with self.branch.house.reading() as db:
            return db.scalar(select(func.count()).select_from(Notice).where(Notice.kind == kind)) or 0


def _at(day: int, clock: str) -> str:
    hour, minute = clock.split(":")
    return datetime(2026, 7, day, int(hour), int(minute), tzinfo=ZONE).isoformat()
