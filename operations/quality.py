"""The quality gates as sift and pseudonymise ask for them, and the quality page.

Importing it loads Great Expectations and pandas.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import pandas as pd

from connectors.bundle_file import write_whole
from connectors.quality import QualityResult, expected_columns, findings_of, run_extract_suite, run_suite
from connectors.stores.reading import StoreReader
from operations.project import Project
from operations.sifting.session import SiftInputs, open_sifting
from operations.stores import stores_of
from reports.quality import QualityLine, QualityPage, quality_html
from rules.privacy.extracts import Extract
from rules.review.values import Finding
from rules.schedule.plain import check_in_words
from rules.schedule.values import RecordClass

BUILT_IN = {
    "key present": "every record has its key",
    "one record per key": "no key occurs twice",
    "subject present": "every record says whose file it is in",
}


@dataclass
class QualityGate:
    """The gate of one sift: it yields findings for what fails, and remembers what every check counted."""

    lines: list[QualityLine] = field(default_factory=list)

    def __call__(self, reader: StoreReader, record_class: RecordClass, as_of: date) -> Iterator[Finding]:
        """Check one class in one store."""
        results = run_suite(reader.connection, reader.sources[record_class.name], record_class, as_of)
        self.lines += [_line(reader.alias, record_class, one) for one in results]
        yield from findings_of(reader.alias, record_class, results)

    def write(self, project: Project, as_of: date, name: str, out: Path | None = None) -> Path | None:
        """Write the page `quality-<name>.html` about what was checked; None where nothing was."""
        if not self.lines:
            return None
        page = QualityPage(
            organisation=project.settings.organisation,
            schedule=project.schedule.name,
            version=project.schedule.version,
            as_of=as_of,
            lines=tuple(self.lines),
        )
        return write_whole((out or project.settings.out) / page_name(name), quality_html(page).encode())


def page_name(name: str) -> str:
    """Return the file name of the quality page that belongs to a proposal, or to a day."""
    return f"quality-{name}.html"


def _line(store: str, record_class: RecordClass, result: QualityResult) -> QualityLine:
    declared = {one.id: one for one in record_class.expectations} if result.declared else {}
    expectation = declared.get(result.expectation)
    return QualityLine(
        store=store,
        class_name=record_class.name,
        says=result.expectation,
        means=check_in_words(expectation) if expectation else BUILT_IN.get(result.expectation, ""),
        because=expectation.because if expectation else (),
        failed=result.unexpected,
        looked_at=result.evaluated,
        impossible=result.exception,
    )


def check_quality(
    project: Project, as_of: date | None = None, out: Path | None = None
) -> tuple[QualityGate, Path | None]:
    """Check every class in every store, without a sift, and write the page. Raises StoreUnavailable, BadInput."""
    day = as_of or project.today()
    made = QualityGate()
    with ExitStack() as stack:
        sifting = open_sifting(SiftInputs(project.schedule, stores_of(project), day, scan_text=False), stack)
        for record_class in project.schedule.classes:
            for reader in sifting.of_class(record_class.name):
                for _ in made(reader, record_class, day):
                    pass
    return made, made.write(project, day, day.isoformat(), out)


def check_extract(extract: Extract) -> list[str]:
    """Return the expectations that an extract fails, each with its counts; none when all hold. Never a value."""
    frame = pd.DataFrame(list(extract.rows), columns=list(extract.columns), dtype="str")
    return [
        f"{found.expectation}: could not be checked"
        if found.exception
        else f"{found.expectation}: {found.unexpected} of {found.evaluated}"
        for found in run_extract_suite(frame, expected_columns(extract.spec))
        if found.exception or found.unexpected
    ]
