"""Starts the demo: Redis, server, jobs and a WeChat of its own, and a branch seeded by talking to it."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from datetime import time as clock_time
from pathlib import Path
from typing import Any, Protocol, TypeVar

import urllib3
from sqlalchemy import select
from sqlalchemy.orm import Session

from demo import handlers
from demo.handlers import Staff
from demo.story import HALL, LEADERS, SECRETARY, Story
from models.activity import Activity, ActivityKind, ActivityState
from models.member import ON_ROLL, Member
from sealed.errors import ListFault
from services import activities, members, orgs, rosters
from services.activities import Plan
from services.calendar import today
from services.members import BindingRules
from services.rights import Act, operator
from settings import Settings
from sheets.roster import RosterLine, read

T = TypeVar("T")
ROOT = Path(__file__).resolve().parents[1]
STARTS_WITHIN = 60.0  # seconds for a child to answer
ENDS_WITHIN = 12.0  # seconds for a child to end when asked; the server lets its turns finish for up to ten
SCREEN_EVERY = 10.0  # seconds between two looks of the hall's screen at its code
TITLE = "主题党日：学习党章"
BANKS = ("党章2022.csv", "气象业务.csv")  # drafts: the shipped settings show them as 【待审】
WITHOUT_PHONE = {"杨德山", "朱秀英"}  # two comrades without a smartphone
NOT_YET_BOUND = ("张建国", "李娜", "何静")  # left for the newcomer to play


class NotStarted(Exception):
    """A part of the demo did not come up; the sentence says which, and where its reasons stand."""


class Run(Protocol):
    """Runs work in a writing transaction of its own."""

    def __call__(self, work: Callable[[Session], T]) -> T:
        """Run it; what it returns is returned."""
        ...


@dataclass
class Demo:
    """One run of the demo.

    `take_in` reads the roster into the database as `zhibu members import` does, `take_bank` a bank of questions as
    `zhibu questions import` does, `push_menu` sends the chat's menu to WeChat as `zhibu menu push` does.
    """

    settings: Settings
    config: Path
    run_work: Run
    clock: Callable[[], datetime]
    binding: BindingRules
    take_in: Callable[[list[RosterLine]], object]
    take_bank: Callable[[Path], object]
    push_menu: Callable[[], object]
    slips: list[tuple[str, str]] = field(default_factory=list)
    telling: dict[str, str] = field(default_factory=dict)  # who may sign in to the pages: office -> name
    staff: Staff | None = None  # who plays the confidential desk, where the settings name no other
    children: "list[subprocess.Popen[bytes]]" = field(default_factory=list)
    pool: urllib3.PoolManager = field(default_factory=lambda: urllib3.PoolManager(retries=False))

    def run(self) -> int:
        """Start everything, say where it is, keep it until Ctrl-C; returns the exit code."""
        signal.signal(signal.SIGTERM, _interrupt)
        try:
            self._staff()
            self._start("simulator", self.settings.wechat.api_base)
            self._start("serve", f"{self.settings.server.public_url}/livez")
            self._start("jobs", "")
            self._enrol()
            screen = self._seed()
            self._tell(screen)
            return self._keep(screen)
        except KeyboardInterrupt:
            return 0
        except NotStarted as failure:
            print(failure, file=sys.stderr)
            return 1
        finally:
            self._end()

    def _staff(self) -> None:
        """Hand the others a root and a list of handlers, where the settings have none of their own."""
        desk = self.settings.confidential
        if desk.root or not desk.here:
            return
        staff = handlers.staff_in(self.settings.var / "demo")
        try:
            staff.publish(self.settings.home / desk.list, today(self.clock(), self.settings.zone))
        except ListFault:  # somebody else's list, which is not ours to replace
            return
        self.staff, self.config = staff, handlers.configured(self.config, self.settings, staff)

    def _enrol(self) -> None:
        """The handlers' key files and second steps, anew at every start: recovery codes used up are good again."""

        def post(path: str, body: dict[str, object]) -> Any:
            address = f"{self.settings.server.public_url}/report/handler/{path}"
            answer = self.pool.request("POST", address, json=body, timeout=30.0)
            if answer.status != 200:
                raise NotStarted("承办人没有登记上，原因见 var/log/serve.log")
            return answer.json()

        for one in self.staff.handlers if self.staff else ():
            one.enrol(post)

    def _start(self, command: str, answers_at: str) -> None:
        log = self.settings.var / "log"
        log.mkdir(parents=True, exist_ok=True)
        with (log / f"{command}.log").open("ab") as output:
            child = subprocess.Popen(
                [sys.executable, str(ROOT / "cli.py"), "--verbose", "--config", str(self.config), command],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                env={**os.environ, "ZHIBU_PARENT": str(os.getpid()), "ZHIBU_HOME": str(self.settings.home)},
                start_new_session=True,  # Ctrl-C reaches the demo alone, which ends the others in order
            )
        self.children.append(child)
        deadline = time.monotonic() + STARTS_WITHIN
        while answers_at and not self._answers(answers_at):
            if child.poll() is not None or time.monotonic() > deadline:
                raise NotStarted(f"{command} 没有启动，原因见 {log / command}.log")
            time.sleep(0.05)

    def _answers(self, url: str) -> bool:
        try:
            return self.pool.request("GET", url, timeout=1.0).status < 500
        except urllib3.exceptions.HTTPError:
            return False

    # --- seeding -----------------------------------------------------------------------------------------------

    def _seed(self) -> str:
        """Fill the branch; returns the link of today's big screen."""
        print("正在准备演示支部 …", flush=True)
        self.take_in([line for line in read(ROOT / "demo" / "roster.csv") if isinstance(line, RosterLine)])
        for bank in BANKS:
            self.take_bank(ROOT / "banks" / bank)
        self.push_menu()
        complaint = self._sim("POST", "handshake")["complaint"]
        if complaint:
            raise NotStarted(f"微信验证回调地址没有通过：{complaint}")
        story = Story(self.run_work, self.clock, self.settings.zone)
        story.tell()
        screen = self.run_work(self._today)
        url = f"{self.settings.server.public_url}/screen/{screen}"
        self.pool.request("GET", url)
        hall = self._sim("GET", "codes")[0]["url"]
        practised = False
        for number, (name, digits) in enumerate(self.run_work(self._codes)):
            if name in NOT_YET_BOUND:
                self.slips.append((name, digits))
            elif name not in WITHOUT_PHONE:
                person = self._play(name, digits, hall if number % 2 == 0 else "")
                if digits and not practised:
                    self._practise(person)
                    practised = True
        story.leave_a_question()
        return url

    def _play(self, name: str, digits: str, hall: str) -> str:
        """One member's phone: follows, binds with the digits if there are any, scans the hall's code if given."""
        person: str = self._sim("POST", "people", nickname=name)["id"]
        self._sim("POST", f"people/{person}/follow")
        if digits:
            self._sim("POST", f"people/{person}/say", text=digits)
        if hall:
            self._sim("POST", f"people/{person}/scan", code=hall)
        return person

    def _practise(self, person: str) -> None:
        """A talk to look at: three questions, one not known, one wrong perhaps, and the path."""
        for words in ("答题", "不会", "继续", "第一个", "继续", "对", "A", "导学"):
            self._sim("POST", f"people/{person}/say", text=words)

    def _today(self, db: Session) -> str:
        """Today's activity, open; what was left open on another day is closed."""
        now, zone = self.clock(), self.settings.zone
        act = operator(now, zone)
        found = None
        for one in activities.open_now(db):
            if today(one.starts_at, zone) == today(now, zone):
                found = one
            else:
                activities.close(db, act, one)
        if found is None:
            found = activities.plan(db, act, Plan(ActivityKind.PARTY_DAY, TITLE, now, orgs.branch(db), HALL))
            activities.open_(db, act, found)
        self._plan_ahead(db, act)
        self.telling = {
            "书记": members.find(db, SECRETARY).name,
            "第一党小组长": members.find(db, next(iter(LEADERS.values()))).name,
        }
        return found.screen

    def _plan_ahead(self, db: Session, act: Act) -> None:
        ahead = select(Activity).where(Activity.state == ActivityState.PLANNED, Activity.starts_at > act.now)
        if db.scalar(ahead.limit(1)):
            return
        at = datetime.combine(act.day + timedelta(days=5), clock_time(14), self.settings.zone)
        activities.plan(db, act, Plan(ActivityKind.PARTY_DAY, "主题党日：岗位承诺回头看", at, orgs.branch(db), HALL))

    def _codes(self, db: Session) -> list[tuple[str, str]]:
        """The members' names, each with a fresh code unless the person is bound already and no newcomer's part."""
        unbound = {one.id for one in members.unbound(db, self.settings.wechat.official_account.app_id)}

        def digits(one: Member) -> str:
            if one.id not in unbound and one.name not in NOT_YET_BOUND:
                return ""
            return members.issue_code(db, one, self.clock(), self.binding.code_lives).digits

        return [(one.name, digits(one)) for one in rosters.everyone(db) if one.status in ON_ROLL]

    def _sim(self, method: str, path: str, **body: str) -> Any:
        """Ask the simulator's control API; its answers are read where they arrive."""
        answer = self.pool.request(
            method,
            f"{self.settings.wechat.api_base}/sim/{path}",
            body=json.dumps(body).encode() if method == "POST" else None,
            headers={"Content-Type": "application/json"},
            timeout=30.0,
        )
        return json.loads(answer.data)

    # --- running -----------------------------------------------------------------------------------------------

    def _tell(self, screen: str) -> None:
        chat = self.settings.wechat.api_base
        leaders = "，或".join(f"“{name}”（{office}）" for office, name in self.telling.items())
        desk = f"\n{handlers.told(self.staff, self.settings.server.public_url)}" if self.staff else ""
        slips = "\n".join(f"    {digits[:4]} {digits[4:]}　{name}" for name, digits in self.slips)
        print(
            f"""
演示已就绪（数据纯属虚构）。
  聊天页  {chat}
  大屏    {screen}
  管理页  {self.settings.server.public_url}/h5/
  服务    {self.settings.server.public_url}
先在聊天页点“加一位”，点“扫一扫”扫大屏上的码，再把下面任一绑定码发给公众号：
{slips}
再发“答题”做几道题，发“导学”看现在该读什么（题前的【待审】是还没审过的题）。
管理页会显示一个数字：在聊天页换成{leaders}，发“登录”和那个数字，照提示确认，网页就自己打开。{desk}
按 Ctrl-C 全部停止。""",
            flush=True,
        )

    def _keep(self, screen: str) -> int:
        """Look after the children; the hall's screen stays on, so that there always is a code to scan."""
        looked = 0.0
        while True:
            for child in self.children:
                if child.poll() is not None:
                    print("有一个进程意外结束，全部停止。原因见 var/log/。", file=sys.stderr)
                    return 1
            if time.monotonic() - looked >= SCREEN_EVERY:
                looked = time.monotonic()
                self._answers(f"{screen}/now")
            time.sleep(0.25)

    def _end(self) -> None:
        """Ask the children to end and wait for them; a second Ctrl-C does not wait."""
        try:
            for child in reversed(self.children):
                child.terminate()
            for child in self.children:
                child.wait(timeout=ENDS_WITHIN)
        except (KeyboardInterrupt, subprocess.TimeoutExpired):
            for child in self.children:
                child.kill()


def _interrupt(_signal: int, _frame: object) -> None:
    raise KeyboardInterrupt
