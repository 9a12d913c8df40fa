"""Where the verifier carries a copy of what the product knows, the two say the same."""

from __future__ import annotations

from rules.evidence.statement import statement_digest, statement_of
from rules.review.authority import MAY
from tests.unit.evidence.sample import sample_log
from verifier import verify_winnow

LOG = {leaf["type"]: leaf for leaf in sample_log()}


def test_the_verifier_knows_who_may_sign_what() -> None:
    """The roles that the verifier takes for each statement are those of the product."""
    acts = {"adoption": "adopt", "decisions": "decide", "approval": "approve", "confirmation": "confirm"}
    acts["vouching"] = "vouch"
    assert set(verify_winnow.MAY) == {*acts, "hold", "release"}
    for kind, roles in verify_winnow.MAY.items():
        assert set(roles.split()) == {str(role) for role in MAY[acts.get(kind, kind)]}


def test_statement_digests_meet() -> None:
    """The digest by which an approval names decisions is the digest of what their officer signed."""
    assert LOG["approval"]["decisions"] == [statement_digest(statement_of(LOG["decisions"]))]
