"""How long a test waits for what should come: a limit for one that hangs, never a pause."""

WAIT_S = 120
