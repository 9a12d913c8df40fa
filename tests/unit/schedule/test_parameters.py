"""Parameters: named once with their source, used as $name, and replaced to ask what another choice would do."""

from __future__ import annotations

import pytest

from rules.errors import BadInput
from rules.schedule.parser import parse_schedule

TEXT = """\
schedule: Small
version: "1"
zone: Europe/London
parameters:
  adult.keep: {value: 7 years, because: [Limitation Act 1980], confidence: source}
classes:
  client:
    means: The head of a file
    fields: {case_number: "key, subject", closed_on: trigger}
    rules:
      - id: client-file
        keep: $adult.keep after closed_on
        then: destroy
        because: [S3 4.4]
"""


def test_a_rule_reads_the_value_of_the_parameter_it_names() -> None:
    """`$adult.keep` is seven years, and the schedule remembers where that number comes from."""
    schedule = parse_schedule(TEXT, "s.yaml")
    assert str(schedule.rule("client-file").keep) == "7 years after closed_on"
    assert schedule.parameters[0].because == ("Limitation Act 1980",)


def test_an_override_changes_the_rule_and_the_digest_but_not_the_file() -> None:
    """What another choice would do is never mistaken for the adopted schedule."""
    adopted, other = parse_schedule(TEXT, "s.yaml"), parse_schedule(TEXT, "s.yaml", {"adult.keep": "6 years"})
    assert str(other.rule("client-file").keep) == "6 years after closed_on"
    assert adopted.digest != other.digest


@pytest.mark.parametrize(
    ("text", "overrides", "told"),
    [
        (TEXT.replace("$adult.keep", "$adlt.keep"), {}, "unknown parameter $adlt.keep. Write 'adult.keep'"),
        (TEXT, {"adult.kep": "6 years"}, "has no parameter 'adult.kep'. Name 'adult.keep'"),
        (TEXT, {"adult.keep": "six years"}, "has the period 'six years'"),
        (TEXT.replace("confidence: source", "confidence: sure"), {}, "unknown confidence 'sure'. Write 'source'"),
        (TEXT.replace("{value: 7 years, ", "{"), {}, "'value' is missing"),
    ],
)
def test_a_mistake_about_parameters_is_told_with_the_nearest_known_name(
    text: str, overrides: dict[str, str], told: str
) -> None:
    """Nothing is guessed: the message names what to write."""
    with pytest.raises(BadInput) as caught:
        parse_schedule(text, "s.yaml", overrides)
    assert told in str(caught.value)
