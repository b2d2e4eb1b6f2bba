"""config.yaml, read once into frozen, typed settings; every mistake is named before anything starts."""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import yaml
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

REAL_API_BASE = "https://api.weixin.qq.com"
LARGEST_FILE = 1_000_000  # characters
_VARIABLE = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")


class ConfigError(Exception):
    """The configuration cannot be used; `problems` holds one sentence for each mistake, all at once."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


def _no_slash(url: str) -> str:
    if not re.fullmatch(r"https?://[^\s/?#]+(/[^\s?#]*)?", url):
        raise ValueError("expected an http(s) address such as https://api.weixin.qq.com")
    return url.rstrip("/")


def _aes_key(key: str) -> str:
    if key and not re.fullmatch(r"[A-Za-z0-9]{43}", key):
        raise ValueError(f"expected the 43 letters and digits shown by the platform, got {len(key)} characters")
    return key


def _timezone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError("expected a time zone name such as Asia/Shanghai") from None
    return name


Address = Annotated[str, AfterValidator(_no_slash)]
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


class MiniProgram(Section):
    """The mini-program (小程序); empty until there is one."""

    app_id: str = ""
    app_secret: Annotated[str, Field(repr=False)] = ""


class WeChat(Section):
    """Where WeChat is and who we are there; timeout in seconds."""

    api_base: Address = REAL_API_BASE
    open_base: Address = "https://open.weixin.qq.com"
    timeout: Annotated[float, Field(gt=0, le=60)] = 5.0
    official_account: OfficialAccount
    mini_program: MiniProgram = MiniProgram()


class Database(Section):
    """The SQL engine; empty means SQLite in var/zhibu.db."""

    url: Annotated[str, Field(repr=False, pattern=r"^(|sqlite:///.+|postgresql(\+psycopg)?://.+)$")] = ""


class Redis(Section):
    """The Redis engine; empty means the embedded server."""

    url: Annotated[str, Field(repr=False, pattern=r"^(|rediss?://.+|unix://.+)$")] = ""


class Server(Section):
    """The web server and the address by which others reach it."""

    host: Filled = "127.0.0.1"
    port: Annotated[int, Field(ge=1, le=65_535)] = 8000
    workers: Annotated[int, Field(ge=1, le=64)] = 2
    threads: Annotated[int, Field(ge=1, le=64)] = 8
    public_url: Address = "http://127.0.0.1:8000"


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


class Binding(Section):
    """One-time codes on paper, and what stops someone who tries numbers."""

    code_days: Annotated[int, Field(ge=1, le=365)] = 30
    wrong_tries: Annotated[int, Field(ge=1, le=100)] = 10
    lock_minutes: Annotated[int, Field(ge=1, le=1_440)] = 60


class Conversation(Section):
    """How long an unanswered question waits, and how long its draft is kept."""

    minutes: Annotated[int, Field(ge=1, le=1_440)] = 10
    keep_hours: Annotated[int, Field(ge=1, le=168)] = 24


class Settings(Section):
    """Everything config.yaml says, plus `home`, the folder in which var/ lives."""

    home: Path
    wechat: WeChat
    database: Database = Database()
    redis: Redis = Redis()
    server: Server = Server()
    branch: Branch
    checkin: CheckIn = CheckIn()
    binding: Binding = Binding()
    talk: Conversation = Conversation()

    @property
    def var(self) -> Path:
        """The folder for everything the product writes by itself."""
        return self.home / "var"

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

    Raises ConfigError with every mistake found, each naming its key and what was expected.
    """
    home = Path(environ.get("ZHIBU_HOME") or Path.cwd()).resolve()
    problems: list[str] = []
    content = _filled(_read(path), "", environ, problems)
    if not isinstance(content, dict) or "home" in content:
        raise ConfigError([f"{path}: expected sections such as wechat: and branch:, see the shipped config.yaml"])
    try:
        settings = Settings.model_validate({**content, "home": home})
    except ValidationError as error:
        problems += list(_sentences(error))
    if problems:
        raise ConfigError([f"{path}: {problem}" for problem in problems])
    problems = list(_contradictions(settings))
    if problems:
        raise ConfigError([f"{path}: {problem}" for problem in problems])
    return settings


def _read(path: Path) -> object:
    try:
        text = path.read_text("utf-8")
    except FileNotFoundError:
        raise ConfigError([f"{path}: no such file; name one with --config or ZHIBU_CONFIG"]) from None
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError([f"{path}: cannot be read as UTF-8 text ({type(error).__name__})"]) from None
    if len(text) > LARGEST_FILE:
        raise ConfigError([f"{path}: larger than {LARGEST_FILE} characters, surely not a configuration"])
    try:
        return yaml.safe_load(text)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f" at line {mark.line + 1}" if mark else ""
        raise ConfigError([f"{path}: not valid YAML{where}"]) from None


def _filled(node: object, key: str, environ: Mapping[str, str], problems: list[str]) -> object:
    """The tree with each `${NAME}` replaced; a missing variable is a problem that names key and variable."""
    if isinstance(node, dict):
        return {k: _filled(v, f"{key}.{k}".lstrip("."), environ, problems) for k, v in node.items()}
    if isinstance(node, list):
        return [_filled(v, f"{key}[{i}]", environ, problems) for i, v in enumerate(node)]
    if not isinstance(node, str):
        return node
    problems += [
        f"{key}: the environment variable {name} is not set" for name in _VARIABLE.findall(node) if name not in environ
    ]
    return _VARIABLE.sub(lambda found: environ.get(found[1], found[0]), node)


def _sentences(error: ValidationError) -> Iterator[str]:
    """One line a mistake: the dotted key and what was expected, never the value (it may be a secret)."""
    for fault in error.errors(include_input=False, include_url=False):
        key = ".".join(str(part) for part in fault["loc"])
        if fault["type"] == "extra_forbidden":
            yield f"{key}: unknown key; check its spelling against the shipped config.yaml"
        elif fault["type"] == "missing":
            yield f"{key}: missing; see the shipped config.yaml"
        else:
            yield f"{key}: {fault['msg'].removeprefix('Value error, ')}"


def _contradictions(settings: Settings) -> Iterator[str]:
    checkin, account = settings.checkin, settings.wechat.official_account
    if checkin.number_turns_seconds > checkin.number_seconds:
        yield "checkin.number_turns_seconds: at most checkin.number_seconds, for a number shown must be alive"
    if account.previous_encoding_aes_key and not account.encoding_aes_key:
        yield "wechat.official_account.previous_encoding_aes_key: only together with encoding_aes_key"
