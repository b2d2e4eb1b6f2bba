"""Who has allowed how many messages of which template: WeChat's own count, which it tells nobody."""

import threading
from collections import Counter
from collections.abc import Iterable

from simulator.apierrors import ApiError
from simulator.template import Template


class Subscriptions:
    """The templates of both applications and the consents to them, by person and template."""

    def __init__(self, templates: Iterable[Template]) -> None:
        self.templates = list(templates)
        self._lock = threading.Lock()
        self._left: Counter[tuple[str, str]] = Counter()

    def find(self, name: str) -> Template:
        """The template with this id, or of this topic. Raises ValueError."""
        for template in self.templates:
            if name in (template.id, template.topic):
                return template
        raise ValueError(f"there is no template {name}")

    def accept(self, openid: str, template_id: str) -> None:
        """Allow one message more."""
        with self._lock:
            self._left[(openid, template_id)] += 1

    def refuse(self, openid: str, template_id: str) -> None:
        """Allow none any more."""
        with self._lock:
            self._left[(openid, template_id)] = 0

    def forget(self, openid: str) -> None:
        """A person who stops following has allowed nothing."""
        with self._lock:
            for key in [key for key in self._left if key[0] == openid]:
                del self._left[key]

    def left(self, openid: str, template_id: str) -> int:
        """How many messages are allowed."""
        with self._lock:
            return self._left[(openid, template_id)]

    def spend(self, openid: str, template_id: str) -> None:
        """Use one; raises ApiError 43101."""
        with self._lock:
            if self._left[(openid, template_id)] < 1:
                raise ApiError(43101)
            self._left[(openid, template_id)] -= 1
