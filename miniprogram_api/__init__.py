"""Entrance 2, the mini-program's JSON API: login, binding, and who one is."""

from miniprogram_api.errors import answer
from miniprogram_api.routes import Office, blueprint

__all__ = ["Office", "answer", "blueprint"]
