"""Which extracts hold a person: by keyed tags, so that the ledger names nobody.

An extract dies at the latest with the first of its source records that is destroyed.
"""

from __future__ import annotations

from collections.abc import Iterable

from connectors import keys
from connectors.ledger import releases
from operations.project import Project
from rules.evidence.commitment import subject_tag
from rules.privacy.pseudonyms import purpose_key

_PURPOSE = "sources of extracts"


def source_tags(project: Project, subjects: Iterable[str]) -> set[str]:
    """Return the tags (hexadecimal) of these subjects under a key of their own, joined to no pseudonym."""
    key = purpose_key(keys.pseudonym_key(project.keys, project.random), _PURPOSE)
    return {subject_tag(key, subject).hex() for subject in subjects}


def extracts_holding(project: Project, subjects: Iterable[str]) -> set[str]:
    """Return the ids of the living extracts that hold any of these subjects: they must die with them."""
    return releases.extracts_with(project.ledger, source_tags(project, subjects))
