"""SIGINT and SIGTERM as a flag that the training loop looks at between two steps."""

from __future__ import annotations

import signal
from types import FrameType, TracebackType
from typing import Any


class Signals:
    """Inside the `with` block a signal only sets `received`; handlers are restored afterwards."""

    def __init__(self) -> None:
        self.received = False
        self.exit_code = 130
        self.previous: dict[int, Any] = {}

    def __enter__(self) -> Signals:
        for number in (signal.SIGINT, signal.SIGTERM):
            try:
                self.previous[number] = signal.signal(number, self.handle)
            except ValueError:  # not the main thread: the caller handles signals
                break
        return self

    def handle(self, number: int, frame: FrameType | None) -> None:
        self.received = True
        self.exit_code = 128 + number

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for number, handler in self.previous.items():
            signal.signal(number, handler)
