"""The branch whose API is asked, and a client that speaks to it as the mini-program does."""

from dataclasses import dataclass

import pytest
from werkzeug.test import TestResponse

from tests.branch import Branch, Phone
from tests.talks.conftest import branch, each_branch  # noqa: F401 - the same fixtures for this folder


@dataclass
class MiniProgram:
    """The mini-program on one person's phone; `token` is what it has been given last."""

    branch: Branch
    phone: Phone
    token: str = ""

    def code(self, *, errcode: int = 0, snapshot: bool = False) -> str:
        """What wx.login gives."""
        return self.branch.world.login_code(self.phone.person, errcode=errcode, snapshot=snapshot)

    def login(self) -> dict[str, object]:
        """Log in and keep the token."""
        answer = self.post("login", {"code": self.code()})
        assert answer.status_code == 200, answer.get_data(as_text=True)
        found: dict[str, object] = answer.get_json()
        self.token = str(found["token"])
        return found

    def bind(self, digits: str, key: str = "") -> TestResponse:
        """Send a bind code, with an Idempotency-Key if one is given."""
        return self.post("bind", {"code": digits}, {"Idempotency-Key": key} if key else {})

    def post(self, path: str, body: object = None, headers: dict[str, str] | None = None) -> TestResponse:
        """One POST to /api/v1, with the token once there is one."""
        return self.branch.app.test_client().post(
            f"/api/v1/{path}", json=body, headers={**self.headers, **(headers or {})}
        )

    def get(self, path: str, headers: dict[str, str] | None = None) -> TestResponse:
        """One GET of /api/v1."""
        return self.branch.app.test_client().get(f"/api/v1/{path}", headers={**self.headers, **(headers or {})})

    def me(self) -> TestResponse:
        """Ask who one is."""
        return self.branch.app.test_client().get("/api/v1/me", headers=self.headers)

    @property
    def headers(self) -> dict[str, str]:
        """What every request carries."""
        return {"Authorization": f"Bearer {self.token}"} if self.token else {}


@pytest.fixture
def zhang(branch: Branch) -> MiniProgram:  # noqa: F811 - pytest hands the fixture over by its name
    """The mini-program of somebody who follows the account and is nobody yet."""
    return MiniProgram(branch, branch.phone("张建国"))
