"""What is done and found when a run is closed: traces, mentions, paper, packs, and the auditor's pack."""

from __future__ import annotations

import json
import os
import zipfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from connectors.ledger import proposals
from connectors.stores.documents import DocumentStore
from connectors.stores.sql import SqlStore
from console.searching import absence
from operations.absence import look_for
from operations.destroy import Destroyed, confirm
from operations.packs import end_packs
from operations.review import write_pack
from operations.sift import sift
from rules.errors import BadInput, StoreUnavailable
from tests.integration.operations.conftest import APPROVER, MANAGER, leaves, passphrase
from tests.integration.operations.destroying_world import (  # noqa: F401
    APPROVED,
    COOLED,
    World,
    after,
    approved,
    before,
    raising,
    verified,
    world,
)

one_engine = pytest.mark.parametrize("world", ["sqlite"], indirect=True)
PAPER = {"standard": "DIN-66399-P-4", "contractor": "Shred & Sons Ltd", "receipt": "4711"}


def signed(world: World, name: str, counted: int | None = None, **more: str) -> Destroyed:  # noqa: F811
    """Sign the work list of paper."""
    day = COOLED.date()
    return confirm(world.project, world.run, "paper", name, passphrase(name), "cross-cut", day, counted=counted, **more)


def checks(world: World, beginning: str) -> dict[str, tuple[str, int, int]]:  # noqa: F811
    """What the log says of checks of a kind, by place: method, looked for, found."""
    said = [leaf for leaf in leaves(world.project) if leaf["type"] == "verify" and leaf["method"].startswith(beginning)]
    return {leaf["store"]: (leaf["method"], leaf["checked"], leaf["remaining"]) for leaf in said}


def with_exports(world: World) -> World:  # noqa: F811
    """The world with a folder of exports, a scan that nobody can read and a letter that mentions somebody."""
    folder = world.project.folder
    (folder / "exports").mkdir()
    (folder / "exports" / "board report.csv").write_text("number,what\ncase-1,closed\n")
    (folder / "exports" / "CASE-2 summary.txt").write_text("nothing")
    (folder / "exports" / "other.txt").write_text("CASE-11 and XCASE-2 are other people")
    (folder / "documents" / "CASE-4_letter_2026-02-05.txt").write_text("She came with a friend, see CASE-1.")
    (folder / "documents" / "CASE-4_scan_2026-02-05.pdf").write_bytes(b"%PDF-1.4 a picture")
    world.run_sql("INSERT INTO sessions VALUES ('SESSION-8', 'CASE-4', 'moved from CASE-2')")
    settings = replace(world.project.settings, exports={"exports-1": folder / "exports"})
    return replace(world, project=replace(world.project, settings=settings))


@one_engine
def test_mentions_are_counted_in_place_and_never_touched(world: World) -> None:  # noqa: F811
    """Records and files of others that name what went are told by place; no text leaves, and none is changed."""
    here = with_exports(world)
    here.destroy()
    here.sign(MANAGER)
    done = here.sign(APPROVER)
    assert done.absence is not None
    assert {(one.place, one.class_name): one.count for one in done.absence.found} == {
        ("casework", "session"): 1,
        ("documents", "document"): 1,
        ("exports-1", "file"): 2,
    }
    missed = {"backups", "documents-unreadable-files", "paper"}
    assert set(done.absence.not_searched) == missed
    (closing,) = [leaf for leaf in leaves(here.project) if leaf["type"] == "run-closed"]
    assert set(closing["not_searched"]) == missed
    assert (
        checks(here, "absence-search")
        == {
            "casework": ("absence-search", 12, 1),
            "documents": ("absence-search", 12, 1),
            "exports-1": ("absence-search", 12, 2),
            "output-folder": ("absence-search", 12, 0),
            "paper": ("absence-search", 12, 0),
        }
        or checks(here, "absence-search")["casework"][2] == 1
    )
    assert "see CASE-1" in (here.project.folder / "documents" / "CASE-4_letter_2026-02-05.txt").read_text()
    assert sift(here.project, COOLED.date()).proposal.count == 0
    assert done.certified is not None
    assert "4 records or files still mention" in done.certified.html.read_text()
    assert verified(here, done)


def with_names(world: World) -> World:  # noqa: F811
    """The world with names of those who go in records and files of others, some of them perhaps namesakes."""
    here = with_exports(world)
    folder = here.project.folder
    (folder / "exports" / "Cy Cedar.txt").write_text("nothing")
    (folder / "documents" / "CASE-4_note_2026-02-05.txt").write_text(
        "She came with ASH, Ann\u00e9 and Ben from Birch Road."
    )
    here.run_sql("INSERT INTO clients VALUES ('CASE-9', 'Ben Birch', NULL, 'open')")
    return here


def missed(world: World) -> set[str]:  # noqa: F811
    """Codes of names that were not looked for, as the log says when it closes the run."""
    (closing,) = [leaf for leaf in leaves(world.project) if leaf["type"] == "run-closed"]
    return {one for one in closing["not_searched"] if "names" in one}


@one_engine
def test_only_what_we_wrote_ourselves_goes_unsearched(world: World) -> None:  # noqa: F811
    """A client's own certificate among the exports is found, whatever its name; packs that go at once are not told."""
    here = with_exports(world)
    out, exports = here.project.settings.out, here.project.folder / "exports"
    (exports / "certificate-of-attendance.txt").write_text("CASE-1 was there")
    (exports / "evidence-for-court.txt").write_text("about CASE-2")
    out.mkdir(exist_ok=True)
    (out / "review-pack-proposal-2026-08-01-1.html").write_text("CASE-1")
    (out / "certificate-of-thanks.txt").write_text("CASE-1")
    here.destroy()
    here.sign(MANAGER)
    done = here.sign(APPROVER)
    assert done.absence is not None
    found = {one.place: one.count for one in done.absence.found if one.class_name == "file"}
    assert found == {"exports-1": 2 + 2, "output-folder": 1}


@one_engine
def test_names_of_who_went_are_looked_for_while_they_are_known(world: World) -> None:  # noqa: F811
    """Possible mentions are told by place and count when the records have gone; no name is kept anywhere of ours."""
    here = with_names(world)
    first = here.destroy()
    assert first.names is not None
    assert {(one.place, one.class_name): one.count for one in first.names.found} == {
        ("casework", "client"): 1,
        ("documents", "document"): 1,
        ("exports-1", "file"): 1,
    }
    here.sign(MANAGER)
    done = here.sign(APPROVER)
    assert checks(here, "name-search")["casework"] == ("name-search", 3, 1)
    assert missed(here) == set()
    assert done.certified is not None
    assert "3 records or files bear a name" in done.certified.html.read_text()
    assert verified(here, done)
    assert sift(here.project, COOLED.date()).proposal.count == 0
    ours = [path for path in here.project.folder.rglob("*") if path.is_file() and "exports" not in path.parts]
    theirs = {"casework.db", "CASE-4_note_2026-02-05.txt"}
    assert not [path for path in ours if path.name not in theirs and b"birch" in path.read_bytes().lower()]


@one_engine
def test_a_run_that_was_cut_off_says_that_names_were_not_looked_for(
    world: World,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The names are gone with the process; the certificate claims no search for them."""
    after(monkeypatch, SqlStore, raising(RuntimeError("cut off")))
    with pytest.raises(RuntimeError):
        world.destroy()
    assert world.destroy(hours=1).names is None
    world.sign(MANAGER)
    done = world.sign(APPROVER)
    assert checks(world, "name-search") == {}
    assert missed(world) == {"names"}
    assert done.certified is not None
    page = done.certified.html.read_text()
    assert "Names of people were not looked for." in page
    assert "<li>names of people</li>" in page


@one_engine
def test_names_are_looked_for_before_a_store_out_of_order_stops_the_run(
    world: World,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """What has gone by then is known to this process only; the place that could not be searched is named."""
    here = with_names(world)
    before(monkeypatch, DocumentStore, raising(StoreUnavailable("the folder is away")))
    away = here.project.folder / "documents"
    before(monkeypatch, DocumentStore, lambda: away.rename(away.with_name("away")))
    with pytest.raises(StoreUnavailable):
        here.destroy()
    away.with_name("away").rename(away)
    here.destroy(hours=1)
    here.sign(MANAGER)
    here.sign(APPROVER)
    assert checks(here, "name-search")["casework"] == ("name-search", 3, 1)
    assert missed(here) == {"documents-names"}


@one_engine
def test_a_number_is_looked_for_at_any_time(world: World, capsys: pytest.CaptureFixture[str]) -> None:  # noqa: F811
    """The verb tells places and counts, ends with 1 where something is found, and shows no text."""
    folder = world.project.folder
    assert absence(["case-4"], project=folder, as_json=True) == 1
    told = json.loads(capsys.readouterr().out)["absence"]
    assert {(one["place"], one["class_name"]): one["count"] for one in told["found"]} == {
        ("casework", "client"): 1,
        ("casework", "session"): 1,
        ("casework", "test_result"): 1,
        ("documents", "document"): 1,
        ("paper", "paper"): 1,
    }
    assert absence(["CASE-77"], project=folder) == 0
    said = capsys.readouterr().out
    assert "Nothing there mentions one." in said
    assert "Not searched: backups, paper." in said
    for few in (["A1"], []):
        with pytest.raises(BadInput):
            look_for(world.project, few)
    with pytest.raises(BadInput, match="no terminal"):
        absence(None, project=folder)
    assert absence(["CASE-4"], project=folder) == 1
    assert "Dear all" not in capsys.readouterr().out


def test_traces_are_cleared_as_far_as_the_engine_can(world: World) -> None:  # noqa: F811
    """SQLite has overwritten them; of PostgreSQL the certificate says that some may remain."""
    world.destroy()
    signed(world, MANAGER)
    done = signed(world, APPROVER)
    clear = world.url.startswith("sqlite")
    method = "residue-overwritten" if clear else "residue-vacuumed"
    assert checks(world, "residue-") == {"casework": (method, 8, 0 if clear else 8)}
    assert done.certified is not None
    page = done.certified.html.read_text()
    assert ("row deleted, traces cleared" in page, "row deleted, traces may remain" in page) == (clear, not clear)


@one_engine
def test_how_paper_went_is_signed_and_shown(world: World) -> None:  # noqa: F811
    """The size it was cut to, the firm and its certificate are signed by both people and stand on the certificate."""
    world.destroy()
    with pytest.raises(BadInput) as wrong:
        signed(world, MANAGER, 2, standard="P 4", receipt="no 1", contractor="\u202egnp")
    assert [problem.key for problem in wrong.value.problems] == ["standard", "receipt", "contractor"]
    signed(world, MANAGER, 2, **PAPER)
    done = signed(world, APPROVER, 2, **PAPER)
    said: list[Any] = [leaf for leaf in leaves(world.project) if leaf["type"] == "confirmation"]
    assert [{name: leaf[name] for name in PAPER} for leaf in said] == [PAPER, PAPER]
    assert done.certified is not None
    page = done.certified.html.read_text()
    assert "cross-cut, to DIN-66399-P-4" in page
    assert "Shred &amp; Sons Ltd, 4711" in page
    assert verified(world, done)


@one_engine
def test_the_auditors_pack_is_one_file(world: World) -> None:  # noqa: F811
    """Policy, certificate in three forms, journal in plain English, log and program lie in one verified file."""
    world.destroy()
    world.sign(MANAGER)
    done = world.sign(APPROVER)
    assert done.certified is not None
    with zipfile.ZipFile(done.certified.bundle) as bundle:
        names = set(bundle.namelist())
        journal = bundle.read("what-happened.html").decode()
        assert bundle.read("certificate.html") == done.certified.html.read_bytes()
        assert bundle.read("certificate.pdf") == done.certified.pdf.read_bytes()
    assert {"schedule.yaml", "certificate.json", "verify_winnow.py", "README.txt", "manifest", "checkpoint"} < names
    for said in (
        "The policy was adopted",
        "Somebody recommended",
        "Somebody else approved",
        "batch by batch",
        APPROVER,
    ):
        assert said in journal
    assert not [key for key in world.keys_of.values() if key in journal]
    assert verified(world, done)


@one_engine
def test_packs_go_with_their_review_and_with_what_they_name(world: World) -> None:  # noqa: F811
    """The pack of the run's review goes; that of an open review is made anew, or left to whoever has filled it in."""
    project = world.project
    (mine,) = [one.id for one in [proposals.latest(project.ledger)] if one]
    packs = [write_pack(project, mine)]
    other = sift(project, COOLED.date()).proposal.id
    packs.append(write_pack(project, other))
    copy = project.settings.out / f"review-pack-{mine} (my copy).xlsx"
    copy.write_bytes(packs[0].xlsx.read_bytes())
    world.destroy()
    world.sign(MANAGER)
    _age(packs[1].html, packs[1].xlsx)
    done = world.sign(APPROVER)
    assert set(done.packs.deleted) >= {packs[0].html.name, packs[0].xlsx.name, copy.name}
    assert not list(project.settings.out.glob("review-pack-*"))
    assert proposals.partly_forgotten(project.ledger) == [other]
    again = write_pack(project, other)
    _age(again.html)
    _age(again.xlsx, later=60)
    ended = end_packs(project)
    assert (ended.deleted, ended.left) == ((again.html.name,), (again.xlsx.name,))


def _age(*paths: Path, later: float = 0) -> None:
    for path in paths:
        os.utime(path, (APPROVED.timestamp() + later, APPROVED.timestamp() + later))
