"""Short forms of given names heard in the United Kingdom, to add to a larger list that is handed in.

Each line: a name, then its short forms. `nickname_table` reads them both ways: Bob finds Robert and Robert finds Bob.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import zip_longest

from rules.privacy.folding import Word, fold, words
from rules.privacy.ordinary_words import CALENDAR_WORDS, NAMES_THAT_ARE_WORDS, PROTECTED_TERMS
from rules.privacy.redaction import Kind, Span
from rules.privacy.sentences import acts_like_a_person, is_ordinary, opens_a_sentence

_UK = """
barry baz bazza | gary gaz gazza | darren daz dazza | sharon shaz shazza | tracey trace trace tray | kevin kev
terence terry tel tez | jeremy jez jezza | jason jase jay | martin marty | maureen mo maz | marie maz
marian maz | jasmine jaz jazz jas | jasmin jaz jas | jaswinder jas jaz | gareth gaz gaz | geraint ger
rhys rees | dafydd dai dave | david dai davey | siân shan | llewellyn llew lew | catrin cat cati
myfanwy myf fanw | angharad ang haz | patrick paddy pat | padraig paddy podge | seán sean shaun
siobhan shiv vonny | sinead shin | eamonn eammo | niamh neev | aoife eefa | mairead maisie
margaret maggie meg peggy mags greta | hamish hame | alasdair ally al | alistair ali al ally | fiona fi fee
morag mo | eilidh ayley | iain ian | callum cal | malcolm mal malky calum | william will bill liam billy wills
robert rob bob bobby robbie rab bert | james jim jimmy jamie jem | john jack johnny jon
elizabeth liz lizzie beth betty libby lisbet eliza | katherine kate kathy katie kath kat kitty
catherine cathy cath kate cat katie | rebecca becky bex becca becs | victoria vicky vic tori
alexandra alex lexi sandra ali | alexander alex xander sandy al sasha | christopher chris kit topher
christine chris chrissie tina | stephen steve ste stevie | steven steve ste | anthony tony ant
matthew matt matty | michael mike mick mickey micky | nicholas nick nicky | nicola nicky nic nik
samantha sam sammy | samuel sam sammy | joanna jo joey anna | joanne jo | josephine jo josie
deborah deb debs debbie | susan sue susie suzie | philippa pip pippa | philip phil pip
mohammed mo moh mohammad muhammad mohamed mohd med | mohamed mo moh | muhammad mo moh | abdul ab abz
abdullah abdul ab abz | ibrahim ibby ibs | ismail ish | yusuf joe yus | fatima fats fatty tima | zainab zee zai
ayesha ash aish | hussain huss | hassan has hass | imran immy im | harpreet harry preet harp
gurpreet gary preet gurp | manpreet manny preet | jaspreet jas preet | sukhdeep sukh | balwinder bal
rajinder raj | rajesh raj | sanjay sanj | krishnan krish | priyanka pri priya | deepak deep | sandeep sandy deep
oluwaseun seun | oluwatobi tobi | olufemi femi | chukwuemeka emeka | chidimma chichi didi | adebayo bayo ade
temitope temi tope | kwame kwam | kazimierz kaz kazik | krzysztof kris krzys chris | agnieszka aga agnes
katarzyna kasia kate | małgorzata gosia margaret | franciszek franek frank | aleksandra ola | tomasz tomek tom
"""


def nickname_table(pairs: Iterable[tuple[str, str]] = ()) -> dict[str, frozenset[str]]:
    """Return every short or long form of each name, both ways, from (name, short form) pairs and the UK list."""
    table: dict[str, set[str]] = {}
    for name, short in [*pairs, *_uk_pairs()]:
        table.setdefault(name.casefold(), set()).add(short.casefold())
        table.setdefault(short.casefold(), set()).add(name.casefold())
    return {name: frozenset(forms) for name, forms in table.items()}


def _uk_pairs() -> Iterable[tuple[str, str]]:
    for entry in _UK.replace("\n", " | ").split("|"):
        name, *shorts = entry.split() or [""]
        yield from ((name, short) for short in shorts)


def forms_of(name: str, table: Mapping[str, frozenset[str]]) -> frozenset[str]:
    """Return the other forms of a given name, and the sisters of a short form (Bob: Robert, and so Rob)."""
    direct = table.get(name.casefold(), frozenset())
    if len(name) > 5:
        return direct
    return direct.union(*(table.get(form, frozenset()) for form in direct if len(form) > len(name)))


@dataclass(frozen=True)
class GivenNames:
    """A list of given names, to find people whom no register knows.

    `sure` names count in any case, `capital` ones with a capital, and `doubtful` ones, which are words too, with
    a capital and a capitalised word behind them. A capitalised word inside a sentence that is no word of `ordinary` is
    taken for a name where it acts like a person.
    """

    sure: frozenset[str]
    capital: frozenset[str]
    doubtful: frozenset[str]
    ordinary: frozenset[str]

    def find(self, text: str) -> list[Span]:
        """Return a span for each given name, with the capitalised word that follows it."""
        found = words(text)
        spans = []
        for word, after in zip_longest(found, found[1:]):
            family = after if after and word.capital and _may_follow(word, after) else None
            listed = word.key in self.sure or (word.capital and word.key in self.capital)
            if listed or (family and word.key in self.doubtful) or self._stranger(text, word):
                spans.append(Span(word.start, (family or word).end, Kind.PERSON))
        return spans

    def _stranger(self, text: str, word: Word) -> bool:
        if not word.capital or word.upper or len(word.key) < 3 or not word.key.isalpha() or not self.ordinary:
            return False
        known = word.key in CALENDAR_WORDS | PROTECTED_TERMS or is_ordinary(word.key, self.ordinary)
        return not known and not opens_a_sentence(text, word) and acts_like_a_person(text, word)


def given_names(table: Mapping[str, frozenset[str]], ordinary: frozenset[str]) -> GivenNames:
    """Sort the names of a nickname table by how much like an ordinary word each is."""
    names = {fold(name) for name in table if name.isalpha() and len(name) > 2} - CALENDAR_WORDS - PROTECTED_TERMS
    doubtful = names & NAMES_THAT_ARE_WORDS
    sure = {name for name in names - doubtful if name not in ordinary and len(name) > 3}
    return GivenNames(frozenset(sure), frozenset(names - doubtful), frozenset(doubtful), ordinary)


def _may_follow(word: Word, after: Word) -> bool:
    near = after.start - word.end == 1
    return near and after.capital and after.key.isalpha() and after.key not in CALENDAR_WORDS | PROTECTED_TERMS
