"""What the WeChat platform and our server both know: application ids, shared secrets, templates."""

import hashlib
from dataclasses import dataclass, field

from simulator.template import Template


@dataclass(frozen=True, slots=True)
class OfficialAccount:
    """An official account (公众号); an empty `encoding_aes_key` allows plain mode only."""

    app_id: str
    app_secret: str = field(repr=False)
    token: str = field(repr=False)
    encoding_aes_key: str = field(default="", repr=False)
    previous_encoding_aes_key: str = field(default="", repr=False)
    name: str = "支部通"

    @property
    def original_id(self) -> str:
        """The `gh_…` id that messages are addressed to, the same at every start."""
        return "gh_" + hashlib.sha256(self.app_id.encode()).hexdigest()[:12]


@dataclass(frozen=True, slots=True)
class MiniProgram:
    """A mini-program (小程序)."""

    app_id: str
    app_secret: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Accounts:
    """The two applications of one installation, and the templates of both."""

    official_account: OfficialAccount
    mini_program: MiniProgram
    templates: tuple[Template, ...] = ()

    def secret_of(self, app_id: str) -> str | None:
        """The secret of the application with this id, None when there is no such application."""
        for app in (self.official_account, self.mini_program):
            if app.app_id == app_id:
                return app.app_secret
        return None
