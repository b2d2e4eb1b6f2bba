"""A stranger with the manual alone sets a branch up from an empty database: each step of the chapter is done as written.

The chapter's own words are what is done: `zhibu …` is run, 「…」 is clicked, “…” is typed, chosen, sent or looked for.
What stands in such marks and cannot be done fails, so the manual keeps up with the house.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import pytest
from playwright.sync_api import Error, Locator, Page, expect

from sheets import table
from simulator.main import running
from simulator.transport import http_post
from simulator.world import World
from tests.branch import ROOT, Phone, _nowhere, accounts_of
from tests.engines import Watch
from tests.faults.installed import Installation, installation

MANUAL = ROOT / "docs" / "手册" / "书记手册.md"
CHAPTER = "从空的系统到第一次会议"
SECRETARY = "张建国"
DAY, HOUR = "开会那天", "开会的钟点"

VERBS = re.compile(
    r"存成 `(?P<save>[^`]+)`"
    r"|`(?P<run>zhibu [^`]+)`"
    r"|打开支部的网页 `(?P<goto>[^`]+)`"
    r"|点「(?P<click>[^」]+)」"
    r"|点选“(?P<tick>[^”]+)”"
    r"|“(?P<field>[^”]+)”填“(?P<value>[^”]+)”"
    r"|“(?P<list>[^”]+)”选“(?P<option>[^”]+)”"
    r"|“(?P<picker>[^”]+)”选 `(?P<file>[^`]+)`"
    r"|(?P<follow>关注支部的公众号)"
    r"|(?:请(?P<who>[^，。：“”]{2,4}))?扫(?P<scan>大屏上的码)"
    r"|发“(?P<says>[^”]+)”"
    r"|(?P<page>网页上)?会看到(?P<sees>(?:“[^”]+”)+)"
)
TABLE_ROW = re.compile(r"^\s*\|(.+)\|\s*$", re.MULTILINE)


@dataclass(frozen=True)
class Step:
    """One numbered step: its sentence, and the block or table below it."""

    number: int
    words: str
    below: str

    def __str__(self) -> str:
        return f"step {self.number}: {self.words}"


def steps(manual: str) -> list[Step]:
    """The numbered steps of the chapter."""
    chapter = manual.partition(f"## {CHAPTER}\n")[2].partition("\n## ")[0]
    found = re.findall(r"^(\d+)\. (.+)\n((?:\n*   .*\n)*)", chapter, re.MULTILINE)
    return [Step(int(number), words, below) for number, words, below in found]


def left_over(step: Step) -> list[str]:
    """What is marked as something to do and is none of the verbs."""
    return re.findall(r"「[^」]*」|“[^”]*”|`[^`]*`", VERBS.sub("", step.words))


@dataclass
class Stranger:
    """Somebody who has the manual, a terminal, a browser and a phone, and does what is written."""

    made: Installation
    world: World
    page: Page
    now: Callable[[], datetime]
    digits: str = ""  # what `codes issue` has printed
    slips: dict[str, str] = field(default_factory=dict)  # name -> digits, as on the sheet of slips
    phones: dict[str, Phone] = field(default_factory=dict)
    heard: Phone | None = None  # whose phone said the last word, unless the browser was used since
    printed: list[str] = field(default_factory=list)

    def does(self, step: Step) -> None:
        """Everything the step says, in its order."""
        who = SECRETARY
        for found in VERBS.finditer(step.words):
            said = {name: text for name, text in found.groupdict().items() if text}
            who = said.get("who", who)
            match said:
                case {"save": name}:
                    self.saves(name, step.below)
                case {"run": command}:
                    self.runs(command.split()[1:])
                case {"sees": words}:
                    self.sees(re.findall("“([^”]+)”", words), in_page="page" in said)
                case {"follow": _}:
                    self.heard = self.phone(who).follows()
                case {"scan": _}:
                    self.heard = self.phone(who).scans(self.world.tickets.alive()[0].url)
                case {"says": words}:
                    self.heard = self.phone(who).says(self.meant(words, who))
                case _:
                    self.heard = None
                    self.uses_page(said)

    def phone(self, who: str) -> Phone:
        """That person's phone."""
        if who not in self.phones:
            self.phones[who] = Phone(self.world.join(who))
        return self.phones[who]

    def meant(self, words: str, who: str) -> str:
        """What is really typed where the manual tells what it is."""
        match words:
            case "8位数字":
                return self.digits
            case "纸条上的8位数字":
                return self.slips[who]
            case "登录 4位数字":
                return f"登录 {self.page.locator('#number').inner_text()}"
        return words

    def saves(self, name: str, below: str) -> None:
        """A file with the block's lines, or the blank roster filled like the table."""
        block = re.search(r"```\n(.*?)```", below, re.DOTALL)
        if block:
            text = "\n".join(line.strip() for line in block[1].strip().splitlines())
            (self.made.home / name).write_text(text + "\n", "utf-8")
            return
        shown = [[cell.strip() for cell in row.split("|")] for row in TABLE_ROW.findall(below)]
        columns, rows = shown[0], [dict(zip(shown[0], row, strict=True)) for row in shown[2:]]
        blank, _ = table.read(self.made.home / "blank.xlsx", "姓名")
        assert set(columns) <= set(blank), "the manual fills a column that the blank roster has not"
        table.write(self.made.home / name, blank, [[row.get(one, "") for one in blank] for row in rows], "党员名册")

    def runs(self, arguments: list[str]) -> None:
        """A command, as typed."""
        match arguments:
            case ["serve"]:
                self.made.serve()
                self.world.courier.post = http_post(f"{self.made.url}/wechat")
            case ["jobs"]:
                self.made.start(*arguments)
            case _:
                done = self.made.zhibu(*arguments)
                assert done.returncode == 0, (arguments, done.stderr)
                if shown := re.search(r"\b\d{8}\b", done.stdout):
                    self.digits = shown[0]

    def sees(self, wanted: list[str], *, in_page: bool) -> None:
        """The last reply holds the words, or the page does."""
        for words in wanted:
            if self.heard is not None and not in_page:
                self.heard.hears(words)
            else:
                expect(self.page.locator("main")).to_contain_text(words, timeout=20_000)

    def uses_page(self, said: Mapping[str, str]) -> None:
        """One thing done in the browser."""
        match said:
            case {"goto": path}:
                self.page.goto(f"{self.made.url}{path}")
            case {"click": name}:
                self.clicks(name)
            case {"tick": name}:
                self.page.get_by_role("checkbox", name=re.compile(rf"^\s*{name}")).check()
            case {"field": label, "value": value}:
                today = {DAY: f"{self.now():%Y-%m-%d}", HOUR: f"{self.now():%H:%M}"}
                self.labelled(label).fill(today.get(value, value))
            case {"list": label, "option": option}:
                choice = self.labelled(label)
                entries = choice.locator("option").all_inner_texts()
                choice.select_option(index=next(at for at, one in enumerate(entries) if one.startswith(option)))
            case {"picker": label, "file": name}:
                self.labelled(label).set_input_files(self.made.home / name)
            case _:
                raise AssertionError(f"nothing is known of {said}")

    def labelled(self, label: str) -> Locator:
        """The one field whose label begins so."""
        return self.page.locator("main").get_by_label(re.compile(rf"^\s*{re.escape(label)}"))

    def clicks(self, name: str) -> None:
        """A button or a link of that name: in the page if it has one, else above it."""
        button = self.button(name)
        if name.startswith("下载"):
            with self.page.expect_download() as coming:
                button.click()
            coming.value.save_as(self.made.home / "blank.xlsx")
        elif button.get_attribute("target") == "_blank":
            with self.page.expect_popup() as opened:
                button.click()
            expect(opened.value.locator("#qr svg")).to_be_visible(timeout=20_000)
        elif name == "打印":
            button.click()
            self.prints()
        else:
            button.click()
            self.page.wait_for_load_state()

    def button(self, name: str) -> Locator:
        """What is to be clicked; the exact name first, else one that holds it."""
        for place in ("main", "body"):
            for exact in (True, False):
                inside = self.page.locator(place)
                button = inside.get_by_role("button", name=name, exact=exact)
                for found in (button, inside.get_by_role("link", name=name, exact=exact)):
                    if found.count():
                        return found.first
        raise AssertionError(f"no 「{name}」 on {self.page.url}")

    def prints(self) -> None:
        """The sheet on paper, and what can be read on it."""
        assert self.page.pdf(prefer_css_page_size=True).startswith(b"%PDF")
        self.printed.append(self.page.locator("main").inner_text())
        for slip in self.page.locator(".slip").all():
            code = slip.locator(".code").inner_text()
            self.slips[slip.locator(".who b").inner_text()] = "".join(code.split())


@pytest.fixture
def stranger(tmp_path: Path, new_page: Callable[..., Page]) -> Iterator[Stranger]:
    """An installation in which nothing has been done, beside a WeChat."""
    with installation(tmp_path / "home") as made:
        world = World(accounts_of(made.settings()), _nowhere)
        with running(world) as address:
            made.configure(wechat={"api_base": address, "open_base": address})
            zone = made.settings().zone
            yield Stranger(made, world, new_page(1366, 900), lambda: datetime.now(zone))
        assert world.complaints == []


def test_every_step_says_something_that_can_be_done() -> None:
    found = steps(MANUAL.read_text("utf-8"))
    assert [step.number for step in found] == list(range(1, len(found) + 1))
    assert len(found) > 10
    assert [str(step) for step in found if not VERBS.search(step.words)] == []
    assert [f"{step}: {left}" for step in found if (left := left_over(step))] == []


@pytest.mark.parametrize(
    ("words", "left"),
    [
        ("点「人员」，再按「导入名册」。", ["「导入名册」"]),
        ("运行 `make all`，发“1”。", ["`make all`"]),
        ("点「打印」。", []),
    ],
)
def test_a_step_nobody_can_follow_is_noticed(words: str, left: list[str]) -> None:
    assert left_over(Step(1, words, "")) == left


def test_a_stranger_with_the_manual_alone_holds_the_first_meeting(stranger: Stranger, watch: Watch) -> None:
    for step in steps(MANUAL.read_text("utf-8")):
        try:
            stranger.does(step)
        except (AssertionError, Error) as amiss:
            amiss.add_note(f"{step}\n{stranger.page.url}\n{stranger.page.locator('body').inner_text()}")
            raise
        assert watch.unexpected() == [], step
    slips, signin, record = stranger.printed
    assert "李娜" in slips
    assert [one for one in ("周大山", "王芳", "本人签字", "应到：4    实到：3") if one not in signin] == []
    assert [one for one in ("学习党章总纲", "未到：王芳", "三楼会议室") if one not in record] == []
