"""What is closed at the end of a ``with``: said once for everything in this package that has ``close()``."""

from types import TracebackType
from typing import Self


class Closing:
    """A context manager by its ``close()``."""

    def close(self) -> None:
        """Give back what is held; may be called again."""
        raise NotImplementedError

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
