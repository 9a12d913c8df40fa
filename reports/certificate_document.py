"""The certificate as a list of sections in plain words; the HTML and the PDF lay out the same ones."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable

from reports import certificate_checks as checks
from reports.certificate_data import CertificateData
from reports.certificate_parts import Section, Table, records, words
from reports.writing import reader_date, thousands
from rules.evidence.certificate import ABSENCE, CHANGED, Line

# Why a place was not searched, by the code that the log has for it.
_MISSED = {
    "backups": "backups",
    "unreadable-files": "documents whose text no program can read, such as scans",
    "unclaimed": "tables, columns or files that no record class claims (their names were searched)",
    "keyless-records": "records that share their key with another or have none",
    "identifiers-too-short-to-look-for": "identifiers of a few letters or digits, which would be found everywhere",
    "names": "names of people",
    "names-of-some-people": "names of some people: of one word, never read, or known only to a process that ended",
}


_RESTS_ON = {
    "policy": "stands in the policy",
    "source": "has a source of its own",
    "part": "has a source in part",
    "general": "is a general default, accepted by name",
}


def state_line(data: CertificateData) -> str:
    """Return in one sentence how final the destruction is."""
    certificate = data.certificate
    if certificate.state == "final":
        said = "Final: destroyed in the stores, and every registered backup set that held the records has expired."
        gaps = _without_backups(data)
        return f"{said} No backup set is registered for {', '.join(gaps)}." if gaps else said
    if certificate.state == "beyond use":
        until = reader_date(certificate.until)
        return (
            f"Destroyed in the stores. Copies remain in backups until {until}; until then they are beyond use:"
            " nobody reads them, and after a restore they are destroyed again. This certificate becomes final when the"
            " last of them is known to be gone."
        )
    return "Destroyed in the stores. No backup set is registered, so this certificate says nothing about backups."


def sections(data: CertificateData) -> list[Section]:
    """Return every section of the certificate, in reading order."""
    return [
        _about(data),
        _officers(data),
        *filter(None, [rules_applied(data)]),
        _account(data),
        checks.method(data),
        *filter(None, [checks.work_lists(data)]),
        checks.traces(data),
        checks.checks(data),
        checks.absence(data),
        checks.books(data),
        checks.exceptions(data),
        _backups(data),
        _not_searched(data),
        Section("What this certificate does not prove", points=data.certificate.limits),
        _anchors(data),
        _how_to_verify(data),
        Section(
            "Checkpoint",
            ("The signed state of the destruction log when this certificate was issued. Keep it.",),
            verbatim=data.certificate.checkpoint,
        ),
    ]


def _about(data: CertificateData) -> Section:
    its = data.certificate
    minutes = ", ".join(map(reader_date, its.adopted_minutes)) or "no adoption in the log"
    facts = (
        ("Certificate", its.certificate),
        ("Organisation", data.organisation),
        ("On the authority of", its.authority),
        ("Retention schedule", f"{its.schedule_name}, version {its.schedule_version}"),
        ("Schedule hash", its.schedule_hash),
        ("Adopted by the minute of", minutes),
        ("Due as of", reader_date(its.as_of)),
        ("Run opened", reader_date(its.opened_at)),
        ("Run closed", reader_date(its.closed_at)),
        ("Entries in the log", f"{thousands(its.first_leaf)} to {thousands(its.closing_leaf)}"),
        ("Holds", _holds(data)),
        ("Made with", its.tool),
    )
    return Section("What this is", facts=facts)


def _holds(data: CertificateData) -> str:
    if not data.holds_checked:
        return "no record came to the point where holds are checked"
    when = f", last on {reader_date(data.holds_checked_at)}" if data.holds_checked_at else ""
    return f"checked for {records(data.holds_checked)} inside the destroying step{when}"


def _officers(data: CertificateData) -> Section:
    rows = tuple(
        (officer.officer, words(officer.role), words(officer.did), reader_date(officer.signed_at))
        for officer in data.certificate.officers
    )
    table = Table("Officers and what they signed", ("Officer", "Role", "What they did", "When"), rows)
    return Section(
        "Who decided and who did it", ("Each signature is in the log, made with the person’s own key.",), table=table
    )


def rules_applied(data: CertificateData) -> Section | None:
    """Return what the rules say by whose names the records are listed; None where nobody has told."""
    if not data.rules:
        return None
    rows = tuple(
        (rule.id, rule.keeps, rule.then, "; ".join(rule.because), _RESTS_ON.get(rule.confidence, rule.confidence))
        for rule in data.rules
    )
    headings = ("Rule", "How long it keeps", "What is then done", "Rests on", "The period itself")
    said = ("In the words of the schedule’s own rules; the whole schedule lies in the evidence bundle.",)
    return Section("Which rules were applied", said, table=Table("Rules by name", headings, rows))


def _account(data: CertificateData) -> Section:
    rows = tuple(
        (
            line.store,
            words(line.class_name),
            line.rule,
            words(line.outcome),
            words(line.reason),
            _months(line),
            thousands(line.count),
        )
        for line in data.certificate.lines
    )
    table = Table(
        "Records by store, class, rule and outcome",
        ("Store", "Class", "Rule", "Outcome", "Reason", "Due in", "Records"),
        rows,
        (6,),
    )
    return Section("What was destroyed and what was not", tuple(_changed(data)), table=table)


def _changed(data: CertificateData) -> Iterable[str]:
    """Say apart what is kept with less in it, as the balance counts it among the kept."""
    counts: Counter[str] = Counter()
    for line in data.certificate.lines:
        if line.outcome in (*CHANGED, "unlinked"):
            counts[line.outcome] += line.count
    if counts:
        told = ", ".join(f"{words(outcome)} {thousands(count)}" for outcome, count in sorted(counts.items()))
        yield f"Among the kept are records that stay with less in them, as their rules say: {told}. None is destroyed."


def _months(line: Line) -> str:
    if "none" in (line.from_month, line.to_month):
        return "no date"
    first, last = _month(line.from_month), _month(line.to_month)
    return first if first == last else f"{first} to {last}"


def _month(month: str) -> str:
    return reader_date(f"{month}-01").split(" ", 1)[1]


def _backups(data: CertificateData) -> Section:
    rows = tuple(
        (
            backup.name,
            backup.store,
            reader_date(backup.taken),
            reader_date(backup.expires),
            "gone" if backup.expired else "beyond use",
        )
        for backup in data.certificate.backups
    )
    title, gaps = "Backups that held the records", _without_backups(data)
    if not rows:
        return Section(title, ("None is registered in the log.",))
    headings = ("Backup set", "Store", "Taken", "Expires", "State")
    said = (f"No backup set is registered for {', '.join(gaps)}: nothing is said here about copies of it.",)
    return Section(title, said if gaps else (), table=Table("Backup sets", headings, rows))


def _without_backups(data: CertificateData) -> list[str]:
    """Return the stores from which something went and of which the log knows no backup set."""
    known = {backup.store for backup in data.certificate.backups}
    gone = {line.store for line in data.certificate.lines if line.outcome in ("destroyed", *CHANGED)}
    return sorted(gone - known)


def _not_searched(data: CertificateData) -> Section:
    places = tuple(_missed(place, _registers(data)) for place in data.certificate.not_searched)
    if not places:
        return Section("Places not searched", ("None is named in the log.",))
    return Section("Places not searched", points=places)


def _registers(data: CertificateData) -> set[str]:
    """Return the places of which only the register could be searched: it was, and the place is named as missed."""
    looked = {one["store"] for one in data.certificate.verifications if one["method"] == ABSENCE}
    return looked & set(data.certificate.not_searched)


def _missed(place: str, registers: Collection[str]) -> str:
    if place in registers:
        return f"{words(place)}: only its register was searched, not what lies there"
    if place in _MISSED:
        return _MISSED[place]
    for code, said in _MISSED.items():
        if place.endswith(f"-{code}"):
            return f"{words(place.removesuffix(f'-{code}'))}: {said}"
    return words(place)


def _anchors(data: CertificateData) -> Section:
    """What fixes the log from outside, and what nobody can see without it."""
    its = data.certificate
    bare = {one.store for one in data.work_lists} | set(checks.without_marks(data))
    marked = sorted({line.store for line in its.lines if line.outcome == "destroyed"} - bare)
    size = int(its.checkpoint.split("\n")[1])
    points = [
        f"This page: its last lines and its QR code fix the log’s first {thousands(size)} entries for who keeps it."
    ]
    if marked:
        points.append(
            f"Marks that each destruction left in {', '.join(marked)}: they name the log’s state at that moment."
        )
    if data.kept_outside:
        points.append("A folder that no backup of the log brings back: the state of every day is kept there.")
    said = (
        "Whoever holds an earlier state of the log sees whether this one continues it. Without one, nobody can see"
        " whether stores and log were put back together from backups of one moment, or whether the holder of the log’s"
        " key wrote all of it anew.",
    )
    return Section("What stands behind it, outside the log", said, points=tuple(points))


def _how_to_verify(data: CertificateData) -> Section:
    return Section(
        "How to verify it",
        (
            "You need Python 3.8 or later, nothing else, and no network. Take verify_winnow.py out of"
            f" {data.bundle}, or better use a copy that you trust already. Take {data.key_file} from where the"
            " organisation published it, not from the bundle. Then run the command below.",
            "Add --checkpoint with a file that holds the checkpoint of an earlier certificate. Only then does the"
            " answer not depend on the holder of the log’s key: nothing below that checkpoint can have been rewritten.",
        ),
        verbatim=f"python3 -I verify_winnow.py {data.bundle} --key {data.key_file}",
    )
