"""What a ledger in MariaDB needs beyond the tests of every engine: whole texts, distinct keys, half-made tables."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from sqlalchemy import Connection, Engine, event, text

from connectors.engines import engine
from connectors.ledger import census, log, runs, sifts
from connectors.ledger.base import Ledger, open_ledger, reading, require_mariadb, writing
from connectors.ledger.migrate import upgrade
from connectors.ledger.tables import metadata
from rules.errors import BadInput, StoreUnavailable
from tests.integration.ledger.conftest import AT, due, sifted

LOOKALIKES = ["k", "K", "k ", "k\t", "ḱ", "k\u0301", "k\0", "𝓀"]
DAY = date(2026, 9, 1)
COLUMNS = """
    SELECT table_name, column_name, column_type, collation_name FROM information_schema.columns
    WHERE table_schema = DATABASE() ORDER BY 1, 2
"""


@pytest.fixture
def url(fresh_mariadb: str) -> str:
    """An empty database whose own defaults would not do."""
    with engine(fresh_mariadb).connect() as connection:
        connection.exec_driver_sql("ALTER DATABASE CHARACTER SET latin1 COLLATE latin1_general_ci")
    return fresh_mariadb


@pytest.fixture
def ledger(url: str) -> Ledger:
    return open_ledger(url)


def test_every_column_holds_any_text_whole_and_tells_all_texts_apart(ledger: Ledger) -> None:
    with reading(ledger) as connection:
        columns = connection.exec_driver_sql(COLUMNS).all()
        engines = connection.exec_driver_sql(
            "SELECT DISTINCT engine FROM information_schema.tables WHERE table_schema = DATABASE()"
        )
        assert list(engines.scalars()) == ["InnoDB"]
    assert {row[3] for row in columns} == {None, "utf8mb4_nopad_bin"}
    assert not [row for row in columns if row[2] in ("text", "blob", "mediumtext", "tinytext")]
    assert {row[0] for row in columns} == {*metadata.tables, "alembic_version"}


def test_keys_that_look_alike_stay_different_records(ledger: Ledger) -> None:
    sift = sifted(ledger, *map(due, LOOKALIKES))
    for key in LOOKALIKES:
        assert sifts.with_finding(ledger, sift, "casework", "session_note", [key]) == {key}
    assert [one.finding.key for one in sifts.iterate(ledger, sift)] == LOOKALIKES


def test_one_record_is_settled_once_however_long_its_key_is(ledger: Ledger) -> None:
    """The key of a document is its whole path, longer than any index of InnoDB."""
    long = "folder/" * 600
    sift = sifted(ledger, due(long + "a"), due(long + "b"), finished=False)
    with pytest.raises(StoreUnavailable):
        sifts.add_findings(ledger, sift, [due(long + "b")])
    assert sifts.with_finding(ledger, sift, "casework", "session_note", [long + "a", long + "c"]) == {long + "a"}


def test_nothing_is_cut_to_what_fits(ledger: Ledger) -> None:
    large = due("large", subject="S" * 70_000, fact="é" * 70_000)
    sift = sifted(ledger, large)
    assert [one.finding for one in sifts.iterate(ledger, sift)] == [large]
    digests = frozenset(n.to_bytes(8, "big") for n in range(20_000))
    census.keep(ledger, census.Census("s", "c", AT, 0, "ab", 20_000, digests))
    kept = census.find(ledger, "s", "c")
    assert kept is not None
    assert kept.digests == digests
    with pytest.raises(StoreUnavailable):
        sifts.add_findings(ledger, sift, [replace(large, class_name="c" * 256)])
    assert log.append(ledger, [b"\0'\\%s\xff" * 20_000]) == 0
    assert list(log.read_leaves(ledger)) == [(0, b"\0'\\%s\xff" * 20_000)]


def test_a_statement_that_changes_nothing_still_counts_the_rows_it_found(ledger: Ledger) -> None:
    """A lease that is prolonged to the same instant is not lost."""
    sift = sifted(ledger, due("a"))
    with writing(ledger) as connection:
        connection.execute(
            text("INSERT INTO proposal VALUES ('p', :sift, '', '', 1, '2026-09-01', '', '')"), {"sift": sift}
        )
        runs.create_run(connection, runs.Run("r", "p", runs.APPROVED, DAY, "", "", AT, AT, "", "{}", 0), [])
    assert runs.claim(ledger, "r", "me", AT, AT)
    assert [runs.prolong(ledger, "r", "me", AT) for _ in range(2)] == [True, True]
    assert not runs.prolong(ledger, "r", "somebody", AT)


def test_who_reads_cannot_write_and_sees_one_moment(ledger: Ledger) -> None:
    with reading(ledger) as connection:
        assert log.read_head(connection).size == 0
        log.append(ledger, [b"one"])
        assert log.read_head(connection).size == 0
    with pytest.raises(StoreUnavailable), reading(ledger) as connection:
        connection.exec_driver_sql("DELETE FROM leaf")
    assert log.read_head(ledger).size == 1


def test_who_writes_sees_what_others_committed_since(ledger: Ledger) -> None:
    """Otherwise a lost race for the head of the log would be lost for ever."""
    with writing(ledger) as connection:
        assert log.read_head(connection).size == 0
        log.append(ledger, [b"one"])
        assert log.append(connection, [b"two"]) == 1
    assert [data for _, data in log.read_leaves(ledger)] == [b"one", b"two"]


class _Killed(Exception):
    pass


def _upgrade_until(made: Engine, number: int) -> bool:
    """Upgrade, and die before that many changes of tables or rows; say whether the end was reached."""
    left = [number]

    def count(_at: Connection, _cursor: object, statement: str, *_: object) -> None:
        left[0] -= statement.split(None, 1)[0] in ("CREATE", "ALTER", "INSERT", "UPDATE")
        if left[0] < 0:
            raise _Killed

    event.listen(made, "before_cursor_execute", count)
    try:
        upgrade(made)
    except _Killed:
        return False
    finally:
        event.remove(made, "before_cursor_execute", count)
    return True


def _shape(connection: Connection) -> dict[str, str]:
    names = [str(name) for name in connection.exec_driver_sql("SHOW TABLES").scalars()]
    return {name: str(connection.exec_driver_sql(f"SHOW CREATE TABLE `{name}`").one()[1]) for name in names}


def test_tables_that_a_kill_left_half_made_are_finished_by_the_next_opening(url: str) -> None:
    """Whatever a revision had come to, as MariaDB takes no CREATE or ALTER back."""
    made = engine(url, destroying=True, ledger=True)
    upgrade(made)
    with made.connect() as connection:
        whole = _shape(connection)
        connection.exec_driver_sql("SET foreign_key_checks = 0")
        for name in whole:
            connection.exec_driver_sql(f"DROP TABLE `{name}`")
    number, deaths, reached = 0, 0, ""
    while not _upgrade_until(made, number):
        deaths, number = deaths + 1, number + 1
        with made.connect() as connection:
            tables = connection.exec_driver_sql("SHOW TABLES").scalars().all()
            at = connection.exec_driver_sql("SELECT MAX(version_num) FROM alembic_version") if tables else None
            now = str(at.scalar() or "") if at else ""
        if now != reached:  # a revision is behind us, so the next attempt begins with another
            number, reached = 0, now
    assert deaths > len(metadata.tables)
    with made.connect() as connection:
        assert _shape(connection) == whole
    assert log.read_head(open_ledger(url)).size == 0


def test_why_the_database_failed_is_told_by_its_own_number(ledger: Ledger) -> None:
    """Its SQLSTATE is HY000 for nearly everything; 1406 says that a value is too long for its column."""
    with pytest.raises(StoreUnavailable, match="1406"):
        sifted(ledger, replace(due("k"), class_name="c" * 256))
    with pytest.raises(StoreUnavailable, match="has it locked"):
        _contend(ledger)


def _contend(ledger: Ledger) -> None:
    with writing(ledger) as one, writing(ledger) as two:
        two.exec_driver_sql("SET SESSION innodb_lock_wait_timeout = 1")
        for connection in (one, two):
            connection.exec_driver_sql("UPDATE head SET size = 1")


def test_a_server_is_what_it_says_of_itself_not_what_the_url_calls_it(url: str) -> None:
    """MariaDB may be called mysql:// in a URL; one that is too old is refused, as MySQL is."""
    ledger = open_ledger(url.replace("mariadb+pymysql", "mysql"))
    assert ledger.engine.dialect.name == "mariadb"
    ledger.engine.dialect.server_version_info = (10, 5, 29)
    with pytest.raises(BadInput, match="cannot be kept on this server"):
        require_mariadb(ledger.engine)
