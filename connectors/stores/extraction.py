"""The text of a document, read in place and not kept: DOCX, PDF, TXT, EML.

All of the text or none: a page that is a picture, or an attachment that we cannot read, makes the whole
document unread, so that a person looks at it. A hostile file is unread too; it never stops the caller.
"""

from __future__ import annotations

import email
import email.policy
import io
import logging
import re
import warnings
import zipfile
from collections.abc import Callable, Iterator
from email.message import EmailMessage
from html import unescape
from pathlib import Path

import pypdf
from defusedxml import ElementTree

from connectors.safe_zip import check_archive

MAX_BYTES = 50_000_000
MAX_PAGES = 2_000
MAX_DEPTH = 3  # mails within mails

logging.getLogger("pypdf").setLevel(logging.CRITICAL)  # it logs what it cannot parse, which may be data


def text_of(path: Path) -> str | None:
    """The whole text of the document at `path`, or None when not all of it can be read as text."""
    try:
        if path.stat().st_size > MAX_BYTES:
            return None
        if path.suffix.lower() == ".docx":
            check_archive(path, MAX_BYTES)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return _text(path.suffix.lower(), path.read_bytes(), 0)
    except Exception:  # noqa: BLE001 - a hostile file raises anything; unread is the answer
        return None


def _text(suffix: str, content: bytes, depth: int) -> str | None:
    readers: dict[str, Callable[[bytes], str | None]] = {".docx": _docx, ".pdf": _pdf, ".txt": _plain}
    if suffix == ".eml":
        return _mail(content, depth)
    text = readers[suffix](content) if suffix in readers else None
    return text if text and text.strip() else None


def _plain(content: bytes) -> str:
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return content.decode("utf-16")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("cp1252")


_WORD = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_WORD_PARTS = re.compile(r"word/(document|header\d*|footer\d*|footnotes|endnotes|comments)\.xml")


def _docx(content: bytes) -> str | None:
    """Every paragraph of body, tables, text boxes, headers, notes and comments; None when there are pictures only."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        names = [name for name in archive.namelist() if _WORD_PARTS.fullmatch(name)]
        return "\n".join(line for name in sorted(names) for line in _paragraphs(archive.read(name)))


def _paragraphs(part: bytes) -> Iterator[str]:
    for paragraph in ElementTree.fromstring(part).iter(f"{_WORD}p"):
        runs = ("\n" if node.tag != f"{_WORD}t" else node.text or "" for node in paragraph.iter() if _counts(node.tag))
        line = "".join(runs)
        if line.strip():
            yield line


def _counts(tag: object) -> bool:
    return tag in (f"{_WORD}t", f"{_WORD}br", f"{_WORD}tab")


def _pdf(content: bytes) -> str | None:
    reader = pypdf.PdfReader(io.BytesIO(content))
    if len(reader.pages) > MAX_PAGES:
        return None
    pages: list[str] = []
    for page in reader.pages:
        text = page.extract_text()
        if not text.strip() and len(page.images):
            return None  # a scanned page
        pages.append(text)
    return "\n".join(pages)


def _mail(content: bytes, depth: int) -> str | None:
    if depth > MAX_DEPTH:
        return None
    message = email.message_from_bytes(content, policy=email.policy.default)
    return _message(message, depth)


def _message(message: EmailMessage, depth: int) -> str | None:
    names = ("From", "To", "Cc", "Subject", "Date")
    texts = [f"{name}: {message[name]}" for name in names if message[name]]
    for part in message.walk():
        if part.is_multipart():
            continue
        text = _part(part, depth)
        if text is None:
            return None
        texts.append(text)
    return "\n".join(texts)


def _part(part: EmailMessage, depth: int) -> str | None:
    """The text of one part; a picture shown within the text (a logo) counts as empty, an unread attachment as None."""
    kind = part.get_content_type()
    name = part.get_filename()
    if kind in ("text/plain", "text/html") and name is None:
        text = str(part.get_content())
        return unescape(re.sub(r"<[^>]*>", " ", text)) if kind == "text/html" else text
    if part.get_content_maintype() == "image" and part.get_content_disposition() == "inline":
        return ""
    payload = part.get_payload(decode=True)
    if not isinstance(payload, bytes) or name is None:
        return None
    suffix = Path(name).suffix.lower()
    return None if suffix == ".docx" and _too_large(payload) else _text(suffix, payload, depth + 1)


def _too_large(content: bytes) -> bool:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return sum(member.file_size for member in archive.infolist()) > MAX_BYTES
