"""What is judged of a bad day, from outside: what people heard against what is in SQL, and answers against the cut."""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from engines import sql
from models.checkin import CheckIn
from models.notice import Notice, NoticeKind, NoticeState
from models.opinion import Opinion
from models.study import Answer, Card, TopicTally
from tests.faults.badday import Day
from tests.faults.crowd import CUT, TRY_AGAIN, quantiles
from tests.faults.keeper import Away, Sample
from tests.faults.storm import NUMBER
from wechat.messages import parse

ENDED = frozenset({NoticeState.SENT, NoticeState.DELIVERED, NoticeState.UNSURE, NoticeState.SHOWN})
OURS = frozenset(["server", "worker", "scheduler", "sender", "jobs"])
GREW = (8 << 20, 0.12)  # bytes, share: the more of the two a process may grow by after it is warm
LINES = 60  # of one second in the log that are more than the one a turn
TURN = re.compile(r" INFO bot\.webhook turn ")


@dataclass(frozen=True, slots=True)
class Rule:
    """One thing that must hold: what it says, the figure, and whether it does."""

    says: str
    figure: str
    holds: bool


@dataclass(frozen=True)
class Verdict:
    """The rules of one day that is over."""

    day: Day

    def rules(self) -> list[Rule]:
        """Hold what people heard against what is in SQL, what was answered against the cut, and the rest; ask once."""
        with sql.reading(self.day.engine) as db:
            rules = [self._checkins(db), self._answers(db), self._whole(db), self._opinions(db), *self._notices(db)]
            ahead = self._clocks(db)
        rules += [*self._times(), self._wrong(), self._memory(), self._log(), self._recovery()]
        return [*rules, self._again(), self._happened(ahead)]

    def _checkins(self, db: Session) -> Rule:
        rows = db.execute(select(CheckIn.activity_id, CheckIn.member_id, CheckIn.at)).all()
        there = {(hall, member): int(at.timestamp()) for hall, member, at in rows}
        lost = [one for one, at in self.day.scans.told.items() if there.get(one) != at]
        lost += [one for one in self.day.scans.standing if one not in there]
        strange = [one for one, at in there.items() if at not in self.day.scans.sent.get(one, ())]
        holds = not lost and not strange and len(there) == len(rows)
        return Rule(
            "no acknowledged check-in is lost, none doubled, none that nobody sent",
            f"{len(self.day.scans.told)} welcomed, {len(rows)} rows; {len(lost)} lost, {len(strange)} strange",
            holds,
        )

    def _answers(self, db: Session) -> Rule:
        app_id = self.day.crowd.account.app_id
        rows: dict[int, list[str]] = {}
        for member, message in db.execute(select(Answer.member_id, Answer.message)):
            rows.setdefault(member, []).append(message)
        lost = strange = 0
        for member in self.day.studies.sent.keys() | rows.keys():
            free = set(rows.get(member, ()))
            waiting: list[str] = []  # sent, and nothing was heard of it
            for letter in self.day.studies.sent.get(member, ()):
                key = parse(letter.xml.encode()).key(app_id)
                waiting.append(key)
                if letter.xml not in self.day.studies.told.get(member, ()):
                    continue
                # a talk ends once: what acknowledges the second try may be the first one's row
                found = next((one for one in reversed(waiting) if one in free), None)
                lost += found is None
                free -= set(waiting)
                waiting = []
            strange += len(free - set(waiting))
        told = sum(map(len, self.day.studies.told.values()))
        total = sum(map(len, rows.values()))
        return Rule(
            "no acknowledged answer is lost, none doubled, none that nobody sent",
            f"{told} told, {total} rows; {lost} lost, {strange} strange",
            not lost and not strange,
        )

    def _whole(self, db: Session) -> Rule:
        """An answer is written with the card it leaves and the tally it counts in, all or nothing."""
        answers = db.scalar(select(func.count()).select_from(Answer)) or 0
        times = db.scalar(select(func.sum(Card.times))) or 0
        asked = db.scalar(select(func.sum(TopicTally.asked))) or 0
        return Rule(
            "nothing is half written",
            f"{answers} answers, {times} on cards, {asked} in tallies",
            answers == times == asked,
        )

    def _opinions(self, db: Session) -> Rule:
        rows = db.execute(select(Opinion.text, Opinion.number, Opinion.member_id)).all()
        there = {text: (number, member) for text, number, member in rows}
        lost = [text for text, number in self.day.opinions.told.items() if there.get(text, ("",))[0] != number]
        strange = [text for text, (_, member) in there.items() if self.day.opinions.sent.get(text) != member]
        return Rule(
            "no acknowledged opinion is lost, none doubled, none that nobody sent",
            f"{len(self.day.opinions.told)} told, {len(rows)} rows; {len(lost)} lost, {len(rows) - len(there)} doubled,"
            f" {len(strange)} strange",
            not lost and not strange and len(there) == len(rows),
        )

    def _notices(self, db: Session) -> list[Rule]:
        rows = db.execute(
            select(Notice.member_id, Notice.once, Notice.state).where(Notice.kind == NoticeKind.MOVED)
        ).all()
        states = Counter(row.state for row in rows)
        there = Counter((row.member_id, row.once.split(":")[1]) for row in rows)
        lost = [one for one in self.day.told.written if one not in there]
        strange = [one for one in there if one not in self.day.told.tried]
        known = {one.openid: one.id for one in self.day.told.people}
        arrived: Counter[tuple[int, str]] = Counter()
        for card in self.day.world.cards.all:
            found = NUMBER.search(" ".join(card.data.values()))
            if found and card.openid in known:
                arrived[(known[card.openid], found[1])] += 1
        twice = sum(1 for number in arrived.values() if number > 1)
        sent = states[NoticeState.SENT] + states[NoticeState.DELIVERED]
        silent = sum(
            1
            for row in rows
            if row.state in (NoticeState.SENT, NoticeState.DELIVERED)
            and not arrived[(row.member_id, row.once.split(":")[1])]
        )
        shown = " ".join(f"{state}={number}" for state, number in sorted(states.items()))
        return [
            Rule(
                "no notice is lost",
                f"{len(self.day.told.written)} written, {len(rows)} rows: {shown}; {len(lost)} lost, {len(strange)} strange,"
                f" {silent} sent and never seen",
                not lost and not strange and not silent and set(states) <= ENDED and sent > 0,
            ),
            Rule("no notice is pushed twice", f"{arrived.total()} on phones, {twice} twice", not twice),
        ]

    def _times(self) -> list[Rule]:
        keeper, late, broken, refused = self.day.keeper, 0, 0, 0
        spared = 0
        kills = Away(keeper.broken)
        for one in self.day.crowd.deliveries:
            ended = one.begun + one.seconds
            if keeper.web.met(one.begun, ended) or keeper.database.met(one.begun, ended):
                continue
            spared += 1
            late += one.end == "cut" or one.seconds > CUT
            broken += one.end == "broken" and not kills.met(one.begun, ended)
            refused += one.end.startswith("refused")
        cut = sum(one.end == "cut" for one in self.day.crowd.deliveries)
        return [
            Rule(
                "no reply comes after the cut while the database and a web process are up",
                f"{spared} of {len(self.day.crowd.deliveries)} deliveries had both; {late} of those late, {cut} cut in all",
                not late and spared > 0,
            ),
            Rule(
                "no connection breaks and nothing is refused where no process was killed",
                f"{broken} broken, {refused} refused",
                not broken and not refused,
            ),
        ]

    def _wrong(self) -> Rule:
        bugs = self.day.made.said().count("bug number=")
        words = "; ".join(self.day.crowd.wrong[:3])
        return Rule(
            "nobody hears wrong words or of a fault of ours",
            f"{len(self.day.crowd.wrong)}, {bugs} in the log. {words}",
            not (self.day.crowd.wrong or bugs),
        )

    def _memory(self) -> Rule:
        """Each process that has lived long enough, at its end against when it was warm."""
        worst, judged = (0.0, ""), 0
        holds = True
        for pid, mine in self._by_process().items():
            warm = [one.anonymous for one in mine if one.at >= self.day.shape.warm]
            if len(warm) < 8 or mine[0].role not in OURS:
                continue
            judged += 1
            part = max(2, len(warm) // 5)
            before, after = _middle(warm[:part]), _middle(warm[-part:])
            grown = after - before
            holds &= grown <= max(GREW[0], GREW[1] * before)
            worst = max(worst, (grown, f"{mine[0].role} {pid} {before / 2**20:.0f} -> {after / 2**20:.0f} MB"))
        return Rule(
            "memory is flat", f"{judged} processes long enough alive; the most grown: {worst[1] or 'none'}", holds
        )

    def _by_process(self) -> dict[int, list[Sample]]:
        found: dict[int, list[Sample]] = {}
        for one in self.day.keeper.samples:
            found.setdefault(one.pid, []).append(one)
        return found

    def _log(self) -> Rule:
        """Beside the one line a turn."""
        seconds = Counter(line[:19] for line in self.day.made.said().splitlines() if not TURN.search(line))
        _at, most = max(seconds.items(), key=lambda one: one[1], default=("", 0))
        return Rule(
            "the log does not flood",
            f"{seconds.total()} lines beside the turns', at most {most} within a second",
            most <= LINES,
        )

    def _again(self) -> Rule:
        """The scan's own lines: of notices that wait more may be said below them, or less."""
        again = self.day.delivers_again()
        changed = [(then, now) for then, now in again if _own(now or "") != _own(then)]
        return Rule(
            "a scan delivered once more is answered as it was, by SQL alone",
            f"{len(again)} delivered again, {len(changed)} answered otherwise {changed[:1] or ''}".rstrip(),
            bool(again) and not changed,
        )

    def _happened(self, ahead: set[int]) -> Rule:
        """`ahead`: by how many half minutes the house's clock was seen to differ from WeChat's."""
        there, planned = len(self.day.happened), len(self.day.faults)
        stepped = any(one.name == "clock" for one in self.day.happened)
        return Rule(
            "every fault planned has happened",
            f"{there} of {planned}; rows by a clock that was {', '.join(f'{30 * one:+d}' for one in sorted(ahead))} s ahead",
            there == planned and stepped <= (len(ahead) > 1),
        )

    def _clocks(self, db: Session) -> set[int]:
        """From when a scan was sent and when it was recorded."""
        rows = db.execute(select(CheckIn.at, CheckIn.recorded_at)).all()
        return {round((recorded - at).total_seconds() / 30) for at, recorded in rows}

    def _recovery(self) -> Rule:
        starts = " ".join(f"{one.name}={one.starts}" for one in self.day.keeper.kept.values())
        return Rule(
            "everything recovers without a hand",
            f"{self.day.recovered:.1f} s after the last message all was answered and sent; started: {starts}",
            self.day.recovered < self.day.shape.ends_within,
        )

    def table(self) -> list[str]:
        """What happened, in lines."""
        crowd, keeper = self.day.crowd, self.day.keeper
        counts, (middle, rare, longest) = crowd.counts, quantiles(crowd.deliveries)
        lines = [
            f"  {one.begun:6.1f} - {one.ended:6.1f} s  {one.name:<9} {one.how}" for one in sorted(self.day.happened)
        ]
        told = [
            f"{name} {counts[f'{name} sent']} sent {counts[f'{name} acknowledged']} acknowledged"
            for name in self.day.shape.shares
        ]
        spoilt = f"{counts['cut']} cut, {counts['broken']} broken, {counts['redelivered']} redelivered"
        lines += [
            f"  away: no web process {keeper.web.seconds:.1f} s, database {keeper.database.seconds:.1f} s",
            f"  {', '.join(told)}",
            f"  {len(crowd.deliveries)} deliveries: {spoilt}; {counts['silent']} messages silent, {counts[TRY_AGAIN]} {TRY_AGAIN}",
            f"  ms: p50 {middle:.0f}, p99 {rare:.0f}, longest {longest:.0f}",
        ]
        for pid, mine in self._by_process().items():
            sizes = f"{mine[0].pss / 2**20:.0f} -> {mine[-1].pss / 2**20:.0f} MB"
            lines.append(f"  {mine[0].role:<9} {pid:<8} seen for {mine[-1].at - mine[0].at:5.0f} s, PSS {sizes}")
        return lines

    def told(self, rules: Sequence[Rule]) -> Mapping[str, object]:
        """The same for a program: what happened, what people heard and sent, which rules hold."""
        counts = self.day.crowd.counts
        return {
            "happened": [one._asdict() for one in self.day.happened],
            "acknowledged": {name: counts[f"{name} acknowledged"] for name in self.day.shape.shares},
            "kept": self.kept(),
            "told to try again": counts[TRY_AGAIN],
            "rules": [asdict(rule) for rule in rules],
        }

    def kept(self) -> Mapping[str, int]:
        """How many of each sort were acknowledged for good."""
        return {
            "check-ins": len(self.day.scans.told),
            "answers": sum(map(len, self.day.studies.told.values())),
            "opinions": len(self.day.opinions.told),
            "notices": len(self.day.told.written),
        }


def _middle(values: Sequence[int]) -> float:
    return float(sorted(values)[len(values) // 2])


def _own(reply: str) -> list[str]:
    """Three lines where somebody is welcomed, one where an earlier scan counts."""
    return reply.split("\n")[: 3 if reply.startswith("✅") else 1]
