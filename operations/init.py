"""Beginning a project: a folder with commented settings, an empty ledger and the log's key."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from connectors import keys
from connectors.ledger.base import open_ledger
from operations.project import FILE, origin_of
from rules.errors import BadInput, Problem
from rules.evidence.leaf import fits

_SETTINGS = """\
# The settings of this Winnow project. Paths start at this folder.

# Your organisation, as it shall stand on certificates.
organisation: {organisation}

# The ledger: findings, decisions, holds and the destruction log. One file, or postgresql://user@host/name
# or mariadb://user@host/name; write ${{NAME}} for a password that stands in the environment.
ledger: sqlite:///ledger.db

# What is kept, for how long and why; and where it lies.
schedule: schedule.yaml
stores: stores.yaml

# What may leave the building.
extracts: extracts.yaml
statistics: statistics.yaml

# Days between approval and the earliest moment of destruction. Zero is for demonstrations.
cooling_off_days: 7

# Where documents are written.
out: out

# A folder that no backup of the ledger brings back (a share of the auditor, a stick of the DPO): the nightly watch
# keeps the log's checkpoint there, and compares.
# anchors: /media/dpo/checkpoints

# The name under which the log signs. Never change it: auditors hold it beside the key (keys/winnow.vkey).
origin: {origin}
"""

_SCHEDULE = """\
# The retention schedule: every record class, its fields with their purposes, and its rules.
# Begin with one of the packs in policies/, and run `winnow check` after every change.
#
# schedule: {organisation}
# version: 2026-01
# zone: Europe/London
# classes:
#   enquiry:
#     means: A question sent through the web form
#     fields: {{enquiry_id: key, name: name, email: contact detail, handled_on: trigger, message: free text}}
#     rules:
#       - id: enquiry
#         keep: 12 months after handled_on
#         then: destroy
#         because: ["UK GDPR Art 5(1)(e)"]
"""

_STORES = """\
# Where each record class lies: databases, sheets, exports, folders, and what no program can reach.
# Run `winnow check` after every change, and `winnow store prepare` once before anything is destroyed.
"""

_EXTRACTS = "# Pseudonymised extracts, one for each purpose: statistics, supervision, case study, training.\n"
_STATISTICS = "# The tables that are published, declared before they are counted.\n"


def init_project(folder: Path, organisation: str, random: Callable[[int], bytes] = keys.system_random) -> list[Path]:
    """Write a new project and return its files. Raises BadInput, and writes nothing, where there is a project already
    or the name is one that the log can't carry.
    """
    if not fits("name", organisation):
        raise BadInput(
            Problem("is not a name that the log can carry", key="organisation", mend="Use letters and digits")
        )
    texts = {
        FILE: _SETTINGS.format(organisation=_quoted(organisation), origin=origin_of(organisation)),
        "schedule.yaml": _SCHEDULE.format(organisation=_quoted(organisation)),
        "stores.yaml": _STORES,
        "extracts.yaml": _EXTRACTS,
        "statistics.yaml": _STATISTICS,
    }
    if (folder / FILE).exists():
        raise BadInput(Problem("there is a project here already", file=str(folder / FILE)))
    folder.mkdir(parents=True, exist_ok=True)
    # What somebody has prepared (a schedule, say) stays as it is.
    written = [folder / name for name in texts if not (folder / name).exists()]
    for path in written:
        path.write_text(texts[path.name], encoding="utf-8")
    (folder / "out").mkdir(exist_ok=True)
    keys.log_signer(folder / "keys", origin_of(organisation), random)
    open_ledger("sqlite:///ledger.db", folder=folder)
    return written


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
