"""One call of the platform's API, as the work behind an endpoint sees it."""

import json
from dataclasses import dataclass

from flask import Request

from simulator.apierrors import ApiError
from simulator.world import World

Json = dict[str, object]


@dataclass(frozen=True, slots=True)
class Call:
    """One API call as a work function sees it."""

    world: World
    request: Request

    @property
    def fields(self) -> Json:
        """The JSON object of the body; raises ApiError 44002 or 47001."""
        raw = self.request.get_data()
        if not raw.strip():
            raise ApiError(44002)
        try:
            fields = json.loads(raw.decode("utf-8"))
        except ValueError as error:
            raise ApiError(47001) from error
        if not isinstance(fields, dict):
            raise ApiError(47001)
        return fields

    def query(self, name: str) -> str:
        """A query argument, empty when it is missing."""
        return self.request.args.get(name, "")

    def authorise(self) -> str:
        """The official account that the access_token stands for, one call of its quota spent."""
        app_id = self.world.tokens.owner(self.query("access_token"))
        if app_id != self.world.accounts.official_account.app_id:
            raise ApiError(48001)
        self.world.quotas.spend(app_id, self.request.path)
        return app_id

    def authorise_mini(self) -> None:
        """The same for an API of the mini-program."""
        app_id = self.world.tokens.owner(self.query("access_token"))
        if app_id != self.world.accounts.mini_program.app_id:
            raise ApiError(48001)
        self.world.quotas.spend(app_id, self.request.path)
