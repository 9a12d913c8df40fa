"""Subtracts an earlier release from this one, as any reader can, and finds differences that count a few people."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rules.privacy.tables import CellKey, EarlierTable, Policy, PublishedTable, TableSpec


def differences(now: Sequence[PublishedTable], before: Sequence[EarlierTable], policy: Policy) -> Iterator[str]:
    """Yield words for each difference of 1 to threshold-1 between releases whose days overlap.

    Compared are cells shown in both, and what is left of a line when its shown cells are taken off its shown
    total. A dimension whose categories changed is refused: shifted bands can be subtracted too.
    """
    for old in before:
        for table in now:
            changed = _changed_dimension(table.spec, old.table.spec)
            if changed:
                yield f"{changed} had other categories in release {old.release}"
            elif table.spec.id == old.table.spec.id:
                for what in _of_table(table, old.table, policy):
                    yield f"{what}, against release {old.release}"


def _changed_dimension(one: TableSpec, other: TableSpec) -> str:
    mine = {dimension.column: dimension for dimension in one.dimensions}
    for dimension in other.dimensions:
        same = mine.get(dimension.column)
        if same is not None and set(same.categories) != set(dimension.categories):
            return dimension.title
    return ""


def _of_table(now: PublishedTable, old: PublishedTable, policy: Policy) -> Iterator[str]:
    both = {
        key: count - before
        for key, count in now.cells.items()
        if count is not None and (before := old.cells.get(key)) is not None
    }
    for key, change in both.items():
        if 0 < abs(change) < policy.threshold:
            yield words(key)
    for margin, parts in lines(now.spec):
        hidden = [part for part in parts if part not in both]
        if margin in both and hidden:
            rest = both[margin] - sum(both[part] for part in parts if part in both)
            if 0 < abs(rest) < policy.threshold:
                yield "what is hidden of " + words(margin)


def lines(spec: TableSpec) -> Iterator[tuple[CellKey, list[CellKey]]]:
    """Yield every line of a table as (margin, the cells that add up to it)."""
    rows = spec.rows.categories
    if spec.columns is None:
        yield spec.key(None), [spec.key(row) for row in rows]
        return
    columns = spec.columns.categories
    for row in (*rows, None):
        yield spec.key(row), [spec.key(row, column) for column in columns]
    for column in (*columns, None):
        yield spec.key(None, column), [spec.key(row, column) for row in rows]


def everyone_in_one(tables: Sequence[PublishedTable]) -> Iterator[str]:
    """Yield words for each shown line whose people are all in one cell: who knows the line knows that of each of them.

    Not a breach of the counts, so no gate: something to look at before publishing, above all in sensitive columns.
    """
    for table in tables:
        for margin, parts in lines(table.spec) if table.spec.columns is not None and not table.withheld else ():
            total = table.cells[margin]
            full = [part for part in parts if total and table.cells[part] == total]
            if margin and full:
                yield f"everybody in {words(margin)} is in {words(full[0])}"


def words(key: CellKey) -> str:
    """Return a cell's name for people: its categories, or "the total"."""
    return ", ".join(f"{name} {category}" for name, category in key) or "the total"
