"""The stores that the generator writes."""

from __future__ import annotations

import csv
import email
import email.policy
import hashlib
import sys
from collections.abc import Callable
from datetime import datetime

import docx
import openpyxl
import pypdf

from synthetic.bundle import MARKED
from synthetic.names import FAMILY, GIVEN_MEN, GIVEN_WOMEN, HOUSEHOLDS
from synthetic.people import AREAS, ETHNICITIES, SOURCES
from synthetic.tables import IN_ORDER
from synthetic.words import (
    ACTIONS,
    ADDITIONAL,
    COMMENTS,
    COMPLAINTS,
    GRAVE,
    GRAVE_WORDS,
    LETTERS,
    NOTES,
    REASONS,
    SUMMARIES,
)
from tests.unit.synthetic.conftest import Charity

PREFIX = "Zyx"


def digests(charity: Charity) -> dict[str, str]:
    files = sorted(path for path in charity.folder.rglob("*") if path.is_file())
    result = {str(path.relative_to(charity.folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}
    result |= {table: hashlib.sha256(repr(charity.rows(table)).encode()).hexdigest() for table in charity.tables()}
    return result


def test_same_seed_same_charity(charity: Charity, another: Callable[..., Charity]) -> None:
    """The same seed, day and number give the same rows and the same bytes in every file."""
    assert digests(another()) == digests(charity)


def test_another_seed_another_charity(charity: Charity, another: Callable[..., Charity]) -> None:
    """Another seed gives other people."""
    assert digests(another(seed=8))["clients"] != digests(charity)["clients"]


def test_references_hold(charity: Charity) -> None:
    """No row refers to a record that is not there, linked cases included."""
    assert charity.query("PRAGMA foreign_key_check") == []
    orphans = "SELECT 1 FROM clients WHERE linked_case NOT IN (SELECT case_number FROM clients)"
    assert charity.query(orphans) == []


def test_one_cascade(charity: Charity) -> None:
    """Deleting a session takes its notes along, and this is the only cascade."""
    cascades = [
        (table, key["from"])
        for table in charity.tables()
        for key in charity.query(f"PRAGMA foreign_key_list({table})")
        if key["on_delete"] == "CASCADE"
    ]
    assert cascades == [("session_notes", "session_id")]


def test_clients_make_up_the_number(charity: Charity) -> None:
    """Everyday clients fill up the number asked for."""
    assert len(charity.rows("clients")) == charity.key.clients == 330


def test_dirty_dates_arrive(charity: Charity) -> None:
    """Every kind of dirt stands in the date columns, and one result's date is truly an integer."""
    dirt = {"", "0000-00-00", "31/02/2020", "12/01/2026", "1700000000"}
    for table, column in (("clients", "date_of_birth"), ("clients", "closed_on"), ("session_notes", "session_ended")):
        assert dirt <= {row[column] for row in charity.rows(table)}
    assert 1700000000 in {row["taken_on"] for row in charity.rows("test_results")}


def test_enquiries_have_quirks(charity: Charity) -> None:
    """The web form's export has a byte-order mark, blank rows, three date styles, a twin number and a total line."""
    raw = (charity.folder / "enquiries.csv").read_bytes()
    assert raw.startswith(b"\xef\xbb\xbfenquiry_id,")
    assert raw.endswith(b"Total,,,,123\r\n")
    rows = list(csv.reader(raw.decode("utf-8-sig").splitlines()))
    assert [] in rows
    assert [""] * 6 in rows
    handled = [row[4] for row in rows[1:-1] if len(row) == 6]
    for form in ("%Y-%m-%d", "%d/%m/%Y", "%d %B %Y"):
        assert sum(_reads(text, form) for text in handled) > 5
    keys = [row[0] for row in rows[1:-1] if len(row) == 6 and row[0]]
    assert len(keys) - len(set(keys)) == 1


def _reads(text: str, form: str) -> bool:
    try:
        datetime.strptime(text, form)
    except ValueError:
        return False
    return True


def test_workbook_mixes_dates(charity: Charity) -> None:
    """The workbook has true date cells in most rows and dates as text in some."""
    book = openpyxl.load_workbook(charity.folder / "people.xlsx")
    assert book.sheetnames == ["Volunteers", "DBS", "Acceptances"]
    cells = [row[4] for row in book["Acceptances"].iter_rows(min_row=2, values_only=True)]
    true_dates = sum(isinstance(cell, datetime) for cell in cells)
    assert len(cells) > true_dates > len(cells) / 2


def test_documents_can_be_read(charity: Charity) -> None:
    """Each document opens with the ordinary library for its form, and has text in it."""
    seen = set()
    for path in sorted((charity.folder / "documents").rglob("*.*")):
        seen.add(path.suffix)
        if path.suffix == ".docx":
            text = "\n".join(paragraph.text for paragraph in docx.Document(str(path)).paragraphs)
        elif path.suffix == ".pdf":
            text = pypdf.PdfReader(path).pages[0].extract_text()
        elif path.suffix == ".eml":
            text = email.message_from_bytes(path.read_bytes(), policy=email.policy.default).get_content()
        else:
            text = path.read_text(encoding="utf-8")
        assert len(text) > 30
    assert seen == {".docx", ".pdf", ".eml", ".txt"}


def test_shelves_hold_due_files(charity: Charity) -> None:
    """Paper and hosted items of due clients are in their stores, some of them taken out by a named holder."""
    for name in ("paper", "hosted"):
        with (charity.folder / f"{name}.csv").open(encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file))
        due = {row.key for row in charity.key.rows() if row.store == name}
        assert due < {row["item_id"] for row in rows}
        assert all(row["holder"] for row in rows)


def test_grave_words_only_where_planted() -> None:
    """The ordinary texts hold no word that makes a reader stop; each grave text holds one."""
    for bank in (ACTIONS, ADDITIONAL, COMMENTS, COMPLAINTS, LETTERS, NOTES, REASONS, SUMMARIES):
        assert [text for text in bank if GRAVE_WORDS.search(text)] == []
    assert [text for text in GRAVE.values() if not GRAVE_WORDS.search(text)] == []


def test_names_are_not_category_words() -> None:
    """No name is also a word of an area, an ethnicity or a source, and the lists are as long as promised."""
    words = {
        word.casefold()
        for label in (*(area for area, _ in AREAS), *(e for e, _ in ETHNICITIES), *(s for s, _ in SOURCES))
        for word in label.replace(",", "").split()
    }
    names = [name.casefold() for name in (*GIVEN_WOMEN, *GIVEN_MEN, *FAMILY, *HOUSEHOLDS)]
    assert not words & set(names)
    assert len({name.casefold() for name in (*GIVEN_WOMEN, *GIVEN_MEN)}) == len(GIVEN_WOMEN) + len(GIVEN_MEN) >= 150
    assert len({name.casefold() for name in FAMILY}) == len(FAMILY) >= 250


def test_canaries_sit_everywhere_and_change_no_finding(charity: Charity, another: Callable[..., Charity]) -> None:
    """With a canary every name, contact and free text of every store carries it, and the key stays the same."""
    marked = another(canary=PREFIX)
    assert list(marked.key.rows()) == list(charity.key.rows())
    for name, table in IN_ORDER:
        for row in marked.rows(table.name):
            columns = (*MARKED.get(name, ()), *(("given_name", "family_name") if name == "client" else ()))
            assert [column for column in columns if row[column] and PREFIX not in row[column]] == []
    assert all(PREFIX in row["payload"] for row in marked.rows("tmp_import_2019"))
    with (marked.folder / "enquiries.csv").open(encoding="utf-8-sig", newline="") as file:
        enquiries = [each for each in csv.reader(file) if len(each) == 6 and each[0]][1:]
    assert all(PREFIX in each[column] for each in enquiries for column in (1, 2, 5))
    people = openpyxl.load_workbook(marked.folder / "people.xlsx")["Volunteers"].iter_rows(min_row=2, values_only=True)
    assert all(PREFIX in str(row[1]) and PREFIX in str(row[5]) for row in people)
    assert all(PREFIX in path.read_text() for path in (marked.folder / "documents").rglob("*.txt"))


def test_progress_and_flat_memory(another: Callable[..., Charity]) -> None:
    """Progress counts up to the end, and the later thousands of clients leave no more behind than the earlier ones."""
    told: list[tuple[int, int]] = []
    another(clients=6500, progress=lambda clients: told.append((clients, sys.getallocatedblocks())))
    assert [clients for clients, _ in told] == [1000, 2000, 3000, 4000, 5000, 6000, 6500]
    blocks = [count for _, count in told]
    # A thousand clients have far more than a hundred thousand blocks of rows.
    assert min(blocks[3:6]) - min(blocks[:3]) < 100_000
