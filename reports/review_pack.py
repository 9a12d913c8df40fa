"""The review pack as a web page: groups riskiest first, then their records, then the work lists.

The page is for reading and printing. The workbook of reports/review_workbook.py holds every record and
takes the decisions.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from reports.charts import Line, line_chart
from reports.pack_data import PackFinding, PackGroup, PackItem, ReviewPack
from reports.review_workbook import pack_xlsx
from reports.writing import environment
from rules.review.digest import visible

__all__ = ["WORK_LISTS", "WorkList", "pack_html", "pack_xlsx"]

ITEMS_SHOWN = 50  # of one group, and of one work list: 10,000 records make no page that a browser can scroll


@dataclass(frozen=True)
class WorkList:
    """One kind of finding that is not up for decision: its heading and what to do about it."""

    kind: str
    title: str
    what_to_do: str


WORK_LISTS = (
    WorkList(
        "held",
        "Held",
        "The period is over, and a hold keeps the record. Nothing can be decided until the hold is released.",
    ),
    WorkList(
        "undatable",
        "Undatable",
        "A date that the rule needs is missing or cannot be read, so the record is kept. Correct the date in the store;"
        " the next sift sees it.",
    ),
    WorkList(
        "dormant",
        "Dormant",
        "The case is open and nobody has been in contact for a long time. Ask the worker whether it can be closed;"
        " the clock starts only then.",
    ),
    WorkList(
        "control_breach",
        "Control breach",
        "A record breaks a clause of the policy, for example a session note with no summary. Put it right there.",
    ),
    WorkList(
        "quality",
        "Quality",
        "An expectation about a class of records is not met. The figure counts the records; correct them in the store.",
    ),
    WorkList(
        "beyond_minimum",
        "Beyond the minimum",
        "A column holds more than the service needs. Decide whether to stop collecting it and to blank what is there.",
    ),
    WorkList(
        "unclaimed",
        "Unclaimed",
        "No record class claims this table, column or file, so no rule covers it. Add it to the mapping, or let it go.",
    ),
)


@dataclass(frozen=True)
class _GroupPart:
    group: PackGroup
    items: list[PackItem]
    total: int


@dataclass(frozen=True)
class _ListPart:
    about: WorkList
    findings: list[PackFinding]
    total: int


def pack_html(pack: ReviewPack, items_shown: int = ITEMS_SHOWN) -> str:
    """Return the pack as one HTML page that needs no other file.

    At most `items_shown` records of each group and of each work list are on it, those to be read first before
    the others; a note says how many more the workbook holds.
    """
    template = environment().get_template("review_pack.html")
    return template.render(
        pack=pack,
        groups=_group_parts(pack, items_shown),
        lists=_list_parts(pack.findings, items_shown),
        forecast_rows=_forecast(pack.forecast),
        months=MONTHS,
        chart=_chart(pack.forecast),
        visible=visible,
        linked=lambda item: ", ".join(map(visible, item.linked)),
    )


def _group_parts(pack: ReviewPack, items_shown: int) -> list[_GroupPart]:
    flagged: dict[int, list[PackItem]] = {}
    plain: dict[int, list[PackItem]] = {}
    totals: dict[int, int] = {}
    for item in pack.items:  # once through: the sequence may read from a database
        totals[item.group] = totals.get(item.group, 0) + 1
        chosen = (flagged if item.flagged else plain).setdefault(item.group, [])
        if len(chosen) < items_shown:
            chosen.append(item)
    return [
        _GroupPart(
            group,
            (flagged.get(group.number, []) + plain.get(group.number, []))[:items_shown],
            totals.get(group.number, 0),
        )
        for group in pack.ranked_groups
    ]


def _list_parts(findings: Sequence[PackFinding], shown: int) -> list[_ListPart]:
    parts = []
    for about in WORK_LISTS:
        of_kind = [finding for finding in findings if finding.kind == about.kind]
        parts.append(_ListPart(about, of_kind[:shown], len(of_kind)))
    return parts


MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def _forecast(forecast: tuple[tuple[str, int], ...]) -> list[tuple[str, list[int | None], int]]:
    """Return a row for each year: the year, its twelve months (None outside the forecast), its total."""
    years: dict[str, list[int | None]] = {}
    for month, count in forecast:
        years.setdefault(month[:4], [None] * 12)[int(month[5:]) - 1] = count
    return [(year, months, sum(count or 0 for count in months)) for year, months in years.items()]


def _chart(forecast: tuple[tuple[str, int], ...]) -> str:
    if not forecast:
        return ""
    labels = [f"{MONTHS[int(month[5:]) - 1]} {month[:4]}" for month, _ in forecast]
    line = Line("records", tuple(count for _, count in forecast))
    title = "Records that will fall due, by month"
    return line_chart(title, "The table below the picture has the same figures.", labels, [line])
