"""Addresses on this app that work for one visitor alone; knows no page and no store."""

import hashlib
import hmac
import secrets
import threading
from collections import OrderedDict
from typing import Generic, TypeVar

_MOST_ADDRESSES = 20_000  # a page shows 60 photos; about 300 bytes each

Thing = TypeVar("Thing")


class Addresses(Generic[Thing]):
    """Gives out addresses under a route with a {token}, and finds what lies behind them; safe to use from any thread.

    An address reveals nothing of what it leads to, and is a new one in the next process.
    """

    def __init__(self, route: str) -> None:
        self._route = route
        self._secret = secrets.token_bytes(32)
        self._things: OrderedDict[str, tuple[str, Thing]] = OrderedDict()
        self._lock = threading.Lock()

    def give(self, thing: Thing, *, name: str, owner: str) -> str:
        """The path under which this owner gets the thing; the same for one of the same name."""
        text = f"{owner}\0{name}".encode("utf-8", "surrogateescape")
        token = hmac.new(self._secret, text, hashlib.sha256).hexdigest()
        with self._lock:
            self._things[token] = owner, thing
            self._things.move_to_end(token)
            if len(self._things) > _MOST_ADDRESSES:
                self._things.popitem(last=False)
        return self._route.format(token=token)

    def find(self, token: str, *, owner: str | None) -> Thing | None:
        """The thing at an address of this owner's; None for anybody else."""
        with self._lock:
            found = self._things.get(token)
        return found[1] if found is not None and found[0] == owner else None
