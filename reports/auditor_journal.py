"""The plain-English page of the auditor's pack: what happened, from policy to closing, each step with its entries.

It is a reading of the log and of nothing else.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace

from reports.certificate_data import CertificateData
from reports.certificate_parts import Section, Table, records, words
from reports.writing import environment, reader_date, thousands
from rules.evidence.certificate import OUTCOME_TYPES
from rules.evidence.leaf import Leaf, encode
from rules.evidence.statement import statement_digest, statement_of

Entry = tuple[int, Leaf]


@dataclass
class _Batch:
    """What the log says of one batch: its intents and outcomes."""

    store: str
    intents: list[int] = field(default_factory=list)
    announced: str = ""
    settled: str = ""
    outcomes: Counter[str] = field(default_factory=Counter)


def journal_html(data: CertificateData, leaves: Sequence[Leaf]) -> str:
    """Return the page for the run of a certificate; `leaves` are all entries of the log, from index 0."""
    return (
        environment()
        .get_template("auditor_journal.html")
        .render(
            title=f"What happened in {data.certificate.certificate}",
            organisation=data.organisation,
            first_line=data.first_line,
            sections=[*_numbered(_steps(data, leaves)), *_afterwards(data, leaves)],
        )
    )


def _numbered(sections: Iterable[Section]) -> Iterator[Section]:
    for number, section in enumerate(sections, start=1):
        yield replace(section, title=f"{number}. {section.title}")


def _steps(data: CertificateData, leaves: Sequence[Leaf]) -> Iterator[Section]:
    run = data.certificate.certificate
    entries = list(enumerate(leaves))
    own = [(index, leaf) for index, leaf in entries if leaf.get("run") == run]
    approvals = [entry for entry in own if entry[1]["type"] == "approval"]
    yield _policy(data, entries)
    yield _proposal(data, approvals)
    yield _decisions(entries, approvals)
    yield _approvals(approvals)
    yield _holds(entries, approvals, data.certificate.closing_leaf)
    yield _batches(own)
    if signed := [entry for entry in own if entry[1]["type"] == "confirmation"]:
        yield _by_hand(signed)
    yield _others(own)


def _afterwards(data: CertificateData, leaves: Sequence[Leaf]) -> Iterator[Section]:
    yield Section(
        "Afterwards",
        (
            "What was looked for, counted and searched when the run was closed stands on the certificate, under"
            " “Traces”, “Looked for afterwards”, “Searched for mentions”, “Books” and “Exceptions”.",
            f"The run was closed on {reader_date(data.certificate.closed_at)}, in entry"
            f" {thousands(data.certificate.closing_leaf)}.",
        ),
    )
    shown = "\n".join(f"{index} {encode(leaves[index]).decode()}" for index in _named(data, leaves))
    yield Section(
        "The entries named above, as the log has them",
        (
            "What people signed, and where the run begins and ends. Entries about single records are in the folder"
            " entries beside this page: 256 in each file, counted from 0. A text editor shows them; two bytes before"
            " each give its length.",
        ),
        verbatim=shown,
    )


def _named(data: CertificateData, leaves: Sequence[Leaf]) -> Iterator[int]:
    """Yield the numbers of the entries that this page names, those of single records left out."""
    named: set[str] = set()
    its, approved = data.certificate, len(leaves)
    for index, leaf in enumerate(leaves):
        if leaf["type"] == "approval" and leaf["run"] == its.certificate:
            approved, named = min(approved, index), named | set(leaf["decisions"])
    for index, leaf in enumerate(leaves[: its.closing_leaf + 1]):
        kind = leaf["type"]
        policy = kind == "schedule" and leaf["hash"] == its.schedule_hash
        adopted = kind == "adoption" and leaf["schedule"] == its.schedule_hash
        decided = kind == "decisions" and statement_digest(statement_of(leaf)) in named
        held = kind in ("hold", "release") and index >= approved
        own = leaf.get("run") == its.certificate and kind in ("approval", "run-opened", "confirmation", "run-closed")
        if policy or adopted or decided or held or own:
            yield index


def _policy(data: CertificateData, entries: Sequence[Entry]) -> Section:
    its = data.certificate
    rows = tuple(
        (str(index), leaf["officer"], words(leaf["role"]), reader_date(leaf["minute"]), str(len(leaf["accepted"])))
        for index, leaf in entries[: its.closing_leaf]
        if leaf["type"] == "adoption" and leaf["schedule"] == its.schedule_hash
    )
    headings = ("Entry", "Officer", "Role", "Minute of", "General periods accepted by name")
    said = (
        f"The rules are those of “{its.schedule_name}”, version {its.schedule_version}, in schedule.yaml beside this"
        " page. The log holds the digest of that file. What the rules of this run say stands on the certificate in"
        " plain English, under “Which rules were applied”.",
    )
    return Section("The policy was adopted", said, table=Table("Adoptions of this version", headings, rows, (4,)))


def _proposal(data: CertificateData, approvals: Sequence[Entry]) -> Section:
    its = data.certificate
    proposal = approvals[0][1]["proposal"] if approvals else "not in the log"
    facts = (
        ("Due as of", reader_date(its.as_of)),
        ("Digest of the proposal", proposal),
        ("Records due", thousands(its.totals["due"])),
        ("Records without a usable date", thousands(its.totals["undatable"])),
    )
    said = ("The schedule was applied to every store as of one day, and the list was frozen under a digest.",)
    return Section("The records due were proposed", said, facts=facts)


def _decisions(entries: Sequence[Entry], approvals: Sequence[Entry]) -> Section:
    named = {digest for _, leaf in approvals for digest in leaf["decisions"]}
    rows = tuple(
        (str(index), leaf["officer"], words(leaf["role"]), reader_date(leaf["signed_at"]), thousands(leaf["count"]))
        for index, leaf in entries
        if leaf["type"] == "decisions" and statement_digest(statement_of(leaf)) in named
    )
    headings = ("Entry", "Officer", "Role", "Signed", "Records decided")
    said = ("Each decision names a reason; the reasons are counted on the certificate, record by record in the log.",)
    return Section("Somebody recommended", said, table=Table("Signed recommendations", headings, rows, (4,)))


def _approvals(approvals: Sequence[Entry]) -> Section:
    rows = tuple(
        (
            str(index),
            leaf["officer"],
            words(leaf["role"]),
            reader_date(leaf["signed_at"]),
            thousands(leaf["count"]),
            reader_date(leaf["not_before"]),
        )
        for index, leaf in approvals
    )
    headings = ("Entry", "Officer", "Role", "Signed", "Records approved", "Cooled off until")
    said = ["Nobody may approve what the same person recommended; the program that checks refuses such a log."]
    if any(leaf["not_before"] <= leaf["signed_at"] for _, leaf in approvals):
        said.append("There was no cooling-off time: the run could begin as soon as it was approved.")
    return Section("Somebody else approved", tuple(said), table=Table("Signed approvals", headings, rows, (4,)))


def _holds(entries: Sequence[Entry], approvals: Sequence[Entry], closing: int) -> Section:
    first = approvals[0][0] if approvals else 0
    rows = tuple(
        (
            str(index),
            words(leaf["type"]),
            leaf["officer"],
            words(leaf.get("scope", "–")),
            reader_date(leaf["signed_at"]),
        )
        for index, leaf in entries[first:closing]
        if leaf["type"] in ("hold", "release")
    )
    if not rows:
        return Section("Holds", ("None was placed or released between the approval and the end of the run.",))
    headings = ("Entry", "What", "Officer", "Over", "Signed")
    caption = "Placed and released between the approval and the end of the run"
    return Section("Holds", table=Table(caption, headings, rows))


def _batches(own: Iterable[Entry]) -> Section:
    batches: dict[int, _Batch] = {}
    manual: set[str] = set()
    for index, leaf in own:
        if leaf["type"] == "run-opened":
            manual = set(leaf["manual"])
        elif leaf["type"] == "intent":
            batch = batches.setdefault(leaf["batch"], _Batch(leaf["store"]))
            batch.intents.append(index)
            batch.announced = batch.announced or leaf["at"]
        elif leaf["type"] in OUTCOME_TYPES and leaf["batch"] in batches:
            batch = batches[leaf["batch"]]
            batch.outcomes[leaf.get("outcome", "failed")] += 1
            batch.settled = leaf["at"]
    rows = tuple(
        (
            str(number),
            f"{batch.store} (by hand)" if batch.store in manual else batch.store,
            f"{thousands(batch.intents[0])} to {thousands(batch.intents[-1])}",
            reader_date(batch.announced),
            ", ".join(f"{words(outcome)} {thousands(count)}" for outcome, count in sorted(batch.outcomes.items())),
            reader_date(batch.settled) if batch.settled else "–",
        )
        for number, batch in sorted(batches.items())
    )
    headings = ("Batch", "Store", "Announced in entries", "Announced", "Outcomes", "Settled")
    said = (
        "Each batch was announced in the log before a store was touched, and is one transaction of one database or one"
        " change of its files. What people destroy by hand is announced together, and settled when two have signed.",
    )
    return Section("The records went, batch by batch", said, table=Table("Journal of batches", headings, rows))


def _by_hand(signed: Sequence[Entry]) -> Section:
    rows = tuple(
        (
            str(index),
            leaf["store"],
            leaf["officer"],
            thousands(leaf["count"]),
            ", ".join(filter(None, [leaf["method"], leaf.get("standard")])),
            ", ".join(filter(None, [leaf.get("contractor"), leaf.get("receipt")])) or "–",
            reader_date(leaf["done_on"]),
            reader_date(leaf["signed_at"]),
        )
        for index, leaf in signed
    )
    headings = ("Entry", "Place", "Officer", "Records", "How", "Contractor, certificate", "Done on", "Signed")
    said = (
        "No program sees this. It rests on the word of the two who signed, and on a contractor’s certificate if any.",
    )
    return Section("People destroyed by hand", said, table=Table("Signed work lists", headings, rows, (3,)))


def _others(own: Iterable[Entry]) -> Section:
    """Records that never came to a batch: their outcome was not announced."""
    reasons: Counter[tuple[str, str]] = Counter()
    announced: set[str] = set()
    for _, leaf in own:
        if leaf["type"] == "intent":
            announced.add(leaf["commitment"])
        elif leaf["type"] in OUTCOME_TYPES and leaf["commitment"] not in announced:
            reasons[leaf.get("outcome", "failed"), leaf["reason"]] += 1
    if not reasons:
        return Section("Records that were left alone", ("None: every due record came to a batch.",))
    points = tuple(f"{records(count)}: {words(done)}, {words(why)}" for (done, why), count in sorted(reasons.items()))
    return Section("Records that were left alone", points=points)
