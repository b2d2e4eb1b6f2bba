"""The register of commands, and what each of them is handed: what was typed, and the doors that cli.py opens."""

from __future__ import annotations

import argparse
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from settings import Settings, load
from texts import cli as texts

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import ExitStack
    from pathlib import Path

    from app import House
    from engines.web import Wsgi

DONE, REFUSED, WRONG_USAGE = 0, 1, 2


class Stop(Exception):
    """Ends the command with exit code 1 and this sentence."""


class Chosen(argparse.Namespace):
    """What was typed, and what cli.py hands along: how the house is built, a worker made, and what to close."""

    config: Path
    build: Callable[[Settings], House]
    load_app: Callable[..., Wsgi]
    closing: ExitStack

    def settings(self) -> Settings:
        """What config.yaml says."""
        return load(self.config, os.environ)

    def house(self) -> House:
        """The house with its database at the newest migration: SQLite is brought there, PostgreSQL by `db upgrade`."""
        house = self.build(self.settings())
        self.closing.callback(house.close)
        from engines.sql import at_head, upgrade

        if not at_head(house.engine):
            if not house.settings.on_sqlite:
                raise Stop(texts.DATABASE_BEHIND)
            upgrade(house.engine)
        return house


@dataclass(frozen=True)
class Argument:
    """One argument of a command, as argparse takes it."""

    names: tuple[str, ...]
    how: dict[str, Any]  # argparse's own, of many types


@dataclass(frozen=True)
class Command:
    """One command: its one or two words, what it does, and what it takes."""

    words: list[str]
    says: str
    arguments: tuple[Argument, ...]
    act: Callable[[Chosen], int | None]


COMMANDS: list[Command] = []


def argument(*names: str, **how: Any) -> Argument:
    """An argument of the command below it."""
    return Argument(names, how)


def command(
    words: str, says: str, *arguments: Argument
) -> Callable[[Callable[[Chosen], int | None]], Callable[[Chosen], int | None]]:
    """Make the function below the command of these words; it returns its exit code or None for DONE."""

    def add(act: Callable[[Chosen], int | None]) -> Callable[[Chosen], int | None]:
        COMMANDS.append(Command(words.split(), says, arguments, act))
        return act

    return add
