"""What can be wrong with a backup or with the place it is to go to; texts/backup.py has the words.

BackupFault
├── NoBackup      nothing whole is there
├── Foreign       what is there is no backup of ours
├── Newer         made by a version that this one does not know
├── Damaged       a file is missing, cut short or changed
├── NotEmpty      the database has rows already
├── NotOurs       the database has tables of another program
├── InUse         a process works on the database
├── Unfit         the database does not take a table's rows
├── Unlike        what was read back differs from what was written
├── Taken         another backup is being taken there
└── TooOften      there is one of this very second
"""

from pathlib import Path


class BackupFault(Exception):
    """Why a backup could not be taken or put back."""


class OfFile(BackupFault):
    """It lies with a file or folder."""

    def __init__(self, path: Path) -> None:
        super().__init__(str(path))
        self.path = path


class OfTables(BackupFault):
    """It lies with these tables."""

    def __init__(self, *tables: str) -> None:
        super().__init__(", ".join(tables))
        self.tables = tables


class NoBackup(OfFile):
    """Nothing whole is there."""


class Foreign(OfFile):
    """What is there is no backup of ours."""


class Newer(OfFile):
    """Made by a version that this one does not know."""


class Damaged(OfFile):
    """A file is missing, cut short or changed."""


class Taken(OfFile):
    """Another backup is being taken there."""


class TooOften(OfFile):
    """There is one of this very second."""


class NotEmpty(OfTables):
    """The database has rows already."""


class NotOurs(OfTables):
    """The database has tables of another program."""


class InUse(OfTables):
    """A process works on the database: these leases hold."""


class Unfit(OfTables):
    """The database does not take these tables' rows."""


class Unlike(OfTables):
    """What was read back differs from what was written."""
