"""The verb `report`: count the declared tables, protect them, attack them, and only then publish them.

The ledger remembers what was published before anybody can read it, so that every later release is attacked
together with it: a release that was recorded and never written does no harm, one forgotten would.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from connectors.ledger import releases
from connectors.ledger.releases import Release
from operations.project import Project
from operations.publishing.counting import count_declared
from operations.publishing.days import period_of
from operations.publishing.declared import Declared, read_declared
from operations.sifting.session import silent
from operations.whole_files import WholeFiles
from reports.statistics import StatisticsReport, statistics_html
from reports.statistics_data import statistics_csv, statistics_csvw
from reports.statistics_workbook import statistics_xlsx
from rules.errors import CheckSaidNo
from rules.privacy.attack import Breach, gate
from rules.privacy.compare import everyone_in_one
from rules.privacy.protection import protect
from rules.privacy.releases import earlier_tables, release_record
from rules.privacy.tables import EarlierTable, Period, PublishedTable

_MOST_SAID = 12


@dataclass(frozen=True)
class Published:
    """A finished release: its id, its days, where it lies, how many cells are shown and how many hidden.

    `restricted` people are in no table; that number is for the officer and is never published. `notes` are lines whose
    people are all in one cell: no breach, but something to look at before the report is passed on.
    """

    release: str
    period: Period
    html: Path
    xlsx: Path
    csv: Path
    metadata: Path
    shown: int
    hidden: int
    withheld: int
    restricted: int
    compared_with: int
    notes: tuple[str, ...]


def publish(
    project: Project,
    as_of: date | None = None,
    out: Path | None = None,
    progress: Callable[[str, int], None] = silent,
) -> Published:
    """Publish the statistics as of a date (today by default) in `out` (the project's own folder by default).

    Raises CheckSaidNo, naming cells and never counts, and writes nothing, where anybody could be found in the tables,
    alone or together with earlier releases; BadInput for a plan that can't be counted; StoreUnavailable.
    """
    declared = read_declared(project.settings.statistics, project.schedule)
    period = period_of(declared.covers, as_of or project.today())
    counted, restricted = count_declared(project, declared, period, progress)
    policy = declared.plan.policy
    progress("tables protected", len(counted))
    tables = protect(counted, policy)
    known = releases.releases(project.ledger)
    earlier = [table for one in known for table in earlier_tables(one.cells)]
    progress("tables attacked", len(tables))
    breaches = gate(tables, policy, counted, period, earlier)
    if breaches:
        raise CheckSaidNo(_refusal(breaches))
    report = _report(project, declared, period, tables, known, earlier)
    written = _write(project, report, out or project.settings.out)
    cells = [count for table in tables for count in table.cells.values()]
    return Published(
        report.release,
        period,
        *written,
        shown=sum(count is not None for count in cells),
        hidden=sum(count is None for count in cells),
        withheld=sum(table.withheld for table in tables),
        restricted=restricted,
        compared_with=report.compared_with,
        notes=tuple(everyone_in_one(tables)),
    )


def _report(
    project: Project,
    declared: Declared,
    period: Period,
    tables: Sequence[PublishedTable],
    known: Sequence[Release],
    earlier: Sequence[EarlierTable],
) -> StatisticsReport:
    name = f"statistics-{period.end.isoformat()}"
    again = sum(one.id.startswith(name) for one in known)
    return StatisticsReport(
        release=f"{name}-{again + 1}" if again else name,
        title=declared.plan.title,
        organisation=project.settings.organisation,
        period=period,
        published_on=project.today().isoformat(),
        policy=declared.plan.policy,
        tables=tuple(tables),
        compared_with=len({table.release for table in earlier if period.overlaps(table.period)}),
    )


def _write(project: Project, report: StatisticsReport, folder: Path) -> tuple[Path, Path, Path, Path]:
    stem = f"statistical-report-{report.release.removeprefix('statistics-')}"
    names = [f"{stem}.html", f"{stem}.xlsx", f"{stem}.csv", f"{stem}.csv-metadata.json"]
    texts = [
        statistics_html(report).encode(),
        statistics_xlsx(report),
        statistics_csv(report),
        statistics_csvw(report, names[2]).encode(),
    ]
    with WholeFiles(folder, stem) as files:
        for name, data in zip(names, texts, strict=True):
            files.place(name).write_bytes(data)
        record = release_record(report.release, report.period, report.tables)
        releases.add_release(project.ledger, Release(report.release, project.now(), record))
        html, xlsx, csv, metadata = files.show()
    return html, xlsx, csv, metadata


def _refusal(breaches: Sequence[Breach]) -> str:
    said = [str(breach) for breach in breaches[:_MOST_SAID]]
    more = [f"and {len(breaches) - _MOST_SAID} more"] if len(breaches) > _MOST_SAID else []
    return "\n".join(["the statistics are not published; people could be found in them:", *said, *more])
