"""Check a Winnow evidence bundle: python3 -I verify_winnow.py BUNDLE --key winnow.vkey [--checkpoint OLDER]

One file, Python 3.8 or later, nothing to install. The key and the log's name come from the file that you were given
(--key), never from the bundle. Exit status: 0 everything holds, 1 a check failed, 2 the input can't be read.
"""

import argparse
import base64
import json
import re
import sys
import zipfile
from datetime import date
from hashlib import sha256, sha512
from typing import Any, Dict, List, Optional, Sequence, Tuple
from unicodedata import normalize

PER_FILE, MAX_FILE_BYTES, MAX_TOTAL_BYTES, MAX_FILES, MAX_PROBLEMS = 256, 32 << 20, 8 << 30, 200_000, 50
LIMITS = """What this can't show: that the records were rightly due, or that no copy remains elsewhere. Without a
checkpoint kept from before (--checkpoint), it can't show that the log's own keeper did not write it all anew."""
P, ORDER = 2**255 - 19, 2**252 + 27742317777372353535851937790883648493  # of Ed25519 (RFC 8032, section 5.1)
BASE64 = "(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/][AQgw]==|[A-Za-z0-9+/]{2}[AEIMQUYcgkosw048]=)?"
D = -121665 * pow(121666, P - 2, P) % P
Keys = Dict[Tuple[str, bytes], bytes]
Leaf = Dict[str, Any]


class Failed(Exception):
    """A check that failed, for the reason given."""


def add(one: Sequence[int], two: Sequence[int]) -> Sequence[int]:
    """Add two points in extended coordinates."""
    a, b = (one[1] - one[0]) * (two[1] - two[0]) % P, (one[1] + one[0]) * (two[1] + two[0]) % P
    c, d = 2 * one[3] * two[3] * D % P, 2 * one[2] * two[2] % P
    e, f, g, h = b - a, d - c, d + c, b + a
    return (e * f % P, g * h % P, f * g % P, e * h % P)


def decompress(data: bytes) -> Optional[Sequence[int]]:
    """Read a point; None unless it is on the curve and canonically written."""
    sign, y = divmod(int.from_bytes(data, "little"), 1 << 255)
    square = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    x = pow(square, (P + 3) // 8, P)
    x = x if (x * x - square) % P == 0 else x * pow(2, (P - 1) // 4, P) % P
    odd = len(data) != 32 or y >= P or (x * x - square) % P or x < sign  # zero has no sign
    x = x if x & 1 == sign else P - x
    return None if odd else (x, y, 1, x * y % P)


def signature_holds(public: bytes, message: bytes, signature: bytes) -> bool:
    """Say whether an Ed25519 signature belongs to message and public key (RFC 8032, section 5.1.7)."""
    base, key, nonce = decompress(b"\x58" + 31 * b"\x66"), decompress(public), decompress(signature[:32])
    s, point = int.from_bytes(signature[32:], "little"), (0, 1, 1, 0)  # type: int, Sequence[int]
    if not (base and key and nonce) or s >= ORDER or len(signature) != 64:
        return False
    h, minus = sha512(signature[:32] + public + message).digest(), (P - key[0], key[1], 1, P - key[3])
    steps, factor = (point, base, minus, add(base, minus)), int.from_bytes(h, "little") % ORDER
    for bit in range(252, -1, -1):  # s times the base less h times the key, from the highest bit down
        point = add(add(point, point), steps[(s >> bit & 1) + 2 * (factor >> bit & 1)])
    return not ((point[0] - nonce[0] * point[2]) % P or (point[1] - nonce[1] * point[2]) % P)


def unbase64(text: str, what: str) -> bytes:
    """Read base 64 in its one canonical spelling."""
    if not text or not re.fullmatch(BASE64, text):
        raise Failed(what + " is not canonical base 64")
    return base64.b64decode(text)


def read_keys(text: str) -> Tuple[str, Keys]:
    """Read a key file: one vkey a line, all of one log (more than one after a change of key)."""
    keys: Keys = {}
    for line in text.split():
        name, key_id, key = [*line.split("+", 2), "", ""][:3]
        typed = unbase64(key, "the key")
        wanted = sha256(name.encode() + b"\n" + typed).digest()[:4]
        if not name.isprintable() or len(typed) != 33 or typed[0] != 1 or wanted.hex() != key_id:
            raise Failed("not a C2SP Ed25519 key (name+id+key)")
        keys[name, wanted] = typed[1:]
    if len({name for name, _ in keys}) != 1:
        raise Failed("it must hold the key of exactly one log")
    return next(iter(keys))[0], keys


def open_note(note: str, keys: Keys, what: str) -> List[str]:
    """Return the lines of a note's text if a key that you gave signed it (C2SP signed-note)."""
    text, _, tail = note.rpartition("\n\n")
    lines = re.findall("\u2014 ([^ +\n]+) ([^ \n]+)\n", tail)
    if "".join("\u2014 %s %s\n" % line for line in lines) != tail:
        raise Failed(what + " is not a signed note")
    signatures = [(name, unbase64(data, "a signature of " + what)) for name, data in lines]
    known = [(keys[name, data[:4]], data[4:]) for name, data in signatures if (name, data[:4]) in keys]
    if not known or not all(signature_holds(key, text.encode() + b"\n", data) for key, data in known):
        raise Failed(what + " is not signed by the key that you gave, or was changed since")
    return text.split("\n")


def open_checkpoint(note: str, origin: str, keys: Keys, what: str) -> Tuple[int, bytes]:
    """Return size and root of a signed checkpoint of this log (C2SP tlog-checkpoint)."""
    lines = open_note(note, keys, what)
    if len(lines) < 3 or lines[0] != origin or not re.fullmatch("[1-9][0-9]{0,14}", lines[1]):
        raise Failed(what + " is not a checkpoint of this log")
    return int(lines[1]), unbase64(lines[2], "the root of " + what)


def tree_root(leaves: Sequence[bytes], edge: Sequence[bytes] = ()) -> bytes:
    """Return the root over leaf hashes, behind the perfect subtrees of `edge` (RFC 6962, section 2.1)."""
    row = list(leaves) or [sha256(b"").digest()]
    while len(row) > 1:  # an odd last node is carried up
        row = [sha256(b"\1" + one + two).digest() for one, two in zip(row[::2], row[1::2])] + row[len(row) & ~1 :]
    for left in reversed(edge):
        row = [sha256(b"\1" + left + row[0]).digest()]
    return row[0]


def path_root(index: int, size: int, node: bytes, path: Sequence[bytes]) -> bytes:
    """Return the root that an inclusion path leads to (RFC 6962, section 2.1.1); nothing sensible if it is no path."""
    if size <= 1 or not path:
        return node if size == 1 and not path else b""
    split = 1 << (size - 1).bit_length() - 1
    if index < split:
        return sha256(b"\1" + path_root(index, split, node, path[:-1]) + path[-1]).digest()
    return sha256(b"\1" + path[-1] + path_root(index - split, size - split, node, path[:-1])).digest()


DAY = "[0-9]{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12][0-9]|3[01])"
KIND_TABLE = rf"""slug="[A-Za-z0-9][A-Za-z0-9._-]{{0,63}}" digest="[0-9a-f]{{64}}" count=(?:0|[1-9][0-9]{{0,14}})
instant="{DAY}T(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]Z" date="{DAY}" month="(?:[0-9]{{4}}-(?:0[1-9]|1[0-2])|none)"
name="[^\W_][\w\x20.,&/()'’-]{{0,98}}" key="[A-Za-z0-9+/]{{42}}[AEIMQUYcgkosw048]=" flag=(?:true|false)
signature="[A-Za-z0-9+/]{{85}}[AQgw]==" stayed="(?:kept|unlinked|held)"
gone="(?:destroyed|blanked|redacted|truncated|generalised|kept-metadata)" """
KINDS = dict(kind.split("=", 1) for kind in KIND_TABLE.split())
SIGNED = "officer:name role signed_at:instant key:key signature:signature"
RECORD = "run store class batch:count commitment:digest tag:digest rule due_month:month"
OUTCOME = RECORD + " reason grade recovered:flag"
TYPE_TABLE = f"""schedule name:name version hash:digest file:digest; heartbeat tool; backup-expired set; adoption
schedule:digest version minute:date accepted:slug[] {SIGNED}; hold hold scope subject:digest? reason {SIGNED}; release
hold reason {SIGNED}; decisions proposal:digest decisions:digest count:count {SIGNED}; approval run proposal:digest
schedule:digest decisions:digest[] count:count root:digest due:count undatable:count not_before:instant {SIGNED};
run-opened run proposal:digest schedule:digest authority:name tool as_of:date stores:slug[] manual:slug[]; intent
{RECORD} action approval:count holds_checked_at:instant version:digest; done {OUTCOME} outcome:gone
confirmations:count[]?; kept {OUTCOME} outcome:stayed action approval:count?; failed {OUTCOME}; confirmation run store
count:count root:digest method done_on:date standard:slug? contractor:name? receipt:slug? {SIGNED}; verify run store
method credential checked:count remaining:count; books run store class before:count created:count destroyed:count
others:count outside:count after:count; run-closed run due:count destroyed:count kept:count held:count failed:count
undatable:count first:count last:count not_searched:slug[]; backup set store taken:date expires:date; restore store
found_by watermark:count head:count; key event purpose officer:name? role:slug? key:key? run:slug? by:name?;
restore-checked store officer:name looked:count back:count; proof-given officer:name recipient found:flag run:slug?"""
TYPES: Dict[str, Dict[str, str]] = {
    name: dict(sorted((field + ":slug").split(":")[:2] for field in ("type", "at:instant", *fields)))
    for name, *fields in map(str.split, TYPE_TABLE.split(";"))
}


def field_pattern(name: str, kind: str) -> str:
    """Return the expression for a field of a canonical leaf, with a comma after it."""
    one = KINDS[kind.rstrip("[]?")]
    shape = '"%s":%s,' % (name, r"\[(?:%s(?:,%s)*)?\]" % (one, one) if "[]" in kind else one)
    return "(?:%s)?" % shape if kind[-1] == "?" else shape


def read_leaf(data: bytes) -> Leaf:
    """Read a leaf; empty for everything that is not canonical."""
    try:
        text = data.decode()
        kind = text.rpartition('"type":"')[2].partition('"')[0]
        sound = PATTERNS[kind].fullmatch(text[:-1] + ",}") and text[-1] == "}" and normalize("NFC", text) == text
        leaf: Leaf = json.loads(text) if sound else {}
        days = [leaf[name][:10] for name in leaf if TYPES[kind][name] in ("date", "instant")]
        return leaf if all(map(date.fromisoformat, days)) else {}
    except (ValueError, KeyError):
        return {}


def pick(leaf: Leaf, names: str) -> Leaf:
    """Copy the named fields of a leaf; `new=old` copies under a new name."""
    return {name.split("=")[0]: leaf[name.split("=")[-1]] for name in names.split()}


PATTERNS = {name: re.compile("{%s}" % "".join(map(field_pattern, of, of.values()))) for name, of in TYPES.items()}
DID = dict(zip(KINDS["gone"][4:-2].split("|"), ["destroy", "blank", "redact", "truncate", "generalise", "keep-only"]))
FORMAT, COLUMNS, HEX, SHAPES = "winnow-certificate-v1", "destroyed kept held failed", b"0123456789abcdef", 4096
KNOWN_LIMITS = ("f58f1a0ef77879f096778c45d12763a69a983e1f855191c92216e55402e3fb28",)  # every wording so far
SAME = ("store", "class", "batch", "rule", "action", "approval")  # beside due month and tag
LOOKED_UP = ("schedule", "adoption", "approval", "confirmation", "verify", "books", "backup", "backup-expired")
LINE = ("store", "class_name", "rule", "outcome", "reason", "grade", "count", "recovered", "from_month", "to_month")
NAMED_BY = {"schedule": "hash", "adoption": "schedule", "hold": "hold", "backup": "set", "run-opened": "run"}
NEEDS = {"adoption": "schedule", "approval": "adoption", "run-opened": "adoption", "release": "hold"}
NEEDS["backup-expired"] = "backup"


class Log:
    """Takes the leaves in order and collects everything that does not hold."""

    def __init__(self) -> None:
        self.problems: List[Tuple[Optional[int], str]] = []  # each with the index of its entry
        self.index, self.at, self.size, self.root = None, "", 0, b""  # type: Optional[int], str, int, bytes
        self.by_type: Dict[str, Dict[int, Leaf]] = {name: {} for name in LOOKED_UP}  # by index
        self.shapes, self.months, self.known = {}, set(), set()  # type: Any, Any, Any
        self.owner, self.decisions, self.runs = {}, {}, {}  # type: Dict[str, str], Dict[str, Leaf], Dict[str, Any]

    def need(self, holds: bool, text: str) -> bool:
        """Note a failure, at the entry being judged, unless it holds."""
        if not holds and len(self.problems) < MAX_PROBLEMS:
            self.problems.append((self.index, text))
        return holds

    def take(self, index: int, data: bytes) -> None:
        """Judge one leaf in the light of those before it; one of a known shape by what is its own alone."""
        self.index, (head, _, rest) = index, data.partition(b'"commitment":"')
        middle, _, tail = rest[86:].partition(b'"tag":"')
        end, mark, last = tail[64:].partition(b'"version":"')
        key = (head, rest[64:79], middle, end, mark, last[64:])  # the leaf less what differs from record to record
        shape, one, month, tag = self.shapes.get(key), rest[:64], rest[79:86], tail[:64]
        if shape and shape.at == self.at and month in self.months and not (one + tag + last[:64]).translate(None, HEX):
            return self.take_record(shape, one, month, tag)
        leaf = read_leaf(data)
        if not self.need(bool(leaf), "not a canonical leaf: its type, a field or its spelling is not allowed"):
            return
        kind, run, before = leaf["type"], self.runs.get(leaf.get("run", "")), len(self.problems)  # type: str, Any, int
        self.need(leaf["at"] >= self.at, "its time is earlier than that of the entry before")
        self.at = leaf["at"]
        inside = "run" in TYPES[kind] and kind not in ("approval", "run-opened", "key", "proof-given")
        if inside and (run is None or (run.closed >= 0 and kind != "verify")):
            self.need(False, "its run is not open")
        elif "commitment" in leaf:
            shape, due = self.shape(leaf, run), leaf["due_month"].encode()
            if before == len(self.problems) < MAX_PROBLEMS and rest[64:87] == b'","due_month":"%s"' % due:
                self.months.add(due)
                self.shapes = self.shapes if len(self.shapes) < SHAPES else {}
                self.shapes[key] = shape
            self.take_record(shape, leaf["commitment"].encode(), due, leaf["tag"].encode())
        else:
            self.shapes = {}  # what they were judged by changes
            self.by_type.get(kind, {})[index] = leaf
            self.take_other(index, leaf, run)

    def take_other(self, index: int, leaf: Leaf, run: Any) -> None:
        """Everything but intents and outcomes: what is used must be known before, what people say they must sign."""
        kind, needed = leaf["type"], NEEDS.get(leaf["type"], "")
        made = (kind, leaf.get(NAMED_BY.get(kind, ""), ""))
        wanted = (needed, leaf.get("schedule" if needed == "schedule" else NAMED_BY.get(needed, ""), ""))
        self.need(not needed or wanted in self.known, "the log has no earlier %s for it" % needed)
        self.need(made not in self.known or kind not in ("hold", "run-opened"), "its name is already taken")
        self.known.add(made)
        if "signature" in leaf:
            fields = {name: leaf[name] for name in leaf if name not in ("type", "at", "signature")}
            body = json.dumps(fields, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
            text = ("winnow-statement-v1\n%s\n%s" % (kind, body)).encode()
            holds = signature_holds(base64.b64decode(leaf["key"]), text, base64.b64decode(leaf["signature"]))
            self.need(holds, "the signature of %s does not hold" % leaf["officer"])
            self.need(self.owner.get(leaf["key"]) == leaf["officer"], "not signed with a key of %s" % leaf["officer"])
            self.decisions.update({sha256(text).hexdigest(): leaf} if kind == "decisions" else {})
        if kind == "run-opened":
            run = argparse.Namespace(opened=index, leaf=leaf, last=index, closed=-1, closing={}, intents={})
            run.plans, run.seen, run.lines, self.runs[leaf["run"]] = {}, set(), {}, run
        elif kind == "run-closed":
            self.close(index, leaf, run)
        elif kind == "approval":
            self.need((not run or run.closed < 0) and leaf["decisions"] != [], "a closed run, or rests on no decision")
            for decision in map(self.decisions.get, leaf["decisions"]):
                if decision is None or decision["proposal"] != leaf["proposal"]:
                    self.need(False, "approves a decision that the log does not hold for this proposal")
                elif decision["key"] == leaf["key"] or decision["officer"].casefold() == leaf["officer"].casefold():
                    self.need(False, "%s approved what the same person recommended" % leaf["officer"])
        elif kind == "key" and leaf["purpose"] == "officer":
            key, officer = leaf.get("key", ""), leaf.get("officer", "")  # a key never passes to another officer
            same = bool(key and officer) and self.owner.get(key, officer) == officer
            self.need(same, "names no officer or key, or a key that was another officer's or is revoked")
            self.owner[key] = officer if leaf["event"] in ("added", "rotated") else ""

    def shape(self, leaf: Leaf, run: Any) -> Any:
        """Judge what many records have in common: their approval, their store and who confirmed."""
        people, plans = set(), []
        if "approval" in leaf:
            approval = self.by_type["approval"].get(leaf["approval"], {"run": ""})
            if self.need(approval["run"] == leaf["run"], "no earlier approval of its run"):
                same = all(approval[name] == run.leaf[name] for name in ("proposal", "schedule"))
                self.need(same, "its approval is for another proposal or schedule than its run")
                self.need(leaf["at"] >= approval["not_before"], "the cooling-off time was not over")
                self.need(leaf.get("holds_checked_at", "~") >= approval["at"], "holds not checked after the approval")
            self.need(leaf["store"] in run.leaf["stores"], "a store that its run does not name")
        for number in leaf.get("confirmations", []):  # where no program can look, two people sign
            one = self.by_type["confirmation"].get(number, {"run": "", "store": "", "officer": ""})
            self.need(pick(one, "run store") == pick(leaf, "run store"), "names a confirmation not its own")
            plans.append(run.plans.setdefault(number, []))
            people.add(one["officer"].casefold())
        key = tuple(leaf.get(n, "failed") for n in ("store", "class", "rule", "outcome", "reason", "grade"))
        alone = len(people) < 2 and key[3] in DID and key[0] in run.leaf["manual"]
        self.need(not alone, "not confirmed by two people")
        line = run.lines.setdefault(key, [0, 0, b"~", b""]) if leaf["type"] != "intent" else None
        shape = argparse.Namespace(leaf=leaf, run=run, at=leaf["at"], line=line, fits={}, confirmed=plans)
        shape.plan = run.plans.setdefault(leaf.get("approval", -1), [])
        shape.around = "\n{store}\n{class}\n{rule}\n".format(**leaf).encode(), b"\n" + leaf.get("action", "").encode()
        return shape

    def take_record(self, shape: Any, commitment: bytes, month: bytes, tag: bytes) -> None:
        """One intent a record, one outcome; nothing is destroyed or fails without an intent that says the same."""
        run, line, record, fresh = shape.run, shape.line, bytes.fromhex(commitment.decode()), False
        run.last, (intent, *its) = self.index, run.intents.pop(record, (None, month, tag))
        if line is None or (intent is None and shape.leaf["type"] == "kept"):
            fresh = self.need(record not in run.seen, "a second intent or outcome for one record")
            run.seen.add(record)
        elif intent is None:
            self.need(False, "a second outcome" if record in run.seen else "an outcome without an earlier intent")
        elif id(intent) not in shape.fits or its != [month, tag]:
            told = {"action": DID.get(shape.leaf.get("outcome"), intent.leaf["action"]), **shape.leaf}
            same = its == [month, tag] and all(told.get(n) in (None, intent.leaf[n]) for n in SAME)
            shape.fits.update({id(intent): intent} if self.need(same, "says something else than its intent") else {})
        around = (intent or shape).around
        for plan in (shape.plan,) if fresh else shape.confirmed:  # keep no more of it than its hash
            plan.append(record + sha256(b"\0" + commitment + around[0] + month + around[1]).digest())
        if line is None:
            run.intents[record] = shape, month, tag
            return
        line[:2] = line[0] + 1, line[1] + shape.leaf["recovered"]
        if not line[2] <= month <= line[3]:
            line[2:] = min(line[2], month), max(line[3], month)

    def close(self, index: int, leaf: Leaf, run: Any) -> None:
        """A run closes when every intent has its outcome, and every signed root and every count agrees."""
        run.closed, run.closing = index, leaf
        self.need(not run.intents, "closes while an intent has no outcome")
        self.need((leaf["first"], leaf["last"]) == (run.opened, run.last), "its first or last entry is another")
        totals, gone = dict.fromkeys(COLUMNS.split(), 0), {}  # type: Dict[str, int], Dict[Tuple[str, ...], int]
        for key, line in run.lines.items():
            totals[key[3] if key[3] in totals else "kept"] += line[0]
            gone[key[:2]] = gone.get(key[:2], 0) + (line[0] if key[3] in ("destroyed", "unlinked") else 0)
        old = sum(run.lines[key][0] for key in run.lines if key[3] in ("blanked", "redacted"))  # as 0.1 counted them
        once = dict(totals, destroyed=totals["destroyed"] + old, kept=totals["kept"] - old)
        same = pick(leaf, COLUMNS) in (totals, once) and leaf["due"] == sum(totals.values())
        self.need(same, "its counts are not those of its entries")
        for number, one in [*self.by_type["approval"].items(), *self.by_type["confirmation"].items()]:
            if one["run"] == leaf["run"]:
                items = [planned[32:] for planned in sorted(run.plans.get(number, []))]
                same = (len(items), tree_root(items).hex()) == (one["count"], one["root"])
                same = same and all(one.get(n, leaf[n]) == leaf[n] for n in ("due", "undatable"))
                self.need(same, "it is not what %s signed for in entry %d" % (one["officer"], number))
        for book in [one for one in self.by_type["books"].values() if one["run"] == leaf["run"]]:
            left = book["before"] + book["created"] - book["destroyed"] - book["others"] - book["outside"]
            same = (left, book["destroyed"]) == (book["after"], gone.get((book["store"], book["class"]), 0))
            self.need(same, "the books of %s, %s do not balance" % (book["store"], book["class"]))
        run.intents, run.plans, run.seen = {}, {}, set()

    def certificate(self, run: Any, note: str) -> Leaf:
        """Write the certificate of a closed run anew, from the log alone."""
        opened, closing, of = run.leaf, run.closing, {k: list(v.values()) for k, v in self.by_type.items()}
        mine = {kind: [one for one in of[kind] if one.get("run") == opened["run"]] for kind in of}
        schedule = next(one for one in of["schedule"] if one["hash"] == opened["schedule"])
        named = {digest for leaf in mine["approval"] for digest in leaf["decisions"]}
        adopted = [one for i, one in self.by_type["adoption"].items() if i < run.closed]
        adopted = [one for one in adopted if one["schedule"] == opened["schedule"]]
        recommended = [leaf for digest, leaf in self.decisions.items() if digest in named]
        acts = dict(adopted=adopted, recommended=recommended, approved=mine["approval"], confirmed=mine["confirmation"])
        kept = [one for one in of["backup"] if one["store"] in opened["stores"] and one["taken"] <= closing["at"][:10]]
        expired, lines = {one["set"] for one in of["backup-expired"]}, sorted(run.lines.items())
        until = max([one["expires"] for one in kept if one["set"] not in expired], default="")
        return {
            **pick(opened, "certificate=run authority tool as_of opened_at=at schedule_hash=schedule"),
            **pick(schedule, "schedule_name=name schedule_version=version schedule_file=file"),
            **{"closed_at": closing["at"], "first_leaf": run.opened, "closing_leaf": run.closed, "format": FORMAT},
            **{"adopted_minutes": sorted({one["minute"] for one in adopted}), "checkpoint": note},
            **{"totals": pick(closing, "due undatable " + COLUMNS), "not_searched": sorted(closing["not_searched"])},
            "officers": [{"did": did, **pick(one, "officer role signed_at")} for did in acts for one in acts[did]],
            "lines": [dict(zip(LINE, [*key, *line[:2], *map(bytes.decode, line[2:])])) for key, line in lines],
            "verifications": [pick(one, "store method credential checked remaining") for one in mine["verify"]],
            "books": [pick(one, "store class before created destroyed others outside after") for one in mine["books"]],
            "backups": [dict(pick(one, "name=set store taken expires"), expired=one["set"] in expired) for one in kept],
            **{"state": "beyond use" if until else "final" if kept else "backups not registered", "until": until},
        }


class Bundle:
    """Reads a zip without trusting it: nothing is written to disk, every size has a bound."""

    def __init__(self, path: str) -> None:
        self.zip, self.digests = zipfile.ZipFile(path), {}  # type: zipfile.ZipFile, Dict[str, str]
        self.infos = {info.filename: info for info in self.zip.infolist()}
        odd = any(info.flag_bits & 1 or info.compress_type not in (0, 8) for info in self.infos.values())
        odd |= sum(info.file_size for info in self.infos.values()) > MAX_TOTAL_BYTES
        if odd or not len(self.infos) == len(self.zip.infolist()) <= MAX_FILES:
            raise Failed("encrypted, too large, or with two files of one name")

    def read(self, name: str) -> bytes:
        """Return the bytes of a file, remembering their digest."""
        if name not in self.infos or self.infos[name].file_size > MAX_FILE_BYTES:
            raise Failed("missing from the bundle, or too large: " + ascii(name))
        data = self.zip.open(self.infos[name]).read(MAX_FILE_BYTES)
        self.digests[name] = sha256(data).hexdigest()
        return data

    def entries(self, number: int, count: int) -> List[bytes]:
        """Return the leaves of an entry bundle: each after its length, and exactly so many."""
        digits = re.sub("([0-9]{3})(?=[0-9])", r"x\1/", str(number).zfill((len(str(number)) + 2) // 3 * 3))
        data, leaves, at = self.read("entries/" + digits), [], 0
        while at < len(data) - 1:
            start, at = at + 2, at + 2 + (data[at] << 8 | data[at + 1])
            leaves.append(data[start:at])
        if at != len(data) or len(leaves) != count:
            raise Failed("entries are missing, cut or too many from entry %d on" % (number * PER_FILE))
        return leaves


def check_certificate(bundle: Bundle, log: Log, note: str, wanted: str) -> str:
    """Compare the bundle's certificate with the log; return the digest of its schedule file."""
    text = bundle.read("certificate.json").decode()
    try:
        claimed = json.loads(text)
        run = log.runs[claimed["certificate"]]
        known = sha256(json.dumps(claimed["limits"]).encode()).hexdigest() in KNOWN_LIMITS
        true = {**log.certificate(run, note), "limits": claimed["limits"] if known else []}
    except (ValueError, KeyError, TypeError, StopIteration, RecursionError):
        raise Failed("the certificate is not one of a closed run of this log") from None
    wrong = sorted(name for name in {*true, *claimed} if name not in true or true[name] != claimed.get(name))
    same = text == json.dumps(true, sort_keys=True, indent=2, ensure_ascii=False) + "\n"
    log.need(same, "the certificate does not say what the log says: " + ascii(wrong))
    log.need(wanted in ("", run.leaf["run"]), "the bundle's certificate is not the one that you asked for")
    log.need("proofs/%d.tlog-proof" % run.closed in bundle.infos, "the certificate's proof is missing")
    return str(true["schedule_file"])


def check_bundle(bundle: Bundle, log: Log, origin: str, keys: Keys, held: List[str], wanted: str) -> None:
    """Check everything. Raises Failed where nothing further can be checked."""
    note = bundle.read("checkpoint").decode()
    log.size, log.root = open_checkpoint(note, origin, keys, "the checkpoint")
    held = [one.partition("\n\n")[2] if one.startswith("c2sp.org/tlog-proof@v1\n") else one for one in held]
    older = [open_checkpoint(one, origin, keys, "the checkpoint that you kept") for one in held]
    names = re.findall(r"^proofs/([0-9]{1,15})\.tlog-proof$", "\n".join(bundle.infos), re.M)
    proofs = {int(name): bundle.read("proofs/%s.tlog-proof" % name).decode() for name in names}
    edge, roots, leaves = [], {}, {}  # type: List[bytes], Dict[int, bytes], Dict[int, bytes]
    for start in range(0, log.size, PER_FILE):
        entries = bundle.entries(start // PER_FILE, min(PER_FILE, log.size - start))
        hashes = [sha256(b"\0" + entry).digest() for entry in entries]
        leaves.update((index, hashes[index - start]) for index in proofs if 0 <= index - start < len(hashes))
        marks = [size for size, _ in ((log.size, log.root), *older) if 0 < size - start <= len(hashes)]
        roots.update((size, tree_root(hashes[: size - start], edge)) for size in marks)
        node, carry = tree_root(hashes), start // PER_FILE
        while carry & 1:
            node, carry = sha256(b"\1" + edge.pop() + node).digest(), carry >> 1
        edge.append(node)
        for index, entry in enumerate(entries, start):
            log.take(index, entry)
    log.index = None
    log.need(roots[log.size] == log.root, "the entries are not those that the checkpoint was signed for")
    for size, old in older:
        log.need(size <= log.size, "cut short: the checkpoint that you kept has %d entries" % size)
        log.need(roots.get(size, old) == old, "rewritten: the first %d entries are not those you know" % size)
    for index, text in proofs.items():
        lines, _, tail = text.partition("\n\n")
        path = [unbase64(line, "a hash of a proof") for line in lines.split("\n")[2:66]]
        same = lines.split("\n")[:2] == ["c2sp.org/tlog-proof@v1", "index %d" % index] and tail == note
        proven = same and path_root(index, log.size, leaves.get(index, b""), path) == log.root
        log.need(proven, "the proof of entry %d does not lead to the checkpoint" % index)
    schedules = {one["file"] for one in log.by_type["schedule"].values()}
    if wanted or "certificate.json" in bundle.infos:
        schedules = {check_certificate(bundle, log, note, wanted)}
    log.need(sha256(bundle.read("schedule.yaml")).hexdigest() in schedules, "schedule.yaml is not the one adopted")
    listed = open_note(bundle.read("manifest").decode(), keys, "the manifest")
    list(map(bundle.read, set(bundle.infos) - set(bundle.digests)))
    files = [bundle.digests[name] + " " + name for name in sorted(bundle.digests) if name != "manifest"]
    log.need(listed == ["winnow-bundle-v1", origin, *files], "the files are not those of the manifest")


def main(arguments: Optional[List[str]] = None) -> int:
    """Run the command line; return the exit status."""
    parser = argparse.ArgumentParser(description="Check an evidence bundle. Exit status: 0 holds, 1 not, 2 unreadable.")
    parser.add_argument("bundle", help="the evidence bundle (a zip file)")
    parser.add_argument("--key", action="append", required=True, help="the log's public key, from someone you trust")
    parser.add_argument("--checkpoint", action="append", default=[], help="a checkpoint or proof kept from before")
    parser.add_argument("--certificate", default="", help="the certificate that the bundle must hold")
    parser.add_argument("--json", action="store_true", help="answer in JSON")
    options = parser.parse_args(arguments)
    log, texts, what, bundle = Log(), [], options.key[0], None  # type: Log, List[str], str, Optional[Bundle]
    try:
        for what in (*options.key, *options.checkpoint):
            with open(what, encoding="utf-8-sig") as file:  # typed or scanned: its last newline may be missing
                texts.append(file.read(1 << 20).strip() + "\n")
            origin, keys = read_keys("\n".join(texts[: len(options.key)]))
        what = options.bundle
        bundle = Bundle(what)
        check_bundle(bundle, log, origin, keys, texts[len(options.key) :], options.certificate)
    except Exception as error:  # noqa: BLE001 - whatever a hostile file makes the readers raise, the answer is a sentence
        if not (bundle and isinstance(error, (Failed, UnicodeDecodeError))):
            print("Can't read %s: %s" % (ascii(what), error if isinstance(error, Failed) else type(error).__name__))
            return 2
        log.problems.append((None, str(error)))
    form = "due {due} = destroyed {destroyed} + kept {kept} + held {held} + failed {failed}; undatable {undatable}"
    runs = {name: form.format(**run.closing) if run.closing else "still open" for name, run in log.runs.items()}
    answer = {"verified": not log.problems, "origin": origin, "size": log.size, "root": log.root.hex(), "runs": runs}
    lines = ["Log %(origin)s: %(size)d entries, root %(root)s" % answer, *map("Run %s: %s".__mod__, runs.items())]
    lines += ["FAILED %s: %s" % ("bundle" if at is None else "entry %d" % at, text) for at, text in log.problems]
    lines += ["NOT VERIFIED" if log.problems else "VERIFIED: every check holds", LIMITS]
    text = json.dumps({**answer, "problems": log.problems}) if options.json else "\n".join(lines)
    sys.stdout.buffer.write(text.encode(sys.stdout.encoding or "ascii", "backslashreplace") + b"\n")
    return 1 if log.problems else 0


if __name__ == "__main__":
    sys.exit(main())
