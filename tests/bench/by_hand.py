"""What a good programmer would write for one charity: the same due records by one-off SQL, and by pandas.

Neither explains, holds, versions, freezes or reads free text; they are the floor to measure a sift against.
"""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd
from sqlalchemy import Column, Connection, MetaData, Table, Text, insert, text

from connectors.engines import engine

MEMBERS = {
    "clients": "case_number",
    "referrals": "referral_id",
    "sessions": "session_id",
    "session_notes": "note_id",
    "case_records": "record_id",
    "additional_records": "record_id",
    "consents": "consent_id",
    "disclosures": "disclosure_id",
    "complaints": "complaint_id",
    "test_results": "result_id",
    "feedback": "feedback_id",
}
READABLE = "({0} GLOB '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]*' AND date(substr({0}, 1, 10)) = substr({0}, 1, 10))"
WAITS = (
    "n.disposition IN ('to_summarise', 'summarised') AND NOT EXISTS (SELECT 1 FROM case_records r "
    f"WHERE r.record_id = n.summary_id AND {READABLE.format('r.dated_on')} AND coalesce(r.author_id, '') <> '')"
)
DUE = f"""
CREATE TEMP TABLE due AS
WITH c AS (
  SELECT k.*, max(k.closed_on, coalesce(k.last_contact_on, k.closed_on), coalesce(
    (SELECT max(substr(s.ended_at, 1, 10)) FROM sessions s WHERE s.case_number = k.case_number), k.closed_on)) contact
  FROM clients k WHERE k.status = 'closed' AND k.closed_on <= :y6 AND {READABLE.format("k.closed_on")}
  AND (k.last_contact_on IS NULL OR {READABLE.format("k.last_contact_on")})
)
SELECT c.case_number FROM c WHERE
  ('counselling' NOT IN (c.service, coalesce(c.second_service, '')) OR (c.contact <= :y7 AND c.date_of_birth <= :b25
    AND {READABLE.format("c.date_of_birth")} AND (c.date_of_birth <= :b26
    OR NOT (c.closed_on >= date(c.date_of_birth, '+17 years') AND c.closed_on < date(c.date_of_birth, '+18 years')))))
  AND ('mentoring' NOT IN (c.service, coalesce(c.second_service, ''))
    OR (c.contact <= :y6 AND c.date_of_birth <= :b21 AND {READABLE.format("c.date_of_birth")}))
  AND ('careers' NOT IN (c.service, coalesce(c.second_service, '')) OR c.contact <= :academic)
  AND c.case_number NOT IN (SELECT m.case_number FROM consents m
    WHERE NOT coalesce(max(m.signed_on, coalesce(m.withdrawn_on, '')) <= :y6 AND {READABLE.format("m.signed_on")}, 0))
  AND c.case_number NOT IN (SELECT m.case_number FROM disclosures m WHERE NOT coalesce(substr(m.disclosed_at, 1, 10)
    <= :y6 AND {READABLE.format("m.disclosed_at")} AND (m.safeguarding = 0 OR m.child_dob <= :b25), 0))
  AND c.case_number NOT IN (SELECT m.case_number FROM complaints m
    WHERE NOT coalesce(m.status = 'closed' AND m.outcome_on <= :y6 AND {READABLE.format("m.outcome_on")}, 0))
  AND c.case_number NOT IN (SELECT n.case_number FROM session_notes n WHERE {WAITS})
"""
FREE = (
    "n.case_number NOT IN (SELECT case_number FROM disclosures) AND n.case_number NOT IN "
    "(SELECT case_number FROM complaints WHERE status = 'open')"
)
OUTSIDE = "(n.case_number IS NULL OR n.case_number NOT IN (SELECT case_number FROM due))"
ALONE = {
    "session_notes": f"SELECT note_id FROM session_notes n WHERE {OUTSIDE} AND {FREE} AND "
    f"{READABLE.format('n.session_ended')} AND ((n.disposition = 'not_required' AND substr(n.session_ended, 1, 10) "
    "<= :d2) OR (n.disposition IN ('to_summarise', 'summarised') AND substr(n.session_ended, 1, 10) <= :d7 "
    f"AND NOT ({WAITS})))",
    "referrals": f"SELECT referral_id FROM referrals n WHERE {OUTSIDE} AND n.concern = 0 AND n.outcome IN "
    f"('no_show', 'declined', 'waiting') AND n.outcome_on <= :m12 AND {READABLE.format('n.outcome_on')}",
    "test_results": f"SELECT result_id FROM test_results n WHERE {OUTSIDE} AND {READABLE.format('n.taken_on')} "
    "AND max(n.taken_on, coalesce(n.feedback_on, '')) <= :m18",
    "feedback": f"SELECT feedback_id FROM feedback n WHERE {OUTSIDE} AND n.case_number IS NOT NULL "
    f"AND n.received_on <= :m12 AND {READABLE.format('n.received_on')}",
}
FOUND = Table("found", MetaData(), Column("place", Text), Column("key", Text), Column("subject", Text))


def cut_offs(as_of: date) -> dict[str, str]:
    """The last days on which each clock may have begun."""

    def years(count: int) -> str:
        return as_of.replace(year=as_of.year - count).isoformat()

    def days(count: int) -> str:
        return date.fromordinal(as_of.toordinal() - count).isoformat()

    def months(count: int) -> str:
        total = as_of.year * 12 + as_of.month - 1 - count
        return as_of.replace(year=total // 12, month=total % 12 + 1).isoformat()

    academic = date(as_of.year - 6, 8, 31)
    academic = academic if academic.replace(year=as_of.year) <= as_of else academic.replace(year=as_of.year - 7)
    return {
        **{f"y{n}": years(n) for n in (6, 7)},
        **{f"b{n}": years(n) for n in (21, 25, 26)},
        **{"d2": days(2), "d7": days(7), "m12": months(12), "m18": months(18), "academic": academic.isoformat()},
    }


def by_sql(casework: Path, ledger: Path, as_of: date) -> int:
    """Stream the due keys of the casework store into a table of another database; how many there were."""
    cut, count = cut_offs(as_of), 0
    ledger.unlink(missing_ok=True)
    kept = engine(f"sqlite:///{ledger}", create=True)
    with kept.begin() as writing:
        FOUND.create(writing)
    with engine(f"sqlite:///{casework}").connect() as reading:
        reading.execute(text(DUE), cut)
        for name, key in MEMBERS.items():
            count += _stream(reading, kept, name, f"SELECT {key}, case_number FROM {name} WHERE case_number IN due", {})
        for name, query in ALONE.items():
            count += _stream(reading, kept, name, query.replace(" FROM ", ", NULL FROM ", 1), cut)
    return count


def _stream(reading: Connection, kept: Any, name: str, query: str, cut: dict[str, str]) -> int:
    count = 0
    with reading.execute(text(query), cut) as found:
        for page in found.partitions(5_000):
            rows = [{"place": name, "key": str(key), "subject": subject} for key, subject in page]
            with kept.begin() as writing:
                writing.execute(insert(FOUND), rows)
            count += len(rows)
    return count


def by_pandas(casework: Path, as_of: date) -> int:
    """Read the tables and compute the due records with pandas; how many there were. Nothing is written."""
    cut = {name: pd.Timestamp(day) for name, day in cut_offs(as_of).items()}
    with engine(f"sqlite:///{casework}").connect() as reading:
        tables = {name: pd.read_sql_query(text(f"SELECT * FROM {name}"), reading) for name in MEMBERS}
    due = _due_cases(tables, cut)
    total = sum(int(table["case_number"].isin(due).sum()) for table in tables.values())
    return total + sum(len(part) for part in _alone(tables, due, cut))


def _day(column: pd.Series[Any]) -> pd.Series[Any]:
    return pd.to_datetime(column.astype("string").str.slice(0, 10), format="%Y-%m-%d", errors="coerce")


def _due_cases(tables: dict[str, pd.DataFrame], cut: dict[str, Any]) -> set[str]:
    clients = tables["clients"][tables["clients"]["status"] == "closed"].copy()
    closed, last, born = (_day(clients[name]) for name in ("closed_on", "last_contact_on", "date_of_birth"))
    dirty = clients["last_contact_on"].notna() & last.isna()
    met = _day(tables["sessions"]["ended_at"]).groupby(tables["sessions"]["case_number"]).max()
    contact = pd.concat([closed, last, clients["case_number"].map(met)], axis=1).max(axis=1)
    services = [clients["service"], clients["second_service"]]
    counselling, mentoring, careers = (
        (services[0] == name) | (services[1] == name) for name in ("counselling", "mentoring", "careers")
    )
    seventeen = (closed >= born + pd.DateOffset(years=17)) & (closed < born + pd.DateOffset(years=18))
    adult = (born <= cut["b25"]) & ((born <= cut["b26"]) | ~seventeen)
    fine = ~dirty & closed.notna() & (closed <= cut["y6"])
    fine &= ~counselling | ((contact <= cut["y7"]) & adult)
    fine &= ~mentoring | ((contact <= cut["y6"]) & (born <= cut["b21"]))
    fine &= ~careers | (contact <= cut["academic"])
    blocked: set[str] = set()
    consents, disclosures, complaints = tables["consents"], tables["disclosures"], tables["complaints"]
    signed, gone = _day(consents["signed_on"]), _day(consents["withdrawn_on"])
    blocked |= set(consents.loc[~((signed <= cut["y6"]) & ~(gone > cut["y6"])), "case_number"])
    told, child = _day(disclosures["disclosed_at"]), _day(disclosures["child_dob"])
    free = (told <= cut["y6"]) & ((disclosures["safeguarding"] == 0) | (child <= cut["b25"]))
    blocked |= set(disclosures.loc[~free, "case_number"])
    ended = (complaints["status"] == "closed") & (_day(complaints["outcome_on"]) <= cut["y6"])
    blocked |= set(complaints.loc[~ended, "case_number"])
    blocked |= set(tables["session_notes"].loc[_waits(tables), "case_number"])
    return set(clients.loc[fine, "case_number"]) - blocked


def _waits(tables: dict[str, pd.DataFrame]) -> pd.Series[Any]:
    notes, records = tables["session_notes"], tables["case_records"]
    good = records.loc[_day(records["dated_on"]).notna() & (records["author_id"].fillna("") != ""), "record_id"]
    return notes["disposition"].isin(["to_summarise", "summarised"]) & ~notes["summary_id"].isin(good)


def _alone(tables: dict[str, pd.DataFrame], due: set[str], cut: dict[str, Any]) -> list[pd.DataFrame]:
    notes, referrals, tests, feedback = (
        tables[name] for name in ("session_notes", "referrals", "test_results", "feedback")
    )
    resting = set(tables["disclosures"]["case_number"])
    resting |= set(tables["complaints"].loc[tables["complaints"]["status"] == "open", "case_number"])
    ended = _day(notes["session_ended"])
    note = ((notes["disposition"] == "not_required") & (ended <= cut["d2"])) | (
        notes["disposition"].isin(["to_summarise", "summarised"]) & (ended <= cut["d7"]) & ~_waits(tables)
    )
    untaken = referrals["outcome"].isin(["no_show", "declined", "waiting"]) & (referrals["concern"] == 0)
    taken, told = _day(tests["taken_on"]), _day(tests["feedback_on"])
    return [
        notes[note & ~notes["case_number"].isin(due | resting)],
        referrals[untaken & (_day(referrals["outcome_on"]) <= cut["m12"]) & ~referrals["case_number"].isin(due)],
        tests[(taken <= cut["m18"]) & ~(told > cut["m18"]) & ~tests["case_number"].isin(due)],
        feedback[
            feedback["case_number"].notna()
            & (_day(feedback["received_on"]) <= cut["m12"])
            & ~feedback["case_number"].isin(due)
        ],
    ]
