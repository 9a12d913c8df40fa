"""Reading a filled-in review workbook: answers come back exactly, everything else is refused with its line."""

from __future__ import annotations

import os
import shutil
import subprocess
import zipfile
from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path

import pytest
from openpyxl import load_workbook

from connectors.pack_reader import PackAnswers, read_decisions
from connectors.safe_zip import check_archive
from reports.review_workbook import pack_xlsx
from rules.errors import BadInput, Problem
from rules.review import pack_form as form
from rules.review.values import REASONS
from tests.unit.connectors.filling import HEADING_LINE, answer, filled
from tests.unit.reports.sample_pack import HEADER, ITEMS, PACK

FIRST = HEADING_LINE + 1  # the line of the first record
OVER = REASONS["period-over"]


@pytest.fixture(scope="module")
def pack(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sample pack as a workbook, as it was written."""
    path = tmp_path_factory.mktemp("pack") / "pack.xlsx"
    pack_xlsx(PACK, path)
    return path


@pytest.fixture
def problems(pack: Path, tmp_path: Path) -> Callable[[str, int, dict[str, object]], tuple[Problem, ...]]:
    """Read the pack after one edit and return what it was refused for."""

    def refused(sheet: str, line: int, cells: dict[str, object]) -> tuple[Problem, ...]:
        path = filled(pack, tmp_path / "edited.xlsx", [(sheet, line, cells)])
        with pytest.raises(BadInput) as error:
            read_decisions(path)
        return error.value.problems

    return refused


def fill_like_a_person(pack: Path, target: Path) -> Path:
    """Answer three items and one group, one of each way of writing a date."""
    return filled(
        pack,
        target,
        [
            (form.ITEMS, FIRST, answer("destroy", OVER)),
            (form.ITEMS, FIRST + 2, answer("Keep until", "safeguarding", "asked the worker", datetime(2027, 9, 1))),
            (form.ITEMS, FIRST + 5, answer("hold", "legal-request", "=not a formula?", "1/9/2027")),
            (form.GROUPS, FIRST, answer("destroy", OVER)),
        ],
    )


def check_the_persons_answers(answers: PackAnswers) -> None:
    """Compare with what `fill_like_a_person` wrote."""
    assert (answers.pack_id, answers.proposal_hash) == (HEADER.pack_id, HEADER.proposal_hash)
    assert [(row.line, row.ordinal, row.decision, row.reason, row.note) for row in answers.rows] == [
        (4, 1, "destroy", "period-over", ""),
        (6, 3, "keep until", "safeguarding", "asked the worker"),
        (9, 6, "hold", "legal-request", "=not a formula?"),
    ]
    assert [row.review_again_on for row in answers.rows] == [None, date(2027, 9, 1), date(2027, 9, 1)]
    assert [row.digest for row in answers.rows] == [ITEMS[place].digest for place in (0, 2, 5)]
    assert [(row.line, row.number, row.rule, row.decision) for row in answers.groups] == [
        (4, 2, "client-file", "destroy")
    ]
    assert answers.unanswered == 3


def test_an_untouched_pack_says_nothing(pack: Path) -> None:
    """A pack that nobody filled in reads as no decisions at all: silence keeps."""
    answers = read_decisions(pack)
    assert (answers.rows, answers.groups, answers.unanswered) == ((), (), len(ITEMS))


def test_answers_come_back(pack: Path, tmp_path: Path) -> None:
    """What a person chose, by words or by code, comes back with line, ordinal and digest."""
    check_the_persons_answers(read_decisions(fill_like_a_person(pack, tmp_path / "filled.xlsx")))


@pytest.mark.slow
def test_answers_survive_libreoffice(pack: Path, tmp_path: Path) -> None:
    """LibreOffice may open and save the filled-in workbook: every answer and every row check is still there."""
    soffice = shutil.which("soffice")
    if soffice is None:
        assert "CI" not in os.environ, "CI must have LibreOffice"
        pytest.skip("soffice is not installed")
    source = fill_like_a_person(pack, tmp_path / "filled.xlsx")
    profile = f"-env:UserInstallation={(tmp_path / 'profile').as_uri()}"
    subprocess.run(
        [soffice, profile, "--headless", "--convert-to", "xlsx:Calc MS Excel 2007 XML", "--outdir", "saved", source],
        cwd=tmp_path,
        check=True,
        capture_output=True,
        timeout=120,
    )
    saved = tmp_path / "saved" / "filled.xlsx"
    assert saved.read_bytes() != source.read_bytes()
    check_the_persons_answers(read_decisions(saved))


@pytest.mark.parametrize(
    ("heading", "value"),
    [
        (form.NUMBER, 2),
        (form.NUMBER, None),
        (form.NUMBER, "one"),
        (form.KEY, "C-9999"),
        (form.CLASS, "session_note"),
        (form.STORE, "people"),
        (form.RULE, "client-file"),
        (form.DUE_ON, datetime(2020, 1, 1)),
        (form.DUE_ON, "soon"),
        (form.DIGEST, "0" * 64),
        (form.DIGEST, None),
    ],
)
def test_a_changed_row_is_refused_with_its_line(
    problems: Callable[..., tuple[Problem, ...]], heading: str, value: object
) -> None:
    """A locked cell that was changed is found, and the line is named; the value is not repeated."""
    (problem,) = problems(form.ITEMS, FIRST, {heading: value})
    assert (problem.file, problem.line) == ("edited.xlsx", FIRST)
    assert "row was changed" in problem.what
    assert "C-9999" not in str(problem)


@pytest.mark.parametrize(("heading", "value"), [(form.RULE, "notes"), (form.RECORDS, 400), (form.READ_COUNT, 0)])
def test_a_changed_group_is_refused_with_its_line(
    problems: Callable[..., tuple[Problem, ...]], heading: str, value: object
) -> None:
    """A group can't be made to cover another rule, or more records, than the pack says."""
    (problem,) = problems(form.GROUPS, FIRST, {heading: value})
    assert (problem.line, "row was changed" in problem.what) == (FIRST, True)


def test_rows_of_a_stale_pack_are_refused(pack: Path, tmp_path: Path) -> None:
    """Rows pasted under the name of another pack or proposal are refused, every one with its line."""
    book = load_workbook(pack)
    sheet = book[form.READ_ME]
    for row in sheet.iter_rows(max_col=2):
        if row[0].value == form.PROPOSAL_HASH:
            row[1].value = "00" * 32
    book.save(tmp_path / "stale.xlsx")
    with pytest.raises(BadInput) as error:
        read_decisions(tmp_path / "stale.xlsx")
    assert [problem.line for problem in error.value.problems] == [4, 5, *range(4, 10)]


def test_a_row_that_is_there_twice_is_refused(pack: Path, tmp_path: Path) -> None:
    """A copied row can't carry a second answer for the same record."""
    book = load_workbook(pack)
    sheet = book[form.ITEMS]
    sheet.append([cell.value for cell in sheet[FIRST]])
    book.save(tmp_path / "twice.xlsx")
    with pytest.raises(BadInput, match=r"twice\.xlsx:10.*there twice"):
        read_decisions(tmp_path / "twice.xlsx")


@pytest.mark.parametrize(
    ("cells", "what"),
    [
        (answer("burn", OVER), "decision is none of the list"),
        (answer("=1+1", OVER), "decision is none of the list"),
        (answer("destroy", None), "reason is missing"),
        (answer("destroy", "because"), "reason is none of the list"),
        (answer(None, OVER), "no decision"),
        (answer("keep until", "still-needed"), "needs a date"),
        (answer("keep until", "still-needed", None, "31/02/2027"), "date cannot be read"),
        (answer("keep until", "still-needed", None, 1700000000), "date cannot be read"),
        (answer("destroy", OVER, None, datetime(2027, 1, 1)), "nothing is kept"),
        (answer("destroy", OVER, "x" * 2001), "note is longer"),
    ],
)
def test_a_wrong_answer_is_refused_with_its_line(
    problems: Callable[..., tuple[Problem, ...]], cells: dict[str, object], what: str
) -> None:
    """An answer that can't be meant is refused: line, sheet and column are named."""
    (problem,) = problems(form.ITEMS, FIRST + 1, cells)
    assert what in problem.what
    assert (problem.line, problem.key.startswith("sheet Items, column ")) == (FIRST + 1, True)


def test_every_problem_is_said_at_once(pack: Path, tmp_path: Path) -> None:
    """Ten mistakes give ten problems, not the first of them."""
    edits: list[tuple[str, int, dict[str, object]]] = [
        (form.ITEMS, FIRST, {form.KEY: "forged", **answer("burn", None)}),
        (form.ITEMS, FIRST + 1, answer("keep until", "nonsense", None, "soon")),
        (form.ITEMS, FIRST + 2, answer(None, OVER)),
        (form.GROUPS, FIRST, {form.RULE: "other", **answer("destroy", None)}),
        (form.GROUPS, FIRST + 1, answer("keep until", OVER)),
    ]
    with pytest.raises(BadInput) as error:
        read_decisions(filled(pack, tmp_path / "wrong.xlsx", edits))
    assert sorted((problem.key.split(",")[0], problem.line) for problem in error.value.problems) == [
        ("sheet Groups", 4),
        ("sheet Groups", 4),
        ("sheet Groups", 5),
        ("sheet Items", 4),
        ("sheet Items", 4),
        ("sheet Items", 4),
        ("sheet Items", 5),
        ("sheet Items", 5),
        ("sheet Items", 6),
    ]


def test_a_missing_sheet_or_column_is_named(pack: Path, tmp_path: Path) -> None:
    """A sheet that was deleted, or a heading that was changed, is named."""
    book = load_workbook(pack)
    del book[form.GROUPS]
    book.save(tmp_path / "sheet.xlsx")
    with pytest.raises(BadInput, match=r"sheet Groups: the sheet is missing"):
        read_decisions(tmp_path / "sheet.xlsx")
    path = filled(pack, tmp_path / "heading.xlsx", [(form.ITEMS, HEADING_LINE, {form.DECISION: "My choice"})])
    with pytest.raises(BadInput, match=r"heading\.xlsx:3: sheet Items, column Decision: the column is missing"):
        read_decisions(path)


def zipped(path: Path, members: dict[str, bytes]) -> Path:
    """Write an archive."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return path


@pytest.mark.parametrize("content", [b"", b"not a zip", b"PK\x03\x04" + b"\0" * 60])
def test_what_is_no_workbook_is_refused(tmp_path: Path, content: bytes) -> None:
    """A file of another kind is refused by its name."""
    (tmp_path / "odd.xlsx").write_bytes(content)
    with pytest.raises(BadInput, match=r"odd\.xlsx: cannot be read"):
        read_decisions(tmp_path / "odd.xlsx")


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    """A file that is not there is bad input, not an error of ours."""
    with pytest.raises(BadInput, match=r"gone\.xlsx: cannot be read"):
        read_decisions(tmp_path / "gone.xlsx")


@pytest.mark.parametrize("member", ["[Content_Types].xml", "xl/workbook.xml", "xl/worksheets/sheet3.xml"])
@pytest.mark.parametrize("garbage", [b"", b"<a", b'<!DOCTYPE a [<!ENTITY b "bb">]><a>&b;</a>'])
def test_a_broken_workbook_is_refused(pack: Path, tmp_path: Path, member: str, garbage: bytes) -> None:
    """A workbook whose insides are broken, or hold entities that unfold, is refused without a traceback."""
    with zipfile.ZipFile(pack) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    with pytest.raises(BadInput):
        read_decisions(zipped(tmp_path / "broken.xlsx", {**members, member: garbage}))


def test_a_zip_bomb_is_not_opened(pack: Path, tmp_path: Path) -> None:
    """A workbook with a part of 100 million zeros is refused before it is unpacked."""
    with zipfile.ZipFile(pack) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    bomb = zipped(tmp_path / "bomb.xlsx", {**members, "xl/media/a.bin": bytes(100_000_000)})
    with pytest.raises(BadInput, match="200 times its size"):
        read_decisions(bomb)


def test_the_guard_knows_its_limits(tmp_path: Path) -> None:
    """The archive guard refuses too many bytes, too many parts and encryption, and lets an honest file pass."""
    path = zipped(tmp_path / "some.docx", {"a": os.urandom(5000)})
    check_archive(path)
    with pytest.raises(BadInput, match="unpacks to 5,000 bytes"):
        check_archive(path, max_total=4999)
    many = zipped(tmp_path / "many.docx", {str(number): b"" for number in range(5001)})
    with pytest.raises(BadInput, match="5,001 parts"):
        check_archive(many)
    raw = bytearray(path.read_bytes())
    raw[raw.index(b"PK\x01\x02") + 8] |= 1  # general purpose flag, bit 0 (APPNOTE 4.4.4)
    path.write_bytes(raw)
    with pytest.raises(BadInput, match="encrypted"):
        check_archive(path)
