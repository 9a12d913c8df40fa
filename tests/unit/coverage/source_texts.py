"""The texts of the source policies, which lie beside the checkout and are never part of it."""

from __future__ import annotations

from tests.shared_data import shared_data

POLICY_FILES = {
    "S0": "S0-careers-group.txt",
    "S1": "S1-counselling-service.txt",
    "S2": "S2-one-to-one-project.txt",
    "S3": "S3-professional-help.txt",
    "S4": "S4-iag-training.txt",
}


def source_text(policy: str) -> str:
    """Return the text of a source policy; the test is skipped where it is not at hand."""
    return shared_data(f"../source-policies/{POLICY_FILES[policy]}").read_text(encoding="utf-8-sig")
