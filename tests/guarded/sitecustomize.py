"""Ends a Python process at once that looks up or connects to an address beyond this machine.

Python runs this file at its start where the folder stands in PYTHONPATH (https://docs.python.org/3/library/site.html).
"""

import os
import sys

EXIT_LEFT_THE_MACHINE = 99
OWN = ("127.", "::1", "localhost", "0.0.0.0")


def _guard(event: str, arguments: tuple[object, ...]) -> None:
    """An audit hook (https://docs.python.org/3/library/audit_events.html)."""
    if event == "socket.getaddrinfo":
        host = arguments[0]
    elif event in ("socket.connect", "socket.sendto") and isinstance(arguments[1], tuple):
        host = arguments[1][0]
    else:
        return
    name = host.decode("ascii", "replace") if isinstance(host, bytes) else str(host)
    if host is not None and not name.startswith(OWN):
        sys.stderr.write(f"{event} {name}: this leaves the machine\n")
        sys.stderr.flush()
        os._exit(EXIT_LEFT_THE_MACHINE)


sys.addaudithook(_guard)
