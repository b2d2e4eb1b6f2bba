"""A WeChat platform that runs here: API, callbacks, and a chat page that looks like a phone.

It knows of the server only its public URL and the shared secrets, and imports nothing of it.
"""

from simulator.accounts import Accounts, MiniProgram, OfficialAccount
from simulator.clock import Clock
from simulator.courier import Exchange, Manner
from simulator.faults import Fault
from simulator.outcomes import Telling, When
from simulator.packing import Hostile, Mode
from simulator.phone import NotFollowing, Person
from simulator.template import Template
from simulator.transport import Answer, Cut, Post, http_post, wsgi_post
from simulator.world import World

__all__ = [
    "Accounts",
    "Answer",
    "Clock",
    "Cut",
    "Exchange",
    "Fault",
    "Hostile",
    "Manner",
    "MiniProgram",
    "Mode",
    "NotFollowing",
    "OfficialAccount",
    "Person",
    "Post",
    "Telling",
    "Template",
    "When",
    "World",
    "http_post",
    "wsgi_post",
]
