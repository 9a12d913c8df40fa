"""The verb `coverage`: which controls carry out which clauses of the source policies, resolved against the packs."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

from connectors.schedule_file import load_schedule, read_text
from rules.coverage import Coverage, cover
from rules.errors import BadInput
from rules.policy_lint import Finding, read_findings
from rules.schedule.values import Schedule

POLICIES = Path(__file__).resolve().parents[1] / "policies"
_PACKS = "s[0-9]-*/schedule.yaml"


def source_packs(folder: Path = POLICIES) -> dict[str, Schedule]:
    """The packs of the source policies by folder name. Raises BadInput with every mistake of the first wrong one."""
    return {path.parent.name: load_schedule(path) for path in sorted(folder.glob(_PACKS))}


def coverage(folder: Path = POLICIES) -> Coverage:
    """Resolve clauses.yaml and controls.yaml of `folder` against its packs. Raises BadInput with every mistake."""
    clauses, controls = folder / "clauses.yaml", folder / "controls.yaml"
    files = [(read_text(path), path.name) for path in (clauses, controls)]
    return cover(files[0], files[1], source_packs(folder), _module_exists)


def lint_findings(folder: Path = POLICIES) -> tuple[Finding, ...]:
    """What the source policies themselves get wrong. Raises BadInput for a file with mistakes."""
    path = folder / "lint.yaml"
    found, reading = read_findings(read_text(path), path.name)
    if reading.problems:
        raise BadInput(reading.problems)
    return found


def _module_exists(name: str) -> bool:
    try:
        return find_spec(name) is not None
    except ModuleNotFoundError:
        return False
