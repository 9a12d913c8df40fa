"""The destruction certificate as HTML and as PDF/UA-1, both from the same sections, with the proof as a QR code."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Callable
from dataclasses import asdict
from datetime import datetime
from pathlib import Path

import segno
import typst
from markupsafe import Markup
from segno.encoder import DataOverflowError

from reports.certificate_data import CertificateData
from reports.certificate_document import sections, state_line
from reports.writing import environment
from rules.errors import BadInput

# Latin, Greek, Cyrillic and punctuation: what Libertinus Serif, which comes with Typst, has.
_RARE = re.compile("[^\\x00-\u052f\u1e00-\u206f\u20ac\u2116\u2122\u2190-\u2193\u2212]")
_TEMPLATE = Path(__file__).parent / "templates" / "certificate.typ"


def certificate_html(data: CertificateData) -> str:
    """Return the certificate as one HTML page that needs no other file."""
    picture, caption = _qr(data)
    template = environment().get_template("certificate.html")
    return template.render(
        title=title_of(data),
        data=data,
        state=state_line(data),
        sections=sections(data),
        picture=Markup(picture),  # noqa: S704  made by segno from a text that it draws as squares
        caption=caption,
    )


def certificate_pdf(data: CertificateData) -> bytes:
    """Return the certificate as a tagged PDF/UA-1 (ISO 14289-1); the same data give the same bytes.

    Values travel as JSON and are never read as markup. Letters for which neither the fonts of the package nor those
    of the system have a shape are written as (U+674E): PDF/UA-1 refuses a letter without one, and a name in a rare
    script must not cost the organisation its certificate. Raises BadInput when even so nothing can be set.
    """
    picture, caption = _qr(data)
    document = {
        "title": title_of(data),
        "organisation": data.organisation,
        "first_line": data.first_line,
        "state": state_line(data),
        "sections": [asdict(section) for section in sections(data)],
        "picture": picture,
        "caption": caption,
    }
    whole, spelled = (json.dumps(_each_text(document, change)) for change in (_printable, _spelled_out))
    closed = datetime.fromisoformat(data.certificate.closed_at)
    for shown, own_fonts_only in ((whole, True), (whole, False), (spelled, True)):
        try:
            return typst.compile(
                _TEMPLATE,
                format="pdf",
                sys_inputs={"document": shown},
                pdf_standards=["ua-1"],
                ignore_system_fonts=own_fonts_only,
                timestamp=int(closed.timestamp()),
            )
        except typst.TypstError:
            continue
    raise BadInput("the certificate cannot be set as PDF; its HTML shows the same")


def _each_text(value: object, change: Callable[[str], str]) -> object:
    """Return plain data with every text in it changed."""
    if isinstance(value, str):
        return change(value)
    if isinstance(value, dict):
        return {name: _each_text(part, change) for name, part in value.items()}
    if isinstance(value, list | tuple):
        return [_each_text(part, change) for part in value]
    return value


def _printable(text: str) -> str:
    """Return `text` without the characters that have no shape: controls, surrogates, direction marks."""
    return "".join(mark if mark == "\n" or mark.isprintable() else _code(mark) for mark in text)


def _spelled_out(text: str) -> str:
    """Return `text` with every character that the package's own fonts lack written as (U+674E)."""
    return _RARE.sub(lambda found: _code(found[0]), _printable(text))


def _code(character: str) -> str:
    return f"(U+{ord(character):04X})"


def title_of(data: CertificateData) -> str:
    """Return the title of the document."""
    return f"Certificate of destruction {data.certificate.certificate}"


def _qr(data: CertificateData) -> tuple[str, str]:
    """Return the QR code as SVG and its caption; a proof that is too long leaves the checkpoint alone."""
    for text, what in (
        (data.proof, "the proof of the run’s last entry and the signed checkpoint"),
        (data.certificate.checkpoint, "the signed checkpoint; the proof lies in the bundle"),
    ):
        try:
            code = segno.make(text, error="l", micro=False, boost_error=False)
        except DataOverflowError:  # beyond version 40, 2,953 bytes (ISO/IEC 18004)
            continue
        drawn = io.BytesIO()
        code.save(drawn, kind="svg", xmldecl=False, svgclass=None, lineclass=None, omitsize=True, border=4, unit=None)
        return (
            drawn.getvalue().decode().strip(),
            f"QR code: {what}. Compare them with the bundle; no network is needed.",
        )
    raise BadInput("the checkpoint of a certificate is too long for a QR code")
