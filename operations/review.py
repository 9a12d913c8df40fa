"""The verb `review`: write the review pack of a proposal, as a page and as a workbook to fill in."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path

from connectors.ledger import proposals, sifts
from connectors.ledger.proposals import Proposal
from connectors.ledger.sifts import Count, StoredFinding
from operations.holds import care_for
from operations.project import Project
from operations.sifting.session import Progress, silent
from operations.trial import forecast
from reports.pack_data import PackFinding, PackGroup, PackHeader, PackItem, ReviewPack, item_digest
from reports.review_pack import pack_html, pack_xlsx
from rules.errors import BadInput, Refused
from rules.review.values import PERHAPS_ALSO, Finding, Kind
from rules.schedule.plain import in_words
from rules.schedule.values import Rule

PACK_LIVES = timedelta(days=90)
REVIEW_AGAIN = timedelta(days=365)
# The mere existence of such a hold could tip somebody off.
SILENT_HOLDS = frozenset({"csa", "victim_info_request"})
_NOT_A_TRIGGER = frozenset({"author", "linked", PERHAPS_ALSO, "holds", "last contact", "age at close"})
_RISK_OF_CONFIDENCE = {"general": 0, "part": 1, "source": 2, "policy": 3}


@dataclass(frozen=True)
class WrittenPack:
    """Where a pack was written, and its header."""

    html: Path
    xlsx: Path
    header: PackHeader


def write_pack(
    project: Project, proposal_id: str = "", out: Path | None = None, ahead: bool = False, progress: Progress = silent
) -> WrittenPack:
    """Write the pack of a proposal (the latest by default), with a forecast of five years `ahead` if wanted.

    Raises BadInput when there is no such proposal, Refused when its run is closed.
    """
    frozen = proposals.get(project.ledger, proposal_id) if proposal_id else proposals.latest(project.ledger)
    if frozen is None:
        raise BadInput(
            f"there is no proposal {proposal_id}" if proposal_id else "there is no proposal yet; run `winnow sift`"
        )
    if frozen.salt is None:
        raise Refused(f"the review of {frozen.id} is closed, and what was destroyed is forgotten; run a new sift")
    pack = build_pack(project, frozen)
    if ahead:
        pack = replace(pack, forecast=forecast(project, frozen.as_of, progress))
    folder = out or project.settings.out
    folder.mkdir(parents=True, exist_ok=True)
    page = f"quality-{frozen.id}.html"
    if (folder / page).is_file():
        pack = replace(pack, quality_page=page)
    html, xlsx = folder / f"review-pack-{frozen.id}.html", folder / f"review-pack-{frozen.id}.xlsx"
    html.write_text(pack_html(pack), encoding="utf-8")
    pack_xlsx(pack, xlsx)
    return WrittenPack(html, xlsx, pack.header)


def build_pack(project: Project, frozen: Proposal) -> ReviewPack:
    """The pack of a frozen proposal as plain data."""
    counts = sifts.counts(project.ledger, frozen.sift)
    header = _header(project, frozen, counts)
    groups = _groups(project, counts, _flagged(project, frozen))
    number_of = {(group.rule, group.action): group.number for group in groups}
    items = [
        _item(project, header, number_of[stored.finding.rule, stored.finding.action], stored)
        for stored in sifts.iterate(project.ledger, frozen.sift, (Kind.PAST_RETENTION,))
    ]
    others = [kind for kind in Kind if kind is not Kind.PAST_RETENTION]
    findings = [_other(stored.finding) for stored in sifts.iterate(project.ledger, frozen.sift, others)]
    look_again = tuple((one.hold.id, "; ".join(one.because)) for one in care_for(project) if one.because)
    return ReviewPack(header, tuple(groups), items, findings, holds_to_look_at=look_again)


def _header(project: Project, frozen: Proposal, counts: Sequence[Count]) -> PackHeader:
    def total(*kinds: Kind) -> int:
        return sum(row.n for row in counts if row.kind in kinds)

    held = total(Kind.HELD)
    return PackHeader(
        pack_id=frozen.id,
        proposal_id=frozen.id,
        proposal_hash=frozen.hash,
        organisation=project.settings.organisation,
        schedule_name=project.schedule.name,
        schedule_version=project.schedule.version,
        schedule_hash=frozen.schedule_digest,
        as_of=frozen.as_of,
        prepared_at=project.now(),
        destroys_itself_on=project.today() + PACK_LIVES,
        due=total(Kind.PAST_RETENTION) + held,
        undatable=total(Kind.UNDATABLE),
        held=held,
    )


def _flagged(project: Project, frozen: Proposal) -> dict[tuple[str, str], int]:
    """How many records of each group a person must look at one by one."""
    flagged: dict[tuple[str, str], int] = {}
    for stored in sifts.iterate(project.ledger, frozen.sift, (Kind.PAST_RETENTION,)):
        if stored.finding.read_first:
            group = stored.finding.rule, stored.finding.action
            flagged[group] = flagged.get(group, 0) + 1
    return flagged


def _groups(project: Project, counts: Sequence[Count], flagged: dict[tuple[str, str], int]) -> list[PackGroup]:
    found: dict[tuple[str, str], list[Count]] = {}
    for row in counts:
        if row.kind is Kind.PAST_RETENTION:
            found.setdefault((row.rule, row.action), []).append(row)
    rules = {key: project.schedule.rule(key[0]) for key in found}
    ranked = sorted(found, key=lambda key: (-flagged.get(key, 0), _RISK_OF_CONFIDENCE[rules[key].confidence], key))
    return [
        _group(number, rules[key], key[1], found[key], flagged.get(key, 0))
        for number, key in enumerate(ranked, start=1)
    ]


def _group(number: int, rule: Rule, action: str, rows: Sequence[Count], flagged: int) -> PackGroup:
    clauses = tuple(item for item in rule.because if _is_clause(item))
    return PackGroup(
        number=number,
        rule=rule.id,
        kind=Kind.PAST_RETENTION.value,
        action=action,
        reason=f"Kept {in_words(rule.keep)}. That time is over.",
        clauses=clauses,
        legal_basis=tuple(item for item in rule.because if item not in clauses),
        confidence=rule.confidence,
        count=sum(row.n for row in rows),
        earliest_due=min((row.earliest for row in rows if row.earliest), default=None),
        latest_due=max((row.latest for row in rows if row.latest), default=None),
        risk_rank=number,
        flagged=flagged,
    )


def _is_clause(cited: str) -> bool:
    """Whether a citation names a policy clause or a row of the schedule (S3 4.9, R04) rather than the law."""
    first = cited.split()[0]
    return len(first) in (2, 3) and first[0] in "SR" and first[1:].isdigit()


def _item(project: Project, header: PackHeader, group: int, stored: StoredFinding) -> PackItem:
    finding = stored.finding
    facts = finding.facts
    due = finding.due_on.isoformat() if finding.due_on else ""
    place = (finding.rule, stored.ordinal, finding.store, finding.class_name, finding.key, due)
    last = facts.get("last contact")
    return PackItem(
        ordinal=stored.ordinal,
        group=group,
        store=finding.store,
        class_name=finding.class_name,
        key=finding.key,
        case_number=finding.subject or "",
        due_on=finding.due_on,
        digest=item_digest(header, *place),
        triggers=tuple((name, text) for name, text in sorted(facts.items()) if name not in _NOT_A_TRIGGER),
        age_at_close=int(facts["age at close"]) if "age at close" in facts else None,
        last_contact=date.fromisoformat(last) if last else None,
        linked=tuple(filter(None, [facts.get("linked"), facts.get(PERHAPS_ALSO)])),
        read_first=finding.read_first,
        review_again_on=project.today() + REVIEW_AGAIN,
    )


def _other(finding: Finding) -> PackFinding:
    kinds = [kind for kind in finding.facts.get("holds", "").split(", ") if kind]
    return PackFinding(
        kind=finding.kind.value,
        store=finding.store,
        class_name=finding.class_name,
        key=finding.key,
        rule=finding.rule,
        why=finding.reason,
        case_number=finding.subject or "",
        due_on=finding.due_on,
        count=finding.count,
        holds=tuple(sorted({"held" if kind in SILENT_HOLDS else kind for kind in kinds})),
    )


def first_lines(pack: WrittenPack) -> Iterator[str]:
    """The lines that stand first on every page of the pack."""
    yield pack.header.first_line
    yield pack.header.second_line
