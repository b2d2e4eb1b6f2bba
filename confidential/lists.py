"""The signed handler list, one file: who reads and answers now, and in the earlier lists it carries, who did."""

from dataclasses import dataclass
from datetime import date
from pathlib import Path

from sealed import handlerlist
from sealed.desk import DeskClosed
from sealed.errors import ListFault, WrongKey
from sealed.handlerlist import HandlerList
from sealed.keys import of_text

LARGEST = 1024 * 1024  # bytes; seven handlers twice are 3 KB a list
FLOOR = 1  # the page has a floor of its own built in


@dataclass
class Lists:
    """The list file and the root (base64url) that must have signed it; read anew when the file has changed."""

    file: Path
    root: str
    _seen: tuple[int, int, int] | None = None
    _exact: bytes = b""

    def exact(self) -> bytes:
        """The file as it is, whatever it says. Raises DeskClosed when there is none."""
        try:
            found = self.file.stat()
            seen = (found.st_ino, found.st_mtime_ns, found.st_size)
            if found.st_size > LARGEST:
                raise DeskClosed
            if seen != self._seen:
                self._exact, self._seen = self.file.read_bytes(), seen
        except OSError:
            raise DeskClosed from None
        return self._exact

    def current(self, today: date) -> HandlerList:
        """The list to write by today. Raises DeskClosed when there is none that may be used."""
        try:
            return handlerlist.current(self.exact(), of_text(self.root, 32), today, FLOOR)
        except (ListFault, WrongKey):
            raise DeskClosed from None
