"""What a policy's own text gets wrong: found by program where a program can see it, and listed as data."""

from __future__ import annotations

import pytest

from operations.coverage import coverage, lint_findings
from rules.policy_lint import CHECKS, lint
from tests.unit.coverage.source_texts import POLICY_FILES, source_text


def checks_of(text: str) -> set[tuple[str, int]]:
    return {(found.check, found.line) for found in lint(text)}


def test_a_reference_must_lead_to_its_matter() -> None:
    """A clause that points to another matter is found; one that points to the right clause, or nowhere else, is not."""
    wrong = "1.1 See the principles (listed in 2.1) below.\n\n2.1 Children are protected.\n"
    right = "1.1 See the principles (listed in 2.1) below.\n\n2.1 Our principles are kept.\n"
    nowhere = "1.1 See the principles (listed in 9.9) below.\n"
    check = "reference to another matter"
    assert (check, 1) in checks_of(wrong)
    assert not any(name == check for name, _ in checks_of(right))
    assert (check, 1) in checks_of(nowhere)


@pytest.mark.parametrize(
    ("check", "breach", "near_miss"),
    [
        ("superseded principles", "data must be adequate, relevant and not\nexcessive", "relevant and limited"),
        ("no period named", "kept no longer than necessary", "kept for 6 years"),
        ("no period named", "destroyed quickly", "destroyed within two working days"),
        ("deemed consent", "is deemed to have\ngiven consent", "has given consent"),
        ("registered with the regulator", "registered with the\nInformation Commissioner", "registered with the GP"),
        ("holder without return", "be the responsibility\nof the holder", "be returned by its holder"),
        ("absolute bar to the police", "nor police etc. without the express permission", "police, where the law says"),
        ("ownership of information", "the client owns his/her own data", "the client may see the data"),
        ("silent on lawful basis", "we keep records", "our lawful basis is contract"),
        (
            "announced list missing",
            "You may tell if:\nIn all these cases you should ask your own manager first.",
            "You may tell if:\n- life is at risk and nobody else can be told in time",
        ),
    ],
)
def test_each_check_finds_its_breach_and_spares_the_near_miss(check: str, breach: str, near_miss: str) -> None:
    """Line breaks inside a phrase do not hide it; what only sounds alike is spared."""
    assert check in {name for name, _ in checks_of(breach)}
    assert check not in {name for name, _ in checks_of(near_miss)}


def test_the_findings_name_clauses_that_exist_and_use_every_check() -> None:
    """Eleven findings, each on a clause of the file of clauses; no check is without a finding."""
    findings = lint_findings()
    clauses = {(item.policy, item.clause.removeprefix("L")) for item in coverage().clauses}
    policies = {policy for policy, _ in clauses}
    assert len(findings) == 11
    for finding in findings:
        for place in finding.at:
            policy, _, clause = place.partition(" ")
            first = clause.removeprefix("L").partition("-")[0]
            known = any(policy == one and name.partition("-")[0] == first for one, name in clauses)
            assert policy in policies
            assert not clause or known, place
    assert {name for finding in findings for name in finding.checks} == set(CHECKS)


@pytest.mark.parametrize("policy", sorted(POLICY_FILES))
def test_the_source_texts_show_exactly_the_findings_listed(policy: str) -> None:
    """The checks find in each source text what the file of findings says of it, and nothing else."""
    found = {item.check for item in lint(source_text(policy))}
    listed = {
        check
        for finding in lint_findings()
        for check in finding.checks
        if any(place.split()[0] == policy for place in finding.at)
    }
    assert found == listed
