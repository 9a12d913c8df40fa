"""The verb `survey`: is everything that the stores hold needed? Counts and uses in, advice out; no store is changed.

Each store counts for itself; free text is read where it lies, a page at a time, and only counts of what it seems to
hold are kept (invariant 6). No value of a record is in the result.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from zoneinfo import ZoneInfo

from connectors.stores.base import RecordStore
from connectors.stores.counting import (
    ColumnCount,
    count_columns,
    count_unclaimed,
    holds_documents,
    present_fields,
    texts_in,
)
from connectors.stores.reading import StoreReader
from operations.project import Project
from operations.sifting.session import silent
from operations.stores import stores_of
from operations.surveying.asked import Place, asked_by
from operations.surveying.published import declares, of_extracts, of_statistics
from operations.whole_files import WholeFiles
from reports.survey import Survey, survey_html, survey_xlsx
from rules.minimise import LONG, ColumnEvidence, Use, advise
from rules.privacy.sensitive import Sensitive, sensitive_in
from rules.schedule.values import RecordClass, Role

Progress = Callable[[str, int], None]

LIKE_FREE_TEXT = 40
"""Letters from which on a column is read like free text, whatever purpose it was given."""

_MANY = 500  # texts between two signs of progress


def survey(project: Project, progress: Progress = silent) -> Survey:
    """Return what every store holds, column by column, and what is advised. Raises BadInput, StoreUnavailable."""
    settings, uses = project.settings, _uses(project)
    evidence: list[ColumnEvidence] = []
    for alias, store in stores_of(project).items():
        sources = store.sources()
        with store.reader() as connection:
            reader = StoreReader(alias, connection, sources, project.schedule, ZoneInfo(project.schedule.zone))
            for record_class in project.schedule.classes:
                if record_class.name in sources:
                    evidence += _OneClass(store, reader, record_class, progress).evidence(uses)
            evidence += _unclaimed(store, reader)
        progress("stores surveyed", len(evidence))
    missing = [path.name for path in (settings.statistics, settings.extracts) if not declares(path)]
    return Survey(
        organisation=settings.organisation,
        schedule=project.schedule.name,
        version=project.schedule.version,
        surveyed_on=project.today().isoformat(),
        advice=tuple(map(advise, evidence)),
        undeclared=tuple(missing),
    )


def write_survey(project: Project, found: Survey, out: Path | None = None) -> tuple[Path, Path]:
    """Write the survey as a page and a workbook in `out` (the project's own folder by default). Raises BadInput."""
    name = f"survey-{found.surveyed_on}"
    with WholeFiles(out or project.settings.out, name) as files:
        files.place(f"{name}.html").write_text(survey_html(found), encoding="utf-8")
        survey_xlsx(found, files.place(f"{name}.xlsx"))
        html, xlsx = files.show()
    return html, xlsx


def _uses(project: Project) -> dict[Place, tuple[Use, ...]]:
    """What reads each field of each class."""
    found: dict[Place, set[Use]] = {}
    for place, use in (
        *asked_by(project.schedule),
        *of_statistics(project.settings.statistics, project.schedule),
        *of_extracts(project.settings.extracts),
    ):
        found.setdefault(place, set()).add(use)
    return {place: tuple(sorted(of_place)) for place, of_place in found.items()}


@dataclass(frozen=True)
class _OneClass:
    """One class in one store, being surveyed."""

    store: RecordStore
    reader: StoreReader
    record_class: RecordClass
    progress: Progress

    def evidence(self, uses: Mapping[Place, tuple[Use, ...]]) -> Iterator[ColumnEvidence]:
        """Yield the evidence of each column that the store has."""
        held = present_fields(self.reader, self.record_class)
        rows, counts = count_columns(self.reader, self.record_class, held, LONG)
        self.progress(f"{self.record_class.name}: columns counted", len(held))
        free = self.record_class.with_role(Role.FREE_TEXT)
        scanned = [name for name in held if name in free or counts[name].longest >= LIKE_FREE_TEXT]
        texts = self._texts(scanned)
        documents = holds_documents(self.store)
        for item in self.record_class.fields:
            if item.name in held:
                inside = documents and item.name in free
                found = texts.get(item.name, _Texts())
                count = found.count if inside else counts[item.name]
                yield ColumnEvidence(
                    store=self.reader.alias,
                    class_name=self.record_class.name,
                    column=self.reader.place_of(self.record_class, item.name),
                    roles=item.roles,
                    rows=rows,
                    filled=count.filled,
                    used_by=uses.get((self.record_class.name, item.name), ()),
                    sensitive=dict(found.kinds),
                    scanned=found.count.filled,
                    longest=count.longest,
                    long=count.long,
                    document=inside,
                    name=item.name,
                )

    def _texts(self, fields: list[str]) -> dict[str, _Texts]:
        found: dict[str, _Texts] = {}
        for place, (name, text) in enumerate(texts_in(self.store, self.reader, self.record_class, fields), 1):
            found.setdefault(name, _Texts()).add(text)
            if place % _MANY == 0:
                self.progress(f"{self.record_class.name}: texts read", place)
        return found


class _Texts:
    """Counts over the texts of one column; the texts are not kept."""

    def __init__(self) -> None:
        self.count = ColumnCount()
        self.kinds: Counter[Sensitive] = Counter()

    def add(self, text: str) -> None:
        now, letters = self.count, len(text.strip())
        self.count = ColumnCount(now.filled + (letters > 0), max(now.longest, letters), now.long + (letters > LONG))
        self.kinds.update(sensitive_in(text))


def _unclaimed(store: RecordStore, reader: StoreReader) -> Iterator[ColumnEvidence]:
    """Tables, columns and sheets that no class claims; of files only how many, for their names may name people."""
    found = store.unclaimed()
    if holds_documents(store) and found:
        yield ColumnEvidence(
            store.alias, "", "files that the pattern does not name", rows=len(found), filled=len(found)
        )
        return
    for item in found:
        rows, filled = count_unclaimed(store, reader, item.key) or (None, 0)
        yield ColumnEvidence(store.alias, "", item.key, rows=rows, filled=filled)
