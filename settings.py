"""config.yaml, read once into frozen, typed settings; every mistake is named before anything starts."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Literal, Self
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import yaml
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, model_validator

REAL_API_BASE = "https://api.weixin.qq.com"
LARGEST_FILE = 100_000  # bytes
MOST_BRACKETS = 1000  # [ and {; what reads YAML looks through all that are open for each one more
_VARIABLE = re.compile(r"\$\{([^}]*)\}?")
_VARIABLE_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_NULL = "tag:yaml.org,2002:null"


class ConfigError(Exception):
    """The configuration cannot be used; `problems` holds one sentence for each mistake, all at once."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


def _address(scheme: str, expected: str) -> Callable[[str], str]:
    """A check for addresses of that scheme (a pattern); what it says of a wrong one never quotes it."""

    def check(url: str) -> str:
        try:
            parts = urlsplit(url)
            sound = re.fullmatch(scheme, parts.scheme) and parts.port != 0
        except ValueError:  # a port that is no number, a bracket that is not closed
            sound = None
        if not sound or "://" not in url or re.search(r"\s", url):
            raise ValueError(f"expected {expected}")
        return url

    return check


def _web(url: str) -> str:
    parts = urlsplit(_address("https?", "an http(s) address such as https://api.weixin.qq.com")(url))
    if not parts.hostname or parts.query or parts.fragment:
        raise ValueError("expected an http(s) address with a host and without ? or #")
    return url.rstrip("/")


def _database(url: str) -> str:
    if url:
        _address("sqlite|postgresql(\\+psycopg)?", 'postgresql://user:password@host/name, sqlite:///file or ""')(url)
    if url.startswith("sqlite") and not re.fullmatch(r"sqlite:///.+", url):
        raise ValueError("expected sqlite:/// followed by a file, which counts from ZHIBU_HOME")
    return url


def _redis(url: str) -> str:
    return _address("rediss?|unix", 'redis://host:port/0, unix:///socket or ""')(url) if url else url


def _aes_key(key: str) -> str:
    if key and not re.fullmatch(r"[A-Za-z0-9]{43}", key):
        raise ValueError(f"expected the 43 letters and digits shown by the platform, got {len(key)} characters")
    return key


def _root(key: str) -> str:
    if key and not re.fullmatch(r"[A-Za-z0-9_-]{43}", key):
        raise ValueError(f"expected the 43 characters that `zhibu handlers root` shows, got {len(key)}")
    return key


def _timezone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError("expected a time zone name such as Asia/Shanghai") from None
    return name


Address = Annotated[str, AfterValidator(_web)]
AesKey = Annotated[str, AfterValidator(_aes_key), Field(repr=False)]
TimeZone = Annotated[str, AfterValidator(_timezone)]
Filled = Annotated[str, Field(min_length=1)]
Secret = Annotated[str, Field(min_length=1, repr=False)]  # never in a log or an error


class Section(BaseModel):
    """A part of config.yaml: unknown keys are mistakes and nothing changes after the start."""

    model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=True)


class OfficialAccount(Section):
    """The official account (公众号) and how its callbacks are checked; times in seconds."""

    app_id: Filled
    app_secret: Secret
    token: Secret
    encoding_aes_key: AesKey = ""
    previous_encoding_aes_key: AesKey = ""
    timestamp_tolerance: Annotated[int, Field(ge=0, le=86_400)] = 600
    reply_wait: Annotated[float, Field(gt=0, le=4.8)] = 4.5

    @model_validator(mode="after")
    def _keys_in_rotation(self) -> Self:
        if self.previous_encoding_aes_key and not self.encoding_aes_key:
            raise ValueError("previous_encoding_aes_key: expected only together with encoding_aes_key")
        return self


class MiniProgram(Section):
    """The mini-program (小程序); empty until there is one."""

    app_id: str = ""
    app_secret: Annotated[str, Field(repr=False)] = ""

    @model_validator(mode="after")
    def _whole_or_empty(self) -> Self:
        if bool(self.app_id) != bool(self.app_secret):
            raise ValueError("app_id, app_secret: expected both, or neither while there is no mini-program")
        return self


FieldSource = Literal["title", "when", "place", "words", "name", "note", "by"]
"""What of a notice stands in a field of its template."""

_FIELD_KEY = re.compile(r"([a-z_]+?)[0-9]{1,3}")
_HOLDS: Mapping[str, tuple[str, ...]] = {  # the kinds of field in which each of them always finds room
    "when": ("time", "date", "thing", "character_string", "keyword"),
    "name": ("name", "thing", "keyword"),
    "by": ("name", "thing", "keyword"),
}


class Template(Section):
    """A template (模板) of WeChat's: by which channel it goes, and what stands in which of its fields."""

    id: Filled
    channel: Literal["template", "subscription", "mini"]
    fields: Annotated[Mapping[str, FieldSource], Field(min_length=1, max_length=7)]

    @model_validator(mode="after")
    def _fields_hold_it(self) -> Self:
        for key, source in self.fields.items():
            found, kinds = _FIELD_KEY.fullmatch(key), _HOLDS.get(source, ("thing", "keyword"))
            if found is None or found[1] not in kinds:
                raise ValueError(
                    f"fields.{key}: expected for {source} a field such as {' or '.join(kinds)} with a number"
                )
        return self


class Templates(Section):
    """The template of each topic (一类提醒); a topic without one goes by what other way is open."""

    activity: Template | None = None
    change: Template | None = None
    birthday: Template | None = None
    leave: Template | None = None
    makeup: Template | None = None
    answer: Template | None = None
    study: Template | None = None
    office: Template | None = None

    @property
    def given(self) -> dict[str, Template]:
        """Those there are, by topic."""
        made = {topic: getattr(self, topic) for topic in type(self).model_fields}
        return {topic: template for topic, template in made.items() if template is not None}

    @model_validator(mode="after")
    def _one_template_one_channel(self) -> Self:
        channels: dict[str, str] = {}
        for topic, template in self.given.items():
            if channels.setdefault(template.id, template.channel) != template.channel:
                raise ValueError(f"{topic}: the same id stands under another channel")
        return self


class WeChat(Section):
    """Where WeChat is, who we are there and which templates we have; timeout in seconds, `sdk` is a script."""

    api_base: Address = REAL_API_BASE
    open_base: Address = "https://open.weixin.qq.com"
    sdk: Address = "https://res.wx.qq.com/open/js/jweixin-1.6.0.js"
    timeout: Annotated[float, Field(gt=0, le=60)] = 5.0
    official_account: OfficialAccount
    mini_program: MiniProgram = MiniProgram()
    templates: Templates = Templates()

    @model_validator(mode="after")
    def _two_applications(self) -> Self:
        if self.mini_program.app_id == self.official_account.app_id:
            raise ValueError("mini_program.app_id: expected another one than official_account.app_id")
        for topic, template in self.templates.given.items():
            if template.channel == "mini" and not self.mini_program.app_id:
                raise ValueError(f"templates.{topic}.channel: mini needs mini_program")
        return self


class Database(Section):
    """The SQL engine; empty means SQLite in var/zhibu.db."""

    url: Annotated[str, AfterValidator(_database), Field(repr=False)] = ""


class Redis(Section):
    """The Redis engine; empty means the embedded server."""

    url: Annotated[str, AfterValidator(_redis), Field(repr=False)] = ""


class Server(Section):
    """The web server and the address by which others reach it."""

    host: Filled = "127.0.0.1"
    port: Annotated[int, Field(ge=1, le=65_535)] = 8000
    workers: Annotated[int, Field(ge=1, le=64)] = 2
    threads: Annotated[int, Field(ge=1, le=64)] = 16
    public_url: Address = "http://127.0.0.1:8000"
    log_format: Literal["text", "json"] = "text"

    @property
    def connections(self) -> int:
        """To the database, of one process: PostgreSQL has a hundred for all of them."""
        return min(2 * self.threads, 16) + 2


class Branch(Section):
    """The branch (党支部) as its members know it."""

    name: Filled
    timezone: TimeZone = "Asia/Shanghai"
    telephone: Filled


class CheckIn(Section):
    """The hall's codes and the scan that waits for a binding; seconds, hours and metres."""

    qr_seconds: Annotated[int, Field(ge=5, le=600)] = 30
    number_seconds: Annotated[int, Field(ge=60, le=3_600)] = 300
    number_turns_seconds: Annotated[int, Field(ge=30, le=3_600)] = 240
    late_minutes: Annotated[int, Field(ge=0, le=240)] = 5
    hold_hours: Annotated[int, Field(ge=1, le=72)] = 12

    @model_validator(mode="after")
    def _shown_means_alive(self) -> Self:
        if self.number_turns_seconds > self.number_seconds:
            raise ValueError("number_turns_seconds: expected at most number_seconds, for a number shown must be alive")
        return self


class Attendance(Section):
    """What differs by place in the figures of attendance."""

    public_leave_expected: bool = True
    makeup_in_rate: bool = True


class Binding(Section):
    """One-time codes on paper, and what stops someone who tries numbers."""

    code_days: Annotated[int, Field(ge=1, le=365)] = 30
    wrong_tries: Annotated[int, Field(ge=1, le=100)] = 10
    lock_minutes: Annotated[int, Field(ge=1, le=1_440)] = 60


class Conversation(Section):
    """How long an unanswered question waits, and how long its draft is kept."""

    minutes: Annotated[int, Field(ge=1, le=1_440)] = 10
    keep_hours: Annotated[int, Field(ge=1, le=168)] = 24


def _tenths(hours: float) -> float:
    if round(hours * 10) != round(hours * 10, 6):
        raise ValueError("expected at most one digit after the point")
    return hours


StudyHours = Annotated[float, Field(ge=0, le=200), AfterValidator(_tenths)]


class Hours(Section):
    """学时: what a year asks for, and what counts for how much where nothing else is entered; in 学时."""

    aim: StudyHours = 32.0
    committee_aim: StudyHours = 56.0
    half_day: StudyHours = 4.0
    lecture: StudyHours = 2.0
    party_day: StudyHours = 2.0
    makeup_counts: bool = False
    online_counts: bool = False


class Study(Section):
    """Study (学习): questions a day in chat, whether drafts go out, down to which chance of recall one waits; hours."""

    daily: Annotated[int, Field(ge=1, le=50)] = 3
    show_unreviewed: bool = False
    retention: Annotated[float, Field(ge=0.7, le=0.97)] = 0.9
    hours: Hours = Hours()


class Reminders(Section):
    """How notices are sent; what is sent when is set on a page, not here."""

    at_once: Annotated[int, Field(ge=1, le=256)] = 32
    lease: Annotated[int, Field(ge=2, le=600)] = 120


class Quota(Section):
    """The most calls of an API in a minute and on a day."""

    minute: Annotated[int, Field(ge=1)] = 10_000
    day: Annotated[int, Field(ge=1)] = 100_000


class Quotas(Section):
    """What WeChat allows for each way to send; `reserve` is the part that only 改期 and 取消 may use."""

    template: Quota = Quota()
    subscription: Quota = Quota()
    mini: Quota = Quota()
    service: Quota = Quota(day=500_000)
    reserve: Annotated[float, Field(ge=0, le=0.5)] = 0.1


class Opinions(Section):
    """Opinions (意见)."""

    answer_days: Annotated[int, Field(ge=1, le=60)] = 15


class UpperOrgan(Section):
    """The upper organ (上级) as the page names it to those who would rather turn there."""

    name: str = ""
    telephone: str = ""
    address: str = ""


class Confidential(Section):
    """The confidential desk (保密反映); files count from ZHIBU_HOME, an empty `database` means: on another machine."""

    database: str = "var/confidential/cases.db"
    unsigned_database: Filled = "var/confidential/unsigned.db"
    redis_url: Annotated[str, AfterValidator(_redis), Field(repr=False)] = ""
    public_url: Address = "http://127.0.0.1:8000"
    list: Filled = "var/confidential/handlers.json"
    root: Annotated[str, AfterValidator(_root)] = ""
    transfer_within: Annotated[int, Field(ge=1, le=30)] = 3
    upper: UpperOrgan = UpperOrgan()

    @property
    def here(self) -> bool:
        """Whether this machine keeps the cases."""
        return bool(self.database)

    @property
    def origin(self) -> str:
        """What a browser calls the origin of the desk's pages."""
        parts = urlsplit(self.public_url)
        return f"{parts.scheme}://{parts.netloc}"


class Backup(Section):
    """Where backups are kept, so that their age can be looked at; an absolute path, or one from ZHIBU_HOME."""

    folder: str = ""


class Settings(Section):
    """Everything config.yaml says, plus `home`, the folder in which var/ lives."""

    home: Path
    wechat: WeChat
    database: Database = Database()
    redis: Redis = Redis()
    server: Server = Server()
    branch: Branch
    checkin: CheckIn = CheckIn()
    attendance: Attendance = Attendance()
    binding: Binding = Binding()
    talk: Conversation = Conversation()
    study: Study = Study()
    reminders: Reminders = Reminders()
    quotas: Quotas = Quotas()
    opinions: Opinions = Opinions()
    backup: Backup = Backup()
    confidential: Confidential = Confidential()

    @property
    def var(self) -> Path:
        """The folder for everything the product writes by itself."""
        return self.home / "var"

    @property
    def desk_redis(self) -> Path:
        """The home of the confidential desk's embedded Redis, apart from the branch's."""
        return self.var / "desk"

    @property
    def zone(self) -> ZoneInfo:
        """The branch's time zone, by which 'today' is meant."""
        return ZoneInfo(self.branch.timezone)

    @property
    def on_sqlite(self) -> bool:
        """Whether the embedded SQL engine is used: one web worker then."""
        return not self.database.url.startswith("postgresql")


def load(path: Path, environ: Mapping[str, str]) -> Settings:
    """Read config.yaml at `path`; `${NAME}` is taken from `environ`, var/ lives in $ZHIBU_HOME or here.

    Raises ConfigError with every mistake found, each naming its key and what was expected, never a value.
    """
    home = Path(environ.get("ZHIBU_HOME") or Path.cwd()).resolve()
    reading = _Reading(environ)
    content = reading.value(_parsed(path), "")
    if not isinstance(content, dict):
        raise ConfigError([f"{path}: expected sections such as wechat: and branch:, see the shipped config.yaml"])
    if "home" in content:
        reading.problems["home"] = "unknown key; the environment variable ZHIBU_HOME says where var/ lives"
    try:
        settings = Settings.model_validate({**content, "home": home})
    except ValidationError as error:
        for key, problem in _problems(error):
            reading.problems.setdefault(key, problem)
    if reading.problems:
        raise ConfigError([f"{path}: {key}: {problem}" for key, problem in reading.problems.items()])
    return settings


def _parsed(path: Path) -> yaml.Node | None:
    try:
        with path.open("rb") as file:
            content = file.read(LARGEST_FILE + 1)
        text = content.decode("utf-8-sig")
    except FileNotFoundError:
        raise ConfigError([f"{path}: no such file; name one with --config or ZHIBU_CONFIG"]) from None
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError([f"{path}: cannot be read as UTF-8 text ({type(error).__name__})"]) from None
    if len(content) > LARGEST_FILE:
        raise ConfigError([f"{path}: larger than {LARGEST_FILE} bytes, surely not a configuration"])
    if text.count("[") + text.count("{") > MOST_BRACKETS:
        raise ConfigError([f"{path}: more than {MOST_BRACKETS} brackets, surely not a configuration"])
    try:
        # composed and not constructed: a value stays the text it is written as
        parsed: yaml.Node | None = yaml.compose(text, yaml.SafeLoader)
    except (yaml.YAMLError, RecursionError, ValueError, OverflowError) as error:  # an escape beyond U+10FFFF
        mark = getattr(error, "problem_mark", None)
        where = f" at line {mark.line + 1}" if mark else ""
        raise ConfigError([f"{path}: not valid YAML{where}"]) from None
    return parsed


@dataclass
class _Reading:
    """Turns YAML into plain sections of text, each `${NAME}` replaced; `problems` are by key, the first of each.

    Numbers are read where a section asks for one, so a secret made of digits keeps its zeros and 'no' is no
    truth value. A key with nothing after it is as good as absent.
    """

    environ: Mapping[str, str]
    problems: dict[str, str] = field(default_factory=dict)
    seen: set[int] = field(default_factory=set)

    def value(self, node: yaml.Node | None, key: str) -> object:
        if node is None or node.tag == _NULL:
            return None
        if id(node) in self.seen:  # a few aliases of aliases would grow without end
            self.problems.setdefault(key, "an alias (*); expected the value itself")
            return None
        self.seen.add(id(node))
        if isinstance(node, yaml.MappingNode):
            return self.section(node, key)
        if isinstance(node, yaml.SequenceNode):
            return [self.value(one, f"{key}[{place}]") for place, one in enumerate(node.value)]
        return _VARIABLE.sub(lambda found: self.variable(found, key), node.value)

    def section(self, node: yaml.MappingNode, above: str) -> dict[str, object]:
        section: dict[str, object] = {}
        for name, below in node.value:
            key = f"{above}.{name.value}".lstrip(".") if isinstance(name, yaml.ScalarNode) else above
            if not isinstance(name, yaml.ScalarNode):
                self.problems.setdefault(key, "a key that is not a word")
            elif name.value in section:
                self.problems.setdefault(key, "stands twice; expected it once")
            elif (value := self.value(below, key)) is not None:
                section[name.value] = value
        return section

    def variable(self, found: re.Match[str], key: str) -> str:
        name = found[1]
        if not _VARIABLE_NAME.fullmatch(name) or not found[0].endswith("}"):
            self.problems.setdefault(key, "a ${ without a name; expected ${NAME} for the environment variable NAME")
        elif name not in self.environ:
            self.problems.setdefault(key, f"the environment variable {name} is not set")
        return self.environ.get(name, "")


_EXPECTED: Mapping[str, str] = {
    "extra_forbidden": "unknown key; check its spelling against the shipped config.yaml",
    "missing": "missing; see the shipped config.yaml",
    "model_type": "expected a section with keys of its own",
    "string_type": "expected a text",
    "string_too_short": "expected a text that is not empty",
    "int_parsing": "expected a whole number",
    "int_type": "expected a whole number",
    "int_from_float": "expected a whole number",
    "float_parsing": "expected a number",
    "float_type": "expected a number",
}


def _problems(error: ValidationError) -> Iterator[tuple[str, str]]:
    """The dotted key of each mistake and what was expected, never the value: it may be a secret."""
    for fault in error.errors(include_input=False, include_url=False):
        said = fault["msg"].removeprefix("Value error, ").replace("Input should be", "expected a value")
        yield ".".join(str(part) for part in fault["loc"]), _EXPECTED.get(fault["type"], said)
