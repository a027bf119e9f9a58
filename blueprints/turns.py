"""Pages made one after the other in each process, not all at once.

Python runs one thread at a time, and SQLite's driver gives the turn away at every step: four
threads that make pages together pass it on some forty times for each page, and make half as many
as one thread would. Whoever waits for a turn sleeps, and the server's loop has the processor.
"""

import threading

from flask import Flask, Response, request

from extensions import db

# Whoever has the turn so long waits for something itself (a lock, a large table): others go on.
PATIENCE_S = 0.25
READING = frozenset({"GET", "HEAD"})


class TurnTaking(Flask):
    """Answers what only reads in turns, where the database is in this very process."""

    _turn: "threading.Lock | None" = None

    def take_turns(self) -> None:
        """From now on; called once the database is known."""
        with self.app_context():
            # Another machine's answer is waited for: somebody else may work meanwhile.
            self._turn = threading.Lock() if db.engine.dialect.name == "sqlite" else None

    def full_dispatch_request(self) -> Response:
        turn = self._turn
        if turn is None or request.method not in READING:
            return super().full_dispatch_request()
        is_mine = turn.acquire(timeout=PATIENCE_S)
        try:
            return super().full_dispatch_request()
        finally:
            if is_mine:
                turn.release()
