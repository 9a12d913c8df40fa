"""The documents of a closed run: certificate as page and PDF, and the evidence bundle with the key beside it.

All of it is read out of the log, so it can be issued again at any time.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from connectors.bundle_file import write_bundle, write_whole
from connectors.keys import LOG_VKEY
from connectors.ledger import log
from operations.kept import kept_schedule
from operations.project import Project
from reports.auditor_journal import journal_html
from reports.auditor_readme import auditor_readme
from reports.certificate import certificate_html, certificate_pdf
from reports.certificate_data import CertificateData, RuleShown, WorkList
from rules.errors import BadInput, Problem
from rules.evidence.bundle import bundle_files
from rules.evidence.certificate import CHANGED, Certificate, certificate_of
from rules.evidence.leaf import Leaf, decode_all
from rules.schedule.actions import written
from rules.schedule.parser import parse_schedule
from rules.schedule.plain import condition_in_words, in_words
from rules.schedule.values import RecordClass, Rule

VERIFIER = Path(__file__).resolve().parents[1] / "verifier" / "verify_winnow.py"
METHODS = {
    "row-deleted": "rows deleted from the database",
    "fields-blanked": "fields blanked, the rest of the record kept",
    "fields-shortened": "texts cut to a length, the rest of the record kept",
    "fields-generalised": "dates or postcodes made coarser, the rest of the record kept",
    "fields-redacted": "identifiers in texts replaced, the rest of the record kept",
    "only-metadata-kept": "all fields but those named blanked, the record kept",
    "link-removed": "the record that links a person to something shared deleted, what is shared kept",
    "row-removed-from-file": "rows removed and the file written anew",
    "file-unlinked": "files moved out of reach, then removed from the folder",
    "work-list": "destroyed by hand and confirmed by two people",
}
# In the bundle, under these names whatever the run is called.
PAGE, PDF, JOURNAL = "certificate.html", "certificate.pdf", "what-happened.html"
_SAID = ("method", "done_on", "standard", "contractor", "receipt")


@dataclass(frozen=True)
class Certified:
    """Where the documents of a closed run were written."""

    html: Path
    pdf: Path
    bundle: Path
    key: Path


def certify(project: Project, run_id: str, out: Path | None = None) -> Certified:
    """Write certificate and evidence bundle of a closed run. Raises BadInput when it is not closed."""
    note = project.sign_log()
    data = [leaf for _, leaf in log.read_leaves(project.ledger)]
    leaves = list(decode_all(data))
    certificate = certificate_of(leaves, run_id, note)
    folder = out or project.settings.out
    key = write_whole(folder / LOG_VKEY, (project.keys / LOG_VKEY).read_bytes())
    bundle = folder / f"evidence-{run_id}.zip"
    schedule = _schedule(project, certificate)
    readme = auditor_readme(project.settings.organisation, run_id, bundle.name, key.name)
    signers = project.log_signers()

    def papers(proof: str) -> dict[str, bytes]:
        shown = _shown(project, certificate, leaves, proof, bundle.name, key.name)
        shown = replace(shown, rules=_rules(schedule, certificate))
        return {
            PAGE: certificate_html(shown).encode(),
            PDF: certificate_pdf(shown),
            JOURNAL: journal_html(shown, leaves).encode(),
        }

    files = bundle_files(data, note, certificate, schedule, VERIFIER.read_bytes(), readme, signers, papers)
    return Certified(
        html=write_whole(folder / f"certificate-{run_id}.html", files[PAGE]),
        pdf=write_whole(folder / f"certificate-{run_id}.pdf", files[PDF]),
        bundle=write_bundle(bundle, files),
        key=key,
    )


def _schedule(project: Project, certificate: Certificate) -> bytes:
    """The adopted schedule of the run, from the copy kept when it began, or the file if it is still the same."""
    kept = kept_schedule(project, certificate.schedule_hash)
    if kept.is_file():
        return kept.read_bytes()
    if project.schedule_file_digest != certificate.schedule_file:
        raise BadInput(Problem("the schedule of this run is no longer here", file=str(kept), mend="Restore the file"))
    return project.settings.schedule.read_bytes()


def _shown(
    project: Project, certificate: Certificate, leaves: Sequence[Leaf], proof: str, bundle: str, key: str
) -> CertificateData:
    checked = [
        leaf["holds_checked_at"]
        for leaf in leaves
        if leaf["type"] == "intent" and leaf["run"] == certificate.certificate
    ]
    methods: dict[str, str] = {}
    for line in certificate.lines:
        if line.outcome in ("destroyed", "unlinked", *CHANGED):
            methods[f"{line.store} {line.grade}"] = METHODS.get(line.grade, line.grade)
    return CertificateData(
        certificate=certificate,
        organisation=project.settings.organisation,
        proof=proof,
        bundle=bundle,
        key_file=key,
        holds_checked=len(checked),
        holds_checked_at=max(checked, default=""),
        methods=methods,
        work_lists=_work_lists(leaves, certificate.certificate),
        kept_outside=project.settings.anchors is not None,
    )


def _work_lists(leaves: Sequence[Leaf], run_id: str) -> tuple[WorkList, ...]:
    """What people signed for, the two signatures over one list together."""
    lists: dict[tuple[str, str], list[Leaf]] = {}
    for leaf in leaves:
        if leaf["type"] == "confirmation" and leaf["run"] == run_id:
            lists.setdefault((leaf["store"], leaf["root"]), []).append(leaf)
    told = []
    for (store, _), signed in lists.items():
        # Two people may each say it in their own words; both stand.
        words: dict[tuple[str, ...], list[str]] = {}
        for leaf in signed:
            words.setdefault(tuple(leaf.get(name, "") for name in _SAID), []).append(leaf["officer"])
        for said, people in words.items():
            told.append(
                WorkList(store, signed[0]["count"], people=tuple(people), **dict(zip(_SAID, said, strict=True)))
            )
    return tuple(told)


def _rules(schedule: bytes, certificate: Certificate) -> tuple[RuleShown, ...]:
    """What the rules say that this run applied, out of the schedule that it obeyed."""
    applied = {line.rule for line in certificate.lines}
    try:
        read = parse_schedule(schedule.decode("utf-8-sig"), "schedule.yaml")
    except (BadInput, UnicodeDecodeError):  # an older version in words that are no longer read; it lies in the bundle
        return ()
    return tuple(_shown_rule(rule, one) for one in read.classes for rule in one.rules if rule.id in applied)


def _shown_rule(rule: Rule, record_class: RecordClass) -> RuleShown:
    # Without what a field action adds by itself: that it is not done yet.
    applies_to = written(rule.applies_to, rule.then, [one.name for one in record_class.fields], record_class.key)
    conditions = {"where": applies_to, "only if": rule.only_if, "unless": rule.unless}
    said = [f"{name} {condition_in_words(part)}" for name, part in conditions.items() if part is not None]
    return RuleShown(rule.id, "; ".join([in_words(rule.keep), *said]), str(rule.then), rule.because, rule.confidence)
