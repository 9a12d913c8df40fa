"""How the records went and what was found afterwards: method, traces, checks, absence, books, exceptions."""

from __future__ import annotations

from collections.abc import Iterable

from reports.certificate_data import CertificateData
from reports.certificate_parts import Section, Table, records, words
from reports.writing import reader_date, thousands
from rules.evidence.certificate import ABSENCE, CHANGED, NAMES, RESIDUE

# What was done about the traces of deleted rows, and whether the store's own files are free of them afterwards.
TRACES = {
    "residue-overwritten": "overwritten in the database file as they were deleted; its write-ahead log is emptied",
    "residue-rewritten": "the tables were rewritten without them, and the write-ahead log was cycled",
    "residue-store-in-use": "could not be cleared: the store was in use",
    "residue-vacuumed": "freed (VACUUM); bytes may stay in free space and in the write-ahead log until written over",
    "residue-rewritten-log-remains": "the tables were rewritten without them; the server’s logs may keep them a while",
    "residue-left-to-engine": "left to the database, which writes over them in its own time",
    "residue-not-cleared": "could not be cleared: the account may not, or the database refused",
}
_FILES = {
    "file-unlinked": "unlinked; the disk was not written over",
    "row-removed-from-file": "the file was written anew; the disk under the old one was not written over",
}
SAME_ACCOUNT = "same-account"
_SAME_ACCOUNT = (
    "“Same account” means that the account which looked is the one which destroyed: the check is then not independent"
    " of the destruction."
)
BY_KEY_ALONE = "query-by-key-alone"
_LEVEL = (
    "Where rows or files were deleted, the level reached is at most “clear” in the sense of NIST SP 800-88: by"
    " programs, in the stores’ own files. No disk was purged or destroyed."
)


def method(data: CertificateData) -> Section:
    """Return how the records went, by store, with the grade that the evidence allows."""
    counts: dict[tuple[str, str], int] = {}
    for line in data.certificate.lines:
        if line.outcome in ("destroyed", *CHANGED):
            counts[line.store, line.grade] = counts.get((line.store, line.grade), 0) + line.count
    methods = data.methods or {}
    rows = tuple(
        (
            store,
            methods.get(f"{store} {grade}") or methods.get(store, "not described"),
            _grade(data, store, grade),
            thousands(count),
        )
        for (store, grade), count in sorted(counts.items())
    )
    table = Table("Method by store", ("Store", "What was done", "Grade reached", "Records"), rows, (3,))
    return Section("How it was destroyed", (_LEVEL,), table=table)


def _grade(data: CertificateData, store: str, grade: str) -> str:
    """The grade in words, never stronger than what was found of traces and signed for by people."""
    lists = [one for one in data.work_lists if one.store == store]
    if grade == "work-list" and lists:
        return "; ".join(dict.fromkeys(one.grade for one in lists))
    traces = [one for one in data.certificate.verifications if one["store"] == store and _is_residue(one)]
    if traces and grade not in _FILES:
        cleared = not any(one["remaining"] for one in traces)
        return f"{words(grade)}, {'traces cleared' if cleared else 'traces may remain'}"
    return words(grade)


def _is_residue(check: dict[str, object]) -> bool:
    return str(check["method"]).startswith(RESIDUE)


def work_lists(data: CertificateData) -> Section | None:
    """Return what people destroyed by hand; None where there was nothing."""
    if not data.work_lists:
        return None
    rows = tuple(
        (
            one.store,
            thousands(one.count),
            one.grade,
            ", ".join(filter(None, [one.contractor, one.receipt])) or "–",
            reader_date(one.done_on),
            " and ".join(one.people),
        )
        for one in data.work_lists
    )
    headings = ("Place", "Records", "How", "Contractor, certificate", "Done on", "Signed by")
    said = (
        "Two people signed for each list, each with their own key. Where they did not say the same, each has a line.",
    )
    return Section("What people destroyed by hand", said, table=Table("Signed work lists", headings, rows, (1,)))


def traces(data: CertificateData) -> Section:
    """Return what was done about the traces of what was deleted."""
    rows = [
        (one["store"], TRACES.get(one["method"], words(one["method"])), thousands(one["checked"]), _left(one))
        for one in data.certificate.verifications
        if _is_residue(one)
    ]
    files = {(line.store, line.grade) for line in data.certificate.lines if line.grade in _FILES}
    rows += [(store, _FILES[grade], "–", "not known") for store, grade in sorted(files)]
    if not rows:
        return Section(
            "Traces", ("Nothing was deleted by program, or the log does not say what became of its traces.",)
        )
    headings = ("Store", "Traces of what was deleted", "Records", "May remain of")
    return Section("Traces", table=Table("Traces by store", headings, tuple(rows), (2,)))


def _left(check: dict[str, int]) -> str:
    return records(check["remaining"]) if check["remaining"] else "none"


def checks(data: CertificateData) -> Section:
    """Return what was looked up again by key, store by store."""
    summed: dict[tuple[str, str, str], list[int]] = {}
    for one in data.certificate.verifications:
        if not _is_residue(one) and one["method"] not in (ABSENCE, NAMES):
            total = summed.setdefault((one["store"], one["method"], one["credential"]), [0, 0])
            total[0], total[1] = total[0] + one["checked"], total[1] + one["remaining"]
    if not summed:
        return Section("Looked for afterwards", ("The log holds no check after the destruction.",))
    rows = tuple(
        (store, words(how), words(who), thousands(checked), thousands(left))
        for (store, how, who), (checked, left) in summed.items()
    )
    said = [_SAME_ACCOUNT] if any(who == SAME_ACCOUNT for _, _, who in summed) else []
    if alone := without_marks(data):
        said.append(
            f"In {', '.join(alone)} no table may be added. That records are gone from there is known by looking up"
            " their keys alone, not by a mark of the destroying step; a restore of it from a backup shows no sign."
        )
    headings = ("Store", "How", "With which access", "Looked for", "Still there")
    return Section(
        "Looked for afterwards", tuple(said), table=Table("Checks after the destruction", headings, rows, (3, 4))
    )


def without_marks(data: CertificateData) -> list[str]:
    """Return the stores in which a destroying step leaves no mark, because no table may be added there."""
    return sorted({one["store"] for one in data.certificate.verifications if one["method"] == BY_KEY_ALONE})


_OF_NAMES = (
    "When their records had gone, the same places were searched for the names of the people, given and family name"
    " together. A name may be another person’s: what bears one is a possible mention."
)


def absence(data: CertificateData) -> Section:
    """Return where the identifiers and names of what was destroyed were looked for, and how often they were found."""
    found = [one for one in data.certificate.verifications if one["method"] in (ABSENCE, NAMES)]
    if not found:
        return Section("Searched for mentions", ("The log holds no search for what was destroyed.",))
    kinds = {ABSENCE: "case numbers and keys", NAMES: "names of people"}
    rows = tuple(
        (words(one["store"]), kinds[one["method"]], thousands(one["checked"]), thousands(one["remaining"]))
        for one in found
    )
    headings = ("Store or folder", "What was looked for", "How many", "Records or files that mention one")
    named = any(one["method"] == NAMES for one in found)
    said = (
        "Before the run was closed, every field, text and document of these places was searched for the case numbers"
        f" and keys of what it destroyed. {_OF_NAMES if named else 'Names of people were not looked for.'}",
    )
    return Section("Searched for mentions", said, table=Table("Absence search", headings, rows, (2, 3)))


def books(data: CertificateData) -> Section:
    """Return the books: what was there before, what came, what went and by whom."""
    names = ("before", "created", "destroyed", "others", "outside", "after")
    rows = tuple(
        (
            row["store"],
            words(row["class"]),
            *(thousands(row[name]) for name in names),
            "yes" if _balances(row) else "NO",
        )
        for row in data.certificate.books
    )
    if not rows:
        return Section("Books", ("The log holds no counts of records before and after.",))
    headings = ("Store", "Class", "Before", "Created", "By this run", "By other runs", "Outside", "After", "Balances")
    caption = "Before + created − by this run − by other runs − outside = after"
    said = (
        "Counted with the reading access, from the last count before this run to its end. What went by this run are the"
        " records that it destroyed, and links that it took away.",
    )
    return Section("Books", said, table=Table(caption, headings, rows, (2, 3, 4, 5, 6, 7)))


def _balances(row: dict[str, int]) -> bool:
    return row["before"] + row["created"] - row["destroyed"] - row["others"] - row["outside"] == row["after"]


def exceptions(data: CertificateData) -> Section:
    """Return everything that a reader must not overlook."""
    points = [*_exceptions(data), *data.exceptions]
    if not points:
        return Section("Exceptions", ("None.",))
    return Section("Exceptions", points=tuple(points))


def _exceptions(data: CertificateData) -> Iterable[str]:
    its = data.certificate
    failed, recovered = its.totals["failed"], sum(line.recovered for line in its.lines)
    looked = [one for one in its.verifications if not _is_residue(one)]
    remaining = sum(one["remaining"] for one in looked if one["method"] not in (ABSENCE, NAMES))
    named = sum(one["remaining"] for one in looked if one["method"] == NAMES)
    mentions = sum(one["remaining"] for one in looked if one["method"] == ABSENCE)
    outside = sum(row["outside"] for row in its.books)
    unbalanced = sum(not _balances(row) for row in its.books)
    if failed:
        yield f"{records(failed)} could not be destroyed: see the outcome failed above."
    if recovered:
        yield f"The outcome of {records(recovered)} was settled after an interruption, from the store itself."
    if remaining:
        yield f"{records(remaining)} still found after the destruction."
    if mentions:
        yield (
            f"{thousands(mentions)} records or files still mention something that was destroyed. They are other"
            " people’s, or copies: the organisation has been told where, and nothing in them was changed."
        )
    if named:
        yield (
            f"{thousands(named)} records or files bear a name that somebody had whose record was destroyed. It may be"
            " another person’s: the organisation has been told where, and nothing in them was changed."
        )
    if outside:
        yield f"{records(outside)} went outside the tool: gone since the last count, and no run destroyed them."
    if unbalanced:
        yield f"Books that do not balance: {thousands(unbalanced)}. See the table above."
