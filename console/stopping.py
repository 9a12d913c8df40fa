"""Ctrl-C, a closed terminal, a machine that shuts down: the verb ends in order, and says what stands.

What runs is left as after any other failure: transactions are rolled back, leases given back, files not half written.
"""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

STOPPED = 130  # as shells have it for Ctrl-C
_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_AGAIN = "type the same again"
_READS = "Nothing was changed."
_SIGNS = f"Either all of it is signed and in the log, or nothing: {_AGAIN}, and Winnow says so if it is there already."
_STANDS = {
    "destroy": f"What is destroyed is in the log, and nothing is half done: {_AGAIN}, and the run goes on from there.",
    "confirm": f"Either you have signed, or not: {_AGAIN}, and Winnow says so if you have.",
    "hold": "Either it is in the log, or nothing is: look with `winnow hold list` before you type it again.",
    "prove": f"If the answer was ready, the log says that it was given. No harm is done: {_AGAIN}.",
    "restore-check": f"Stores are as they were. No run starts until a whole check is done: {_AGAIN}.",
    "key": f"The old key or the new one is in force, whole: {_AGAIN}, and the change is finished.",
    "watch": f"The log is whole: {_AGAIN}.",
    "demo": f"The invented charity is left half done: {_AGAIN}, and it is made anew.",
    "store": f"Each store is prepared, or as it was: {_AGAIN}, and the rest is done.",
    "pseudonymise": f"No extract is half written: look with `ls out`, and {_AGAIN}.",
    "report": f"No table is half written: {_AGAIN}.",
    "sift": f"Nothing was changed in any store: {_AGAIN}.",
    "review": f"No pack is half written: {_AGAIN}.",
    "init": f"Files that were written stay: remove the new folder, and {_AGAIN}.",
    **dict.fromkeys(("decide", "approve", "adopt", "person", "backup"), _SIGNS),
}


class StoppedError(BaseException):
    """Somebody stopped the verb. No `except Exception` catches it, so only clean-up runs on its way."""


def said_of_stop(verb: str) -> str:
    """Say what stands after a verb was stopped, and what to do."""
    return f"Stopped. {_STANDS.get(verb, _READS)}"


@contextmanager
def stoppable() -> Iterator[None]:
    """Turn the signals that stop a process into StoppedError; the second is ignored while the first is obeyed.

    The third ends the process at once, which loses nothing either.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    seen: list[int] = []

    def stop(number: int, _frame: FrameType | None) -> None:
        seen.append(number)
        if len(seen) == 1:
            raise StoppedError
        if len(seen) > 1:
            signal.signal(number, signal.SIG_DFL)

    before = {one: signal.signal(one, stop) for one in _SIGNALS if signal.getsignal(one) is not signal.SIG_IGN}
    try:
        yield
    finally:
        for one, handler in before.items():
            signal.signal(one, handler)
