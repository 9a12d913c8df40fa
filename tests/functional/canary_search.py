"""Search files for canaries: their bytes, what is packed in them, and what they show."""

from __future__ import annotations

import base64
import binascii
import io
import re
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from pypdf import PdfReader
from pypdf.errors import PyPdfError

from connectors.settings import Settings, prefect_variables, read_settings

ROOT = Path(__file__).resolve().parents[2]
CANARY = "ZQXKV"

# What the charity itself keeps, and what the generator keeps beside it; all else in the folder is ours.
STORES = ("casework.db", "people.xlsx", "enquiries.csv", "paper.csv", "hosted.csv")
THEIRS = (*STORES, "documents", "answer_key")


def run_year(
    folder: Path, due: str, clients: int, seconds: float | None, more: int = 0
) -> subprocess.CompletedProcess[bytes]:
    """One year of flows in a process of its own, with homes of its own, as talkative as Prefect can be."""
    for name in ("tmp", "home"):
        (folder / name).mkdir()
    kept = {name: value for name, value in read_settings().variables.items() if not name.startswith("PREFECT_")}
    variables = {
        **prefect_variables(Settings(variables=kept), folder / "prefect"),
        "PREFECT_LOGGING_LEVEL": "DEBUG",
        "PREFECT_LOGGING_SERVER_LEVEL": "INFO",
        "PREFECT_LOGGING_ROOT_LEVEL": "INFO",
        "TMPDIR": str(folder / "tmp"),
        "HOME": str(folder / "home"),
        "XDG_CACHE_HOME": str(folder / "home" / "cache"),
    }
    return subprocess.run(
        [sys.executable, "-m", "tests.functional.canary_year", str(folder), CANARY, due, str(clients), str(more)],
        cwd=ROOT,
        env=variables,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        check=False,
        timeout=seconds,
    )


def count_canaries(*places: Path) -> int:
    """How many different canaries these files hold."""
    pattern = re.compile(CANARY.encode() + rb"[A-Z]\d+")
    return len({one for path in files_in(*places) for _, data in contents_of(path) for one in pattern.findall(data)})


def ours(charity: Path) -> list[Path]:
    """Everything in a project folder that is no store."""
    return [path for path in charity.iterdir() if not path.name.startswith(THEIRS)]


def files_in(*places: Path) -> Iterator[Path]:
    """Every file at or below these places."""
    for place in places:
        yield from [place] if place.is_file() else sorted(path for path in place.rglob("*") if path.is_file())


def contents_of(path: Path) -> Iterator[tuple[str, bytes]]:
    """The bytes of a file, of what is packed in it, and of what it shows."""
    data = path.read_bytes()
    yield path.name, data
    if path.suffix in (".zip", ".xlsx"):
        with zipfile.ZipFile(io.BytesIO(data)) as packed:
            yield from ((f"{path.name}: {name}", packed.read(name)) for name in packed.namelist())
    if path.suffix == ".pdf":
        with suppress(PyPdfError):  # some are broken on purpose
            yield f"{path.name}: text", "\n".join(page.extract_text() for page in PdfReader(path).pages).encode()
    if "storage" in path.parts:
        try:  # Prefect stores exceptions pickled, in base64
            yield f"{path.name}: unpacked", base64.b64decode(b"".join(data.split()), validate=True)
        except binascii.Error:
            return


def found(words: list[str], *places: Path, but: tuple[str, ...] = ()) -> set[tuple[str, str]]:
    """Where any of the words is found, whatever its case."""
    sought = {word: word.lower().encode() for word in words}
    return {
        (name, word)
        for path in files_in(*places)
        if not path.name.startswith(but or "\0")
        for name, data in contents_of(path)
        for word, token in sought.items()
        if token in data.lower()
    }
