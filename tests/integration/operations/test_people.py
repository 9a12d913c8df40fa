"""People, their keys, and the project that they work in."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from connectors import key_changes, keys
from connectors.ledger import log, people
from connectors.ledger.base import writing
from connectors.ledger.people import Person
from connectors.settings import FixedClock, read_settings
from operations.init import init_project
from operations.people import add_person, sign_in
from operations.project import Project, open_project
from rules.errors import BadInput, Refused
from rules.evidence.base64text import to_base64
from rules.evidence.checkpoint import open_checkpoint
from rules.review.authority import Role
from tests.integration.operations.conftest import APPROVER, AUDITOR, DPO, MANAGER, NOON, drbg, leaves, passphrase

BY = (MANAGER, passphrase(MANAGER))


def test_a_new_person_has_a_key_a_role_and_a_leaf(project: Project) -> None:
    who = add_person(project, "  Zoë   O’Neil ", "counsellor", "a long passphrase", [" W9", "W9", ""], ["C4"], BY)
    assert (who.name, who.slug, who.role, who.staff_ids) == ("Zoë O’Neil", "zoe-oneil", Role.COUNSELLOR, ("W9",))
    assert people.find_person(project.ledger, "zoe-oneil") == people.find_person(project.ledger, who.name) == who
    last = leaves(project)[-1]
    assert (last["type"], last["event"], last["officer"], last["key"]) == ("key", "added", who.name, who.public_key)
    signed = open_checkpoint(log.latest_checkpoint(project.ledger) or "", [project.log_signer().key], keys.verify)
    assert signed.size == len(leaves(project))


def test_after_the_adoption_an_officer_vouches_for_a_new_person_and_the_log_says_who(project: Project) -> None:
    """Nobody slips a second approver in; before the adoption the first officers come in by themselves."""
    size = len(leaves(project))
    with pytest.raises(Refused, match="an officer must vouch"):
        add_person(project, "Kim Doe", "approver", "a long passphrase")
    with pytest.raises(Refused, match="may not vouch"):
        add_person(project, "Kim Doe", "approver", "a long passphrase", voucher=(AUDITOR, passphrase(AUDITOR)))
    with pytest.raises(BadInput, match="does not open this key"):
        add_person(project, "Kim Doe", "approver", "a long passphrase", voucher=(DPO, passphrase(MANAGER)))
    assert len(leaves(project)) == size
    assert not (project.keys / "kim-doe.pem").exists()
    add_person(project, "Kim Doe", "approver", "a long passphrase", voucher=BY)
    told = [leaf.get("by") for leaf in leaves(project) if leaf["type"] == "key" and leaf["purpose"] == "officer"]
    assert told[-1] == MANAGER
    assert set(told[:-1]) == {None}


@pytest.mark.parametrize(("name", "event"), [("Eve Insider", "added"), (MANAGER, "rotated")])
def test_who_writes_an_officer_into_ledger_and_log_by_hand_signs_nothing(
    project: Project, name: str, event: str
) -> None:
    """The next checkpoint is signed over such an entry; what is missing is the signature of an officer before it."""
    made = keys.create_officer_key(project.keys, "insider", "a long passphrase", project.random)
    key, found = to_base64(made), people.find_person(project.ledger, name)
    with writing(project.ledger) as connection:
        if found is None:
            who = Person("insider", name, Role.MANAGER, key, project.now())
            people.add_person(connection, who)
        else:
            people.set_keys(connection, found.slug, public_key=key)
            (project.keys / "insider.pem").replace(project.keys / f"{found.slug}.pem")
        entry = {"type": "key", "event": event, "purpose": "officer", "officer": name, "role": "manager", "key": key}
        log.record(connection, [{**entry, "by": DPO}], project.now())
    project.sign_log()
    with pytest.raises(Refused, match="one that an officer signed for"):
        sign_in(project, name, "a long passphrase", "approve")


def test_the_dpo_alone_gets_a_key_to_which_runs_are_sealed(project: Project) -> None:
    assert [who.name for who in people.people(project.ledger) if who.sealing_key] == [DPO]


@pytest.mark.parametrize(
    ("name", "role", "secret"),
    [
        ("Kim Doe", "owner", "a long passphrase"),
        ("Kim Doe", "manager", "short"),
        ("Kim\nDoe;", "manager", "a long passphrase"),
        ("", "manager", "a long passphrase"),
        (DPO.upper(), "approver", "a long passphrase"),
    ],
)
def test_a_bad_name_role_or_passphrase_changes_nothing(project: Project, name: str, role: str, secret: str) -> None:
    before = sorted(project.keys.iterdir()), leaves(project)
    with pytest.raises(BadInput):
        add_person(project, name, role, secret, voucher=BY)
    assert (sorted(project.keys.iterdir()), leaves(project)) == before


def test_two_names_with_one_spelling_in_files_get_two_keys(project: Project) -> None:
    one, two = (
        add_person(project, name, "auditor", "a long passphrase", voucher=BY) for name in ("Zoe Hill", "Zoë Hill")
    )
    assert (one.slug, two.slug) == ("zoe-hill", "zoe-hill-2")
    assert add_person(project, "Log", "auditor", "a long passphrase", voucher=BY).slug == "log-2"


def test_a_key_that_lies_there_already_is_neither_used_nor_removed(project: Project) -> None:
    stray = project.keys / "kim-doe-sealing.pem"
    stray.write_text("somebody's")
    with pytest.raises(BadInput):
        add_person(project, "Kim Doe", "dpo", "a long passphrase", voucher=BY)
    assert stray.read_text() == "somebody's"
    assert not (project.keys / "kim-doe.pem").exists()
    assert people.find_person(project.ledger, "Kim Doe") is None


def test_nobody_signs_with_a_wrong_passphrase_or_beyond_their_role(project: Project) -> None:
    with pytest.raises(BadInput, match="does not open this key"):
        sign_in(project, APPROVER, passphrase(DPO), "approve")
    with pytest.raises(BadInput, match="no person"):
        sign_in(project, "Nobody", "x", "approve")
    with pytest.raises(Refused, match="may not approve"):
        sign_in(project, DPO, passphrase(DPO), "approve")
    with pytest.raises(Refused, match="may not place a hold"):
        sign_in(project, AUDITOR, passphrase(AUDITOR), "hold")


def test_a_key_file_put_in_the_place_of_anothers_is_refused(project: Project) -> None:
    shutil.copy(project.keys / "avery-lund.pem", project.keys / "morgan-hale.pem")
    with pytest.raises(Refused, match="not the key of Morgan Hale"):
        sign_in(project, MANAGER, passphrase(APPROVER), "approve")


def test_a_project_begins_with_commented_settings_a_ledger_and_the_logs_key(tmp_path: Path) -> None:
    written = init_project(tmp_path / "p", "St. Anne’s Counselling & Care", drbg("1"))
    project = open_project(tmp_path / "p", FixedClock(NOON), read_settings({}))
    assert "winnow.yaml" in {path.name for path in written}
    assert project.settings.organisation == "St. Anne’s Counselling & Care"
    assert project.settings.origin == "winnow.example.org/st-annes-counselling-care"
    assert project.settings.cooling_off_days == 7
    assert log.read_head(project.ledger).size == 0
    assert (tmp_path / "p" / "keys" / "winnow.vkey").read_text().startswith(project.settings.origin)
    with pytest.raises(BadInput, match="already"):
        init_project(tmp_path / "p", "Another", drbg("2"))


def test_every_mistake_in_the_settings_is_said_at_once_with_line_and_key(tmp_path: Path) -> None:
    lines = [
        "organisation: <Acme>",
        "ledger: ledger.db",
        "schedul: x.yaml",
        "cooling_off_days: soon",
        "origin: a b",
        "out:",
        "exports: {a: b}",
    ]
    (tmp_path / "winnow.yaml").write_text("\n".join(lines))
    with pytest.raises(BadInput) as caught:
        open_project(tmp_path, FixedClock(NOON), read_settings({}))
    found = {(problem.line, problem.key) for problem in caught.value.problems}
    names = ("organisation", "ledger", "schedul", "cooling_off_days", "origin", "out", "exports")
    assert found == {(number, name) for number, name in enumerate(names, start=1)}
    assert all(problem.file == "winnow.yaml" and problem.mend for problem in caught.value.problems)


def test_a_name_or_a_database_is_text(tmp_path: Path) -> None:
    """A list in the place of the organisation, the ledger or the log's name is a mistake like any other."""
    (tmp_path / "winnow.yaml").write_text("organisation: {a: b}\nledger: [1]\norigin: [c]\n")
    with pytest.raises(BadInput) as caught:
        open_project(tmp_path, FixedClock(NOON), read_settings({}))
    assert [(problem.line, problem.key) for problem in caught.value.problems] == [
        (1, "organisation"),
        (2, "ledger"),
        (3, "origin"),
    ]


def test_folders_of_exports_have_names_that_the_log_can_carry(project: Project) -> None:
    settings = project.folder / "winnow.yaml"
    settings.write_text(settings.read_text() + "\nexports: [old exports/, ../Trash]\n")
    reopened = open_project(project.folder, FixedClock(NOON), read_settings({}))
    assert dict(reopened.settings.exports) == {
        "export-folder-1-old-exports": project.folder / "old exports",
        "export-folder-2-trash": project.folder / "../Trash",
    }


def test_a_folder_without_settings_is_no_project(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="no project here"):
        open_project(tmp_path, FixedClock(NOON), read_settings({}))


def test_a_password_in_the_ledgers_address_comes_from_the_environment(project: Project) -> None:
    settings = project.folder / "winnow.yaml"
    settings.write_text(settings.read_text().replace("sqlite:///ledger.db", "sqlite:///${LEDGER}.db"))
    reopened = open_project(project.folder, FixedClock(NOON), read_settings({"LEDGER": "ledger"}))
    assert log.read_head(reopened.ledger).size == log.read_head(project.ledger).size
    with pytest.raises(BadInput, match="LEDGER"):
        _ = open_project(project.folder, FixedClock(NOON), read_settings({})).ledger


def test_an_addition_that_was_killed_is_finished_by_typing_it_again(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Keys that a killed addition left are taken with the same passphrase; with another one, it is said what to do."""

    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(people, "add_person", killed)
        with pytest.raises(KeyboardInterrupt):
            add_person(project, "Zoe Nunn", Role.DPO, passphrase("Zoe Nunn"), voucher=(DPO, passphrase(DPO)))
    left = {name: (project.keys / name).read_bytes() for name in ("zoe-nunn.pem", "zoe-nunn-sealing.pem")}
    with pytest.raises(BadInput, match="give the same passphrase again"):
        add_person(project, "Zoe Nunn", Role.DPO, "quite another one", voucher=(DPO, passphrase(DPO)))
    add_person(project, "Zoe Nunn", Role.DPO, passphrase("Zoe Nunn"), voucher=(DPO, passphrase(DPO)))
    assert {name: (project.keys / name).read_bytes() for name in left} == left
    sign_in(project, "Zoe Nunn", passphrase("Zoe Nunn"), "decide")


def test_a_log_may_be_named_until_it_has_signed(tmp_path: Path) -> None:
    """Who writes another origin into winnow.yaml before anybody is added publishes a key that checks what is signed."""
    init_project(tmp_path / "project", "A Small Service")
    settings = tmp_path / "project" / "winnow.yaml"
    settings.write_text(settings.read_text().replace("winnow.example.org/a-small-service", "example.org/second"))
    project = open_project(tmp_path / "project", FixedClock(NOON), read_settings({}))
    for name in ("Ann Ash", "Ben Birch"):
        add_person(project, name, Role.APPROVER, passphrase(name))
    published = key_changes.vkeys(project.keys)
    assert open_checkpoint(project.sign_log(), published, keys.verify).size == 2
