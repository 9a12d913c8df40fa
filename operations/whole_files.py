"""Several files that appear all together, or not at all: written in a hidden folder first, then renamed."""

from __future__ import annotations

import shutil
from pathlib import Path
from types import TracebackType

from rules.errors import BadInput, Problem


class WholeFiles:
    """A context in which files are written aside; `show` makes them appear. Leaving without it leaves nothing."""

    def __init__(self, folder: Path, name: str, mode: int = 0o644) -> None:
        self._folder, self._aside, self._mode = folder, folder / f".{name}.part", mode
        self._names: list[str] = []

    def __enter__(self) -> WholeFiles:
        try:
            shutil.rmtree(self._aside, ignore_errors=True)  # what an earlier, killed attempt left
            self._aside.mkdir(mode=0o700, parents=True)
        except OSError:
            raise BadInput(Problem("the folder can't be written to", file=str(self._folder))) from None
        return self

    def place(self, name: str) -> Path:
        """Where to write the file that will be called `name`."""
        self._names.append(name)
        return self._aside / name

    def show(self) -> list[Path]:
        """Give every file its place and name; return them in the order in which they were asked for."""
        shown = []
        for name in self._names:
            (self._aside / name).chmod(self._mode)
            shown.append((self._aside / name).replace(self._folder / name))
        return shown

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        shutil.rmtree(self._aside, ignore_errors=True)
