"""Extracts as data: for which purpose, from which records, each column with its treatment.

Columns are named `class.column`. Whatever the policy calls identifying can't be kept as it stands, and
statistics take no free text (UK GDPR Art 5(1)(c), Art 89(1)).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields
from datetime import date, timedelta
from enum import StrEnum

from rules.errors import BadInput, Problem
from rules.privacy.identity import OwnRecord, Person


class Treatment(StrEnum):
    """What becomes of a column on its way into an extract."""

    PSEUDONYM = "pseudonym"
    KEEP = "keep"
    AGE_BAND = "age_band"
    MONTH = "month"
    QUARTER = "quarter"
    POSTCODE_AREA = "postcode_area"
    REGION = "region"
    FREE_TEXT = "free_text"
    DROP = "drop"


_HIDES = frozenset({Treatment.PSEUDONYM, Treatment.POSTCODE_AREA, Treatment.REGION, Treatment.DROP})
_NAMES = frozenset({"given", "family", "known_as", "middle"})
_IDENTIFIERS = _NAMES | {item.name for item in fields(OwnRecord) if item.name != "people"}
_WHOLE = ("purpose", "recipients", "destroy_after_days", "records", "columns")
_OPTIONAL = ("means", "restricted", "consent")


@dataclass(frozen=True)
class ColumnSpec:
    """One column: its name in the extract, where it comes from, its treatment, its closed vocabulary if kept."""

    name: str
    source: str
    treatment: Treatment
    categories: tuple[str, ...] = ()


@dataclass(frozen=True)
class ConsentRule:
    """Records whose `basis` column reads `value` enter only when the `given` column says yes."""

    basis: str
    value: str
    given: str


@dataclass(frozen=True)
class ExtractSpec:
    """One extract. `restricted` names the column that marks records under Art 18, which enter no extract."""

    name: str
    purpose: str
    recipients: str
    destroy_after_days: int
    records: str
    columns: tuple[ColumnSpec, ...]
    means: str = ""
    restricted: str = ""
    consent: ConsentRule | None = None

    def destroy_by(self, as_of: date, first_source_due: date | None) -> date:
        """Return when the extract must be destroyed: after its days, or with its first source record if sooner."""
        latest = as_of + timedelta(days=self.destroy_after_days)
        return latest if first_source_due is None else max(as_of, min(latest, first_source_due))


@dataclass(frozen=True)
class ExtractPolicy:
    """All extracts of an organisation, the columns that identify people, and its towns by region."""

    extracts: tuple[ExtractSpec, ...]
    identifiers: Mapping[str, tuple[str, ...]]
    regions: Mapping[str, str] = field(default_factory=dict)

    def extract(self, name: str) -> ExtractSpec:
        """Return the extract of a name. Raises BadInput for another name."""
        for spec in self.extracts:
            if spec.name == name:
                return spec
        known = ", ".join(spec.name for spec in self.extracts)
        raise BadInput(Problem("there is no such extract", key=name, mend=f"Choose one of: {known}."))

    def own_record(self, values: Mapping[str, object]) -> OwnRecord:
        """Return what one record, by qualified column name, says about its people."""
        found = {what: tuple(_texts(values, columns)) for what, columns in self.identifiers.items()}
        names = {what: " ".join(found.pop(what, ())) for what in _NAMES}
        person = Person(
            given=names["given"], family=names["family"], known_as=names["known_as"], middle=names["middle"]
        )
        return OwnRecord(people=(person,) if any(names.values()) else (), **found)


def parse_extracts(loaded: object, *, file: str = "") -> ExtractPolicy:
    """Return the policy that a loaded YAML document describes. Raises BadInput with every problem at once."""
    problems: list[Problem] = []
    whole = _mapping(loaded, "", file, problems)
    identifiers = {
        key: tuple(_listed(value))
        for key, value in _mapping(whole.get("identifiers"), "identifiers", file, problems).items()
    }
    for key in sorted(identifiers.keys() - _IDENTIFIERS):
        problems.append(Problem("unknown identifier", file, None, f"identifiers.{key}", f"Use {_or(_IDENTIFIERS)}."))
    regions = {
        str(town): str(area) for town, area in _mapping(whole.get("regions") or {}, "regions", file, problems).items()
    }
    identifying = frozenset(column for columns in identifiers.values() for column in columns)
    found = [
        _extract(name, _mapping(body, f"extracts.{name}", file, problems), identifying, file, problems)
        for name, body in _mapping(whole.get("extracts"), "extracts", file, problems).items()
    ]
    if problems:
        raise BadInput(problems)
    return ExtractPolicy(tuple(spec for spec in found if spec), identifiers, regions)


def _extract(
    name: str, body: Mapping[str, object], identifying: frozenset[str], file: str, problems: list[Problem]
) -> ExtractSpec | None:
    at, before = f"extracts.{name}", len(problems)
    for key in (key for key in _WHOLE if not body.get(key)):
        problems.append(Problem("is missing", file, None, f"{at}.{key}", f"Write {key}."))
    for key in sorted(body.keys() - {*_WHOLE, *_OPTIONAL}):
        problems.append(Problem("unknown key", file, None, f"{at}.{key}", f"Use {_or([*_WHOLE, *_OPTIONAL])}."))
    days = body.get("destroy_after_days")
    if not isinstance(days, int) or isinstance(days, bool) or days < 1:
        problems.append(Problem("is no number of days", file, None, f"{at}.destroy_after_days", "Write such as 90."))
    columns = [
        column
        for key, item in _mapping(body.get("columns") or {}, f"{at}.columns", file, problems).items()
        if (
            column := _column(
                key, _mapping(item, f"{at}.columns.{key}", file, problems), f"{at}.columns.{key}", file, problems
            )
        )
    ]
    problems += [problem for column in columns for problem in _unsafe(column, body, identifying, at, file)]
    consent = _mapping(body.get("consent") or {}, f"{at}.consent", file, problems)
    if consent and consent.keys() != {"basis", "value", "given"}:
        problems.append(Problem("needs three keys", file, None, f"{at}.consent", "Write basis, value and given."))
    if len(problems) > before or not isinstance(days, int):
        return None
    rule = ConsentRule(**{key: str(value) for key, value in consent.items()}) if consent else None
    texts = {key: str(body.get(key) or "") for key in ("purpose", "recipients", "records", "means", "restricted")}
    return ExtractSpec(name=name, destroy_after_days=days, columns=tuple(columns), consent=rule, **texts)


def _column(name: str, body: Mapping[str, object], at: str, file: str, problems: list[Problem]) -> ColumnSpec | None:
    treatment, source = str(body.get("as", "")), str(body.get("from", ""))
    if treatment not in {item.value for item in Treatment}:
        problems.append(Problem("unknown treatment", file, None, f"{at}.as", f"Use {_or(Treatment)}."))
        return None
    if "." not in source:
        problems.append(Problem("is no class.column", file, None, f"{at}.from", "Write such as client.area."))
        return None
    categories = tuple(_listed(body.get("categories") or []))
    if (treatment == Treatment.KEEP) != bool(categories):
        mend = "List categories for a column that is kept, and for no other."
        problems.append(Problem("only a closed vocabulary can be kept", file, None, f"{at}.categories", mend))
        return None
    return ColumnSpec(name, source, Treatment(treatment), categories)


def _unsafe(
    column: ColumnSpec, body: Mapping[str, object], identifying: frozenset[str], at: str, file: str
) -> list[Problem]:
    key = f"{at}.columns.{column.name}"
    if column.source in identifying and column.treatment not in _HIDES:
        return [Problem("an identifying column can't be shown", file, None, key, f"Use {_or(_HIDES)}.")]
    if column.treatment is Treatment.FREE_TEXT and body.get("purpose") == "statistics":
        return [Problem("statistics take no free text", file, None, key, "Drop the column.")]
    return []


def _mapping(value: object, at: str, file: str, problems: list[Problem]) -> dict[str, object]:
    if isinstance(value, Mapping):
        return {str(key): item for key, item in value.items()}
    problems.append(Problem("is no mapping", file, None, at, "Write keys with values below it."))
    return {}


def _listed(value: object) -> list[str]:
    return [str(item) for item in value] if isinstance(value, list | tuple) else [str(value)]


def _texts(values: Mapping[str, object], columns: tuple[str, ...]) -> list[str]:
    texts = (str(values[column] if values.get(column) is not None else "").strip() for column in columns)
    return [text for text in texts if text]


def _or(words: Iterable[str]) -> str:
    return ", ".join(sorted(str(word) for word in words))
