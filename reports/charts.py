"""Bar and line charts as SVG that a screen reader can name, with labels beside the marks and no scripts.

Colour never carries meaning alone: every bar and every line has its label beside it, lines differ in
their dashes too. A chart always stands beside its table; the table is the figure, the chart a help.
"""

from __future__ import annotations

import hashlib
import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from markupsafe import Markup

from reports.writing import plain_text, thousands
from rules.errors import BadInput

HIDDEN = "[c]"

_WIDTH = 720
_SIZE = 14
_CHARACTER = 7.4  # mean advance of one character at 14 px, a little generous
_INK, _GRID, _FILL = "#1c2321", "#b9c2be", "#2f7564"
# Five strokes, each with 3:1 contrast on white (WCAG 2.2, 1.4.11) and its own dashes.
_STROKES = (("#1f5c4d", ""), ("#8a3b00", "8 4"), ("#27408b", "2 4"), ("#6d1f6b", "12 4 2 4"), ("#4a5551", "4 2"))


@dataclass(frozen=True)
class Bar:
    """One bar: its label and its count, or None where the count is hidden (nothing is drawn then)."""

    label: str
    value: int | None


@dataclass(frozen=True)
class Line:
    """One line: its name and one value for each label of the axis, None where there is nothing to show."""

    name: str
    values: tuple[int | None, ...]


def bar_chart(title: str, description: str, bars: Sequence[Bar]) -> Markup:
    """Return horizontal bars as an SVG element for an HTML page, every bar with its value written beside it.

    A hidden count is written as "[c]" and has no bar, so nothing can be measured off the picture.
    """
    labels = [_wrapped(bar.label, 28) for bar in bars]
    left = 12 + _CHARACTER * max((len(line) for lines in labels for line in lines), default=0)
    top = max((bar.value for bar in bars if bar.value is not None), default=0) or 1
    reach = _WIDTH - left - 12 - _CHARACTER * len(thousands(top))
    parts, y = [], 6.0
    for bar, lines in zip(bars, labels, strict=True):
        height = max(24.0, 18.0 * len(lines))
        parts.append(_bar(bar, lines, left, y, height, reach / top))
        y += height + 8
    axis = f'<line x1="{left:.1f}" y1="0" x2="{left:.1f}" y2="{y:.1f}" stroke="{_INK}"/>'
    return _svg(title, description, y + 4, [*parts, axis])


def _bar(bar: Bar, lines: Sequence[str], left: float, y: float, height: float, scale: float) -> str:
    middle = y + height / 2
    label = "".join(
        _text(left - 8, middle + 5 + 17 * (place - (len(lines) - 1) / 2), line, anchor="end")
        for place, line in enumerate(lines)
    )
    if bar.value is None:
        return label + _text(left + 6, middle + 5, HIDDEN)
    length = bar.value * scale
    mark = f'<rect x="{left:.1f}" y="{y:.1f}" width="{length:.1f}" height="{height:.1f}" fill="{_FILL}"/>'
    return label + mark + _text(left + length + 6, middle + 5, thousands(bar.value))


def line_chart(title: str, description: str, labels: Sequence[str], lines: Sequence[Line]) -> Markup:
    """Return up to five lines over the same labels as an SVG element, each named at its right end.

    The axis starts at nought. Raises BadInput for more than five lines, or a line of another length.
    """
    if len(lines) > len(_STROKES):
        raise BadInput(f"a line chart shows at most {len(_STROKES)} lines: put the rest in a table")
    if any(len(line.values) != len(labels) for line in lines):
        raise BadInput("each line of a chart needs one value for each label of its axis")
    top = _round_up(max((value for line in lines for value in line.values if value is not None), default=0))
    left = 16 + _CHARACTER * len(thousands(top))
    right = _WIDTH - 16 - _CHARACTER * max((min(len(line.name), 26) for line in lines), default=0)
    frame = _Frame(left, right, 16.0, 276.0, top, len(labels))
    parts = [*_grid(frame), *_axis_labels(frame, labels)]
    for line, y, (colour, dashes) in zip(lines, _name_places(frame, lines), _STROKES, strict=False):
        parts += [*_strokes(frame, line, colour, dashes), _text(right + 8, y, _cut(line.name), colour=colour)]
    return _svg(title, description, 276 + 44, parts)


@dataclass(frozen=True)
class _Frame:
    """Where the plot lies: edges in pixels, the highest value, how many places the axis has."""

    left: float
    right: float
    top: float
    bottom: float
    highest: int
    places: int

    def x(self, place: int) -> float:
        step = (self.right - self.left - 24) / max(self.places - 1, 1)
        return self.left + 12 + step * place

    def y(self, value: int) -> float:
        return self.bottom - (self.bottom - self.top) * value / self.highest


def _round_up(value: int) -> int:
    """Return the next of 4, 8, 12, 20, 40, 80, 120, 200 …: the four steps of the axis stay whole numbers."""
    scale = 1
    while 20 * scale < value:
        scale *= 10
    return next(step * scale for step in (4, 8, 12, 20) if step * scale >= value)


def _grid(frame: _Frame) -> list[str]:
    parts = []
    for step in range(5):
        value = frame.highest * step // 4
        y = frame.y(value)
        colour = _INK if step == 0 else _GRID
        parts.append(
            f'<line x1="{frame.left:.1f}" y1="{y:.1f}" x2="{frame.right:.1f}" y2="{y:.1f}" stroke="{colour}"/>'
        )
        parts.append(_text(frame.left - 6, y + 5, thousands(value), anchor="end"))
    return parts


def _axis_labels(frame: _Frame, labels: Sequence[str]) -> list[str]:
    """Write under the axis as many labels as have room, always the first and the last."""
    widest = max((min(len(label), 26) for label in labels), default=0) * _CHARACTER + 14
    room = max(1, int((frame.right - frame.left) // widest))
    step = -(-len(labels) // room)
    last = len(labels) - 1
    shown = [place for place in range(0, len(labels), step) if place + step <= last] + [last] if labels else []
    return [_text(frame.x(place), frame.bottom + 22, _cut(labels[place]), anchor="middle") for place in shown]


def _strokes(frame: _Frame, line: Line, colour: str, dashes: str) -> list[str]:
    """Draw the line in runs, broken where a value is missing, with a dot on every value."""
    parts: list[str] = []
    run: list[str] = []
    for place, value in enumerate((*line.values, None)):
        if value is None:
            if len(run) > 1:
                style = f' stroke-dasharray="{dashes}"' if dashes else ""
                points = " ".join(run)
                parts.append(f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="2.5"{style}/>')
            run = []
            continue
        run.append(f"{frame.x(place):.1f},{frame.y(value):.1f}")
        parts.append(f'<circle cx="{frame.x(place):.1f}" cy="{frame.y(value):.1f}" r="3.5" fill="{colour}"/>')
    return parts


def _name_places(frame: _Frame, lines: Sequence[Line]) -> list[float]:
    """Return the height of each name: at its line's end, moved down just enough that names never overlap."""
    wanted = [next((frame.y(v) for v in reversed(line.values) if v is not None), frame.bottom) for line in lines]
    order = sorted(range(len(lines)), key=lambda place: wanted[place])
    placed = [0.0] * len(lines)
    free = frame.top
    for place in order:
        placed[place] = max(wanted[place] + 5, free)
        free = placed[place] + 18
    return placed


def _wrapped(label: str, width: int) -> list[str]:
    return textwrap.wrap(plain_text(label), width, max_lines=3, placeholder="…") or [""]


def _cut(label: str) -> str:
    return label if len(label) <= 26 else label[:25] + "…"


def _text(x: float, y: float, text: str, anchor: str = "start", colour: str = _INK) -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" fill="{colour}">{escape(plain_text(text))}</text>'


def _svg(title: str, description: str, height: float, parts: Sequence[str]) -> Markup:
    title, description = plain_text(title), plain_text(description)
    name = "chart-" + hashlib.sha256(f"{title}\n{description}".encode()).hexdigest()[:10]
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" role="img" aria-labelledby="{name}-t {name}-d" '
        f'viewBox="0 0 {_WIDTH} {height:.0f}" width="{_WIDTH}" height="{height:.0f}" font-size="{_SIZE}" '
        f'font-family="system-ui, DejaVu Sans, Liberation Sans, Arial, sans-serif">'
        f'<title id="{name}-t">{escape(title)}</title>'
        f'<desc id="{name}-d">{escape(description)}</desc>'
    )
    return Markup(head + "".join(parts) + "</svg>")  # noqa: S704 - every text in it went through escape()
