"""Letters, forms and notes as files: DOCX, PDF with real text, plain text and mail, equal bytes for equal input."""

from __future__ import annotations

import io
import textwrap
import zipfile
from datetime import datetime
from email.message import EmailMessage
from email.policy import SMTP
from pathlib import Path

import docx

from synthetic.bundle import Document

_LONG_AGO = (1980, 1, 1, 0, 0, 0)  # the earliest time a ZIP entry can bear


def write_document(folder: Path, document: Document) -> None:
    """Write one document below the folder, in the form that its name ends with."""
    path = folder / document.path
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(_FORMS[path.suffix](document))


def _docx(document: Document) -> bytes:
    made = docx.Document()
    made.add_heading(document.title, level=1)
    for paragraph in document.text.split("\n"):
        made.add_paragraph(paragraph)
    stamp = datetime(document.written_on.year, document.written_on.month, document.written_on.day)
    made.core_properties.created = made.core_properties.modified = stamp
    made.core_properties.author = "Service office"
    held = io.BytesIO()
    made.save(held)
    return _same_zip(held)


def _same_zip(held: io.BytesIO) -> bytes:
    """Return the archive with every entry dated alike, so that the time of writing leaves no trace."""
    result = io.BytesIO()
    with zipfile.ZipFile(held) as before, zipfile.ZipFile(result, "w", zipfile.ZIP_DEFLATED) as after:
        for entry in before.infolist():
            after.writestr(zipfile.ZipInfo(entry.filename, _LONG_AGO), before.read(entry), zipfile.ZIP_DEFLATED)
    return result.getvalue()


def _pdf(document: Document) -> bytes:
    """Return a one-page PDF 1.4 with its text in Helvetica (ISO 32000-1, 7.5 and 9.4)."""
    lines = [document.title, "", *textwrap.wrap(document.text, 88, break_long_words=False)]
    shown = b"".join(b"(" + _escaped(line) + b") Tj T*\n" for line in lines)
    content = b"BT /F1 11 Tf 14 TL 56 780 Td\n" + shown + b"ET"
    objects = (
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 5 0 R "
        b"/Resources << /Font << /F1 4 0 R >> >> >>",
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>",
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(content), content),
    )
    return _assembled(objects)


def _escaped(line: str) -> bytes:
    raw = line.encode("cp1252", "replace")
    return raw.replace(b"\\", rb"\\").replace(b"(", rb"\(").replace(b")", rb"\)")


def _assembled(objects: tuple[bytes, ...]) -> bytes:
    """Return the objects with header, cross-reference table and trailer."""
    body = b"%PDF-1.4\n"
    offsets = []
    for number, each in enumerate(objects, start=1):
        offsets.append(len(body))
        body += b"%d 0 obj\n%s\nendobj\n" % (number, each)
    table = b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    size = len(objects) + 1
    head = b"xref\n0 %d\n0000000000 65535 f \n" % size
    return body + head + table + b"trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (size, len(body))


def _eml(document: Document) -> bytes:
    mail = EmailMessage(policy=SMTP)
    mail["From"] = "office@winnowing.example.org"
    mail["To"] = "client@example.org"
    mail["Subject"] = document.title
    mail["Date"] = datetime(document.written_on.year, document.written_on.month, document.written_on.day, 10)
    mail["Message-ID"] = f"<{Path(document.path).stem}@winnowing.example.org>"
    mail.set_content(document.text)
    return mail.as_bytes()


def _txt(document: Document) -> bytes:
    return f"{document.title}\n\n{document.text}\n".encode()


_FORMS = {".docx": _docx, ".pdf": _pdf, ".eml": _eml, ".txt": _txt}
