"""Check a Winnow evidence bundle: python3 -I verify_winnow.py BUNDLE --key winnow.vkey [--checkpoint OLDER]

One file, Python 3.8 or later, nothing to install. The key and the log's name come from the file that you were given
(--key), never from the bundle. Exit status: 0 everything holds, 1 a check failed, 2 the input can't be read.
"""

import argparse
import json
import re
import sys
import zipfile
from binascii import a2b_base64, b2a_base64, unhexlify
from datetime import date
from hashlib import sha256, sha512
from struct import Struct, iter_unpack
from typing import Any, Dict, List, Optional, Sequence, Tuple
from unicodedata import normalize

PER_FILE, MAX_FILE_BYTES, MAX_TOTAL_BYTES, MAX_FILES, MAX_PROBLEMS = 256, 32 << 20, 8 << 30, 200_000, 50
LIMITS = """What this can't show: that the records were rightly due, or that no copy remains elsewhere. Without a
checkpoint kept from before (--checkpoint), it can't show that the log's own keeper did not write it all anew."""
P, ORDER = 2**255 - 19, 2**252 + 27742317777372353535851937790883648493  # of Ed25519 (RFC 8032, section 5.1)
D = -121665 * pow(121666, P - 2, P) % P
Leaf = Dict[str, Any]
Failed = ValueError  # a check that failed, for the reason given: nothing further can be checked


def insist(holds: Any, text: str) -> None:
    """Raise Failed unless it holds."""
    if not holds:
        raise Failed(text)


def add(one: Sequence[int], two: Sequence[int]) -> Sequence[int]:
    """Add two points in extended coordinates."""
    a, b = (one[1] - one[0]) * (two[1] - two[0]), (one[1] + one[0]) * (two[1] + two[0])
    c, d = 2 * one[3] * two[3] * D, 2 * one[2] * two[2]
    return ((b - a) * (d - c) % P, (d + c) * (b + a) % P, (d - c) * (d + c) % P, (b - a) * (b + a) % P)


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
    data = a2b_base64(text)
    insist(text and b2a_base64(data).decode() == text + "\n", what + " is not canonical base 64")
    return data


def read_keys(text: str) -> Tuple[str, Dict[Any, bytes]]:
    """Read a key file: one vkey a line, all of one log (more than one after a change of key)."""
    keys: Dict[Any, bytes] = {}
    for line in text.split():
        name, key_id, key = [*line.split("+", 2), "", ""][:3]
        typed = unbase64(key, "the key")
        wanted = sha256(name.encode() + b"\n" + typed).digest()[:4]
        sound = name.isprintable() and (len(typed), typed[:1], wanted.hex()) == (33, b"\1", key_id)
        insist(sound, "not a C2SP Ed25519 key (name+id+key)")
        keys[name, wanted] = typed[1:]
    insist(len({name for name, _ in keys}) == 1, "it must hold the key of exactly one log")
    return next(iter(keys))[0], keys


def open_note(note: str, keys: Dict[Any, bytes], what: str) -> List[str]:
    """Return the lines of a note's text if a key that you gave signed it (C2SP signed-note)."""
    text, _, tail = note.rpartition("\n\n")
    lines = re.findall("\u2014 ([^ +\n]+) ([^ \n]+)\n", tail)
    insist("".join("\u2014 %s %s\n" % line for line in lines) == tail, what + " is not a signed note")
    signed = [(name, unbase64(data, "a signature of " + what)) for name, data in lines]
    holds = [signature_holds(keys[n, d[:4]], text.encode() + b"\n", d[4:]) for n, d in signed if (n, d[:4]) in keys]
    insist(holds and all(holds), what + " is not signed by the key that you gave, or was changed since")
    return text.split("\n")


def open_checkpoint(note: str, origin: str, keys: Dict[Any, bytes], what: str) -> Tuple[int, bytes]:
    """Return size and root of a signed checkpoint of this log (C2SP tlog-checkpoint)."""
    lines = [*open_note(note, keys, what), "", ""]
    insist(lines[0] == origin and re.fullmatch("[1-9][0-9]{0,14}", lines[1]), what + " is no checkpoint of this log")
    return int(lines[1]), unbase64(lines[2], "the root of " + what)


def tree_root(nodes: bytes, edge: Sequence[bytes] = ()) -> bytes:
    """Return the root over leaf hashes, one after another, behind the perfect subtrees of `edge` (RFC 6962, 2.1)."""
    nodes = nodes or sha256(b"").digest()
    while len(nodes) > 32:  # an odd last node is carried up
        even = len(nodes) & -64
        nodes = b"".join([sha256(b"\1" + two).digest() for (two,) in iter_unpack("64s", nodes[:even])]) + nodes[even:]
    for left in reversed(edge):
        nodes = sha256(b"\1" + left + nodes).digest()
    return nodes


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
restore-checked store officer:name looked:count back:count; proof-given officer:name recipient found:flag run:slug?;
vouching vouched:name vouched_role vouched_key:key {SIGNED}"""
FIELDS = {name: sorted(["type", "at:instant", *fields]) for name, *fields in map(str.split, TYPE_TABLE.split(";"))}
TYPES = {name: dict((of + ":slug").split(":")[:2] for of in fields) for name, fields in FIELDS.items()}


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


LISTS = {kind + "[]": r"\[(?:%s(?:,%s)*)?\]" % (one, one) for kind, one in KINDS.items()}
FIELD = {kind: '"%%s":%s,' % one for kind, one in {**KINDS, **LISTS}.items()}
FIELD.update({kind + "?": "(?:%s)?" % one for kind, one in FIELD.items()})
PATTERNS = {name: re.compile("{%s}" % "".join(FIELD[of[field]] % field for field in of)) for name, of in TYPES.items()}
DID = dict(zip(KINDS["gone"][4:-2].split("|"), ["destroy", "blank", "redact", "truncate", "generalise", "keep-only"]))
FORMAT, COLUMNS, HEX, SHAPES = "winnow-certificate-v1", "destroyed kept held failed", b"0123456789abcdef", 512
KNOWN_LIMITS = ("f58f1a0ef77879f096778c45d12763a69a983e1f855191c92216e55402e3fb28",)  # every wording so far
LINE = ("store", "class_name", "rule", "outcome", "reason", "grade", "count", "recovered", "from_month", "to_month")
NAMED_BY = {"schedule": "hash", "adoption": "schedule", "approval": "run", "run-opened": "run", "backup": "set"}
NAMED_BY["hold"] = NAMED_BY["release"] = "hold"
NEEDS = {"adoption": "schedule", "approval": "adoption", "run-opened": "approval", "release": "hold"}
NEEDS["backup-expired"], GOOD, ONCE = "backup", ("added", "rotated"), ("hold", "release", "approval", "run-opened")
BOARD, MARK, OWN, OF_RUN = "dpo approver manager", b'"commitment":"', "run store", "proposal schedule"
MAY = {"decisions": "dpo manager counsellor", "approval": "approver manager", "vouching": BOARD}  # who may sign
MAY.update(dict.fromkeys(("adoption", "hold", "release"), BOARD), confirmation=BOARD + " counsellor technical")


class Log:
    """Takes the leaves in order and collects everything that does not hold."""

    def __init__(self) -> None:
        self.problems: List[Tuple[Optional[int], str]] = []  # each with the index of its entry
        self.index, self.at, self.size, self.root = None, "", 0, b""  # type: Any, str, int, bytes
        self.by_type: Dict[str, Dict[int, Leaf]] = {name: {} for name in TYPES}  # by index
        self.shapes, self.runs, self.known = {}, {}, {}  # type: Dict[bytes, Any], Dict[str, Any], Dict[Tuple[str, str], int]
        self.owner, self.said = {}, {}  # type: Dict[str, Tuple[str, str]], Dict[Optional[str], Leaf]

    def need(self, holds: Any, text: str) -> bool:
        """Note a failure, at the entry being judged, unless it holds."""
        if not holds and len(self.problems) < MAX_PROBLEMS:
            self.problems.append((self.index, text))
        return bool(holds)

    def take(self, start: int, entries: Sequence[bytes]) -> None:
        """Judge leaves in the light of those before them; one of a known shape by what is its own alone."""
        for self.index, data in enumerate(entries, start):
            place = data.find(MARK) + len(MARK)
            for rest, (size, unpack, shape) in self.shapes.get(data[:place], {}).items():
                if size == len(data):
                    own, middle, tag, end, version, last = unpack(data)
                    known = (middle, end, last) == rest and own[64:] in shape.months
                    action = shape.intents.pop(own + tag, "") if known and shape.line else ""
                    if known and (action or not (own[:64] + tag + version).translate(None, HEX)):
                        self.take_record(shape, action, own, tag)
                        break
            else:
                self.take_leaf(data, place)

    def take_leaf(self, data: bytes, place: int) -> None:
        """Judge one leaf of no known shape."""
        leaf, before = read_leaf(data), len(self.problems)
        if not self.need(leaf, "not a canonical leaf: its type, a field or its spelling is not allowed"):
            return
        kind, run = leaf["type"], self.runs.get(leaf.get("run", ""))
        self.need(leaf["at"] >= self.at, "its time is earlier than that of the entry before")
        if leaf["at"] != self.at or "commitment" not in leaf or len(self.shapes) > SHAPES:
            self.at, self.shapes = leaf["at"], {}  # what they were judged by changes
        inside = "run" in TYPES[kind] and kind not in ("approval", "run-opened", "key", "proof-given")
        if not self.need(not inside or (run and (run.closed < 0 or kind == "verify")), "its run is not open"):
            return
        if "commitment" not in leaf:
            self.by_type[kind][self.index] = leaf
            return self.take_other(self.index, leaf, run)
        shape, same = self.shape(leaf, run), self.shapes.setdefault(data[:place], {})
        own, tag = ('%(commitment)s","due_month":"%(due_month)s' % leaf).encode(), leaf["tag"].encode()
        shape.months.add(own[64:])
        if before == len(self.problems) < MAX_PROBLEMS and len(own) == 86 and len(same) < 16:
            at, last = data.index(b'"tag":"') + 7, 64 * (kind == "intent")  # an intent ends with its version
            cut = Struct("%dx86s%ds64s%ds%ds2s" % (place, at - place - 86, len(data) - at - last - 66, last)).unpack
            same.setdefault(cut(data)[1::2], (len(data), cut, shape))
        self.take_record(shape, shape.intents.pop(own + tag, "") if shape.line else "", own, tag)

    def take_other(self, index: int, leaf: Leaf, run: Any) -> None:
        """Everything but intents and outcomes: what is used must be known before, what people say they must sign."""
        kind, needed, named = leaf["type"], NEEDS.get(leaf["type"], ""), NAMED_BY.get(leaf["type"], "type")
        known = not needed or (needed, leaf[NAMED_BY[needed].replace("hash", "schedule")]) in self.known
        self.need(known, "the log has no earlier %s for it" % needed)
        self.need((kind, leaf[named]) not in self.known or kind not in ONCE, "its name is already taken")
        self.known[kind, leaf[named]] = index
        if "signature" in leaf:
            fields = pick(leaf, " ".join({*leaf} - {"type", "at", "signature"}))
            body = json.dumps(fields, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
            text = ("winnow-statement-v1\n%s\n%s" % (kind, body)).encode()
            holds = signature_holds(a2b_base64(leaf["key"]), text, a2b_base64(leaf["signature"]))
            own = self.owner.get(leaf["key"]) == (leaf["officer"], leaf["role"])
            self.need(holds, "the signature of %s does not hold" % leaf["officer"])
            self.need(own, "not signed with a key of %s, %s" % (leaf["officer"], leaf["role"]))
            own = (leaf["officer"], leaf["role"]) == (leaf.get("vouched"), leaf.get("vouched_role"))  # their next key
            self.need(own or leaf["role"] in MAY[kind].split(), "the role %s may not sign it" % leaf["role"])
            self.need(leaf["signed_at"] <= leaf["at"], "signed later than it was logged")
            self.said[sha256(text).hexdigest() if kind == "decisions" else leaf.get("vouched_key")] = leaf
        if kind == "run-opened":
            run = argparse.Namespace(opened=index, leaf=leaf, last=index, closed=-1, closing={}, lines={}, intents={})
            run.approval, run.lists, run.months = self.known.get(("approval", leaf["run"]), -1), {}, set()
            self.runs[leaf["run"]] = run
            same = pick(leaf, OF_RUN) == pick(self.by_type["approval"].get(run.approval, leaf), OF_RUN)
            self.need(same, "its approval is for another proposal or schedule")
        elif kind == "run-closed":
            self.close(index, leaf, run)
        elif kind == "approval":
            adopted = [one["schedule"] for one in self.by_type["adoption"].values()]
            self.need(leaf["schedule"] in adopted[-1:], "its schedule is not the one that was adopted last")
            decided = [self.said.get(digest, {"proposal": "", "officer": ""}) for digest in leaf["decisions"]]
            rests = decided and all(one["proposal"] == leaf["proposal"] for one in decided)
            self.need(rests, "rests on no decision, or on one that the log does not hold for this proposal")
            alone = leaf["officer"].casefold() in [one["officer"].casefold() for one in decided]
            self.need(not alone, "%s approved what the same person recommended" % leaf["officer"])
        elif kind == "key" and leaf["purpose"] == "officer":
            key, who = leaf.get("key", ""), (leaf.get("officer", ""), leaf.get("role", ""))
            self.need(key and who[0] and self.owner.get(key, who)[0] == who[0], "no key, another's, or a revoked one")
            self.owner[key], said = who if leaf["event"] in GOOD else ("", ""), self.said.get(key, {})
            vouched = (said.get("vouched"), said.get("vouched_role")) == who or not self.by_type["adoption"]
            self.need(vouched or leaf["event"] not in GOOD, "no officer has signed for the key of %s" % who[0])

    def shape(self, leaf: Leaf, run: Any) -> Any:
        """Judge what many records have in common: their approval, their store and who confirmed."""
        action, numbers = leaf.get("action") or DID.get(leaf.get("outcome", ""), ""), leaf.get("confirmations", [])
        if "approval" in leaf:
            if self.need(leaf["approval"] == run.approval, "no earlier approval of its run"):
                approval, checked = self.by_type["approval"][run.approval], leaf.get("holds_checked_at", leaf["at"])
                self.need(leaf["at"] >= approval["not_before"], "the cooling-off time was not over")
                self.need(approval["at"] <= checked <= leaf["at"], "holds not checked after the approval and before it")
            self.need(leaf["store"] in run.leaf["stores"], "a store that its run does not name")
        said = [self.by_type["confirmation"].get(at, {"run": "", "store": "", "officer": ""}) for at in numbers]
        self.need(all(pick(one, OWN) == pick(leaf, OWN) for one in said), "names a confirmation not its own")
        key = tuple(leaf.get(n, "failed") for n in ("store", "class", "rule", "outcome", "reason", "grade"))
        alone = len({one["officer"].casefold() for one in said}) < 2  # where no program can look, two people sign
        self.need(not (alone and key[3] in DID and key[0] in run.leaf["manual"]), "not confirmed by two people")
        line = run.lines.setdefault(key, [0, 0, set()]) if leaf["type"] != "intent" else None
        found = argparse.Namespace(run=run, line=line, action=action, months=line[2] if line else run.months)
        found.intents = run.intents.setdefault(tuple(leaf[name] for name in ("store", "class", "batch", "rule")), {})
        found.recovered, found.first = leaf.get("recovered"), leaf["type"] in ("intent", "kept")
        found.lists = [run.lists.setdefault(n, []) for n in ([leaf.get("approval", -1)] if found.first else numbers)]
        found.around = "\n{store}\n{class}\n{rule}\n".format(**leaf).encode(), b"\n" + action.encode()
        return found

    def take_record(self, shape: Any, action: str, own: bytes, tag: bytes) -> None:
        """One intent a record, one outcome; nothing is destroyed or fails without an intent that says the same."""
        shape.run.last = self.index
        if shape.line:
            shape.line[shape.recovered] += 1
        else:
            shape.intents[own + tag] = shape.action
        if action and shape.action not in ("", action):
            self.need(False, "says something else than its intent")
        elif not (action or shape.first):
            self.need(False, "an outcome without an earlier intent that says the same, or a second outcome")
        elif shape.lists and not (action and shape.first):  # what people signed for: commitment, index, hash
            digest = sha256(b"\0" + own[:64] + shape.around[0] + own[79:] + shape.around[1]).digest()
            for one in shape.lists:
                one.append(unhexlify(own[:64]) + self.index.to_bytes(5, "big") + digest)

    def once(self, run: Any) -> None:
        """No record is meant, or kept, twice."""
        rows = sorted(run.lists.get(-1, []) + run.lists.get(run.approval, []))
        for self.index in [int.from_bytes(b[32:37], "big") for b, a in zip(rows[1:], rows) if a[:32] == b[:32]]:
            self.need(False, "a second intent or outcome for one record")

    def close(self, index: int, leaf: Leaf, run: Any) -> None:
        """A run closes when every intent has its outcome, and every signed root and every count agrees."""
        self.once(run)
        self.index, run.closed, run.closing = index, index, leaf
        self.need(not any(run.intents.values()), "closes while an intent has no outcome")
        self.need((leaf["first"], leaf["last"]) == (run.opened, run.last), "its first or last entry is another")
        totals, gone = dict.fromkeys(COLUMNS.split(), 0), {}  # type: Dict[str, int], Dict[Tuple[str, ...], int]
        for key, line in run.lines.items():
            totals[key[3] if key[3] in totals else "kept"] += line[0] + line[1]
            gone[key[:2]] = gone.get(key[:2], 0) + (line[0] + line[1]) * (key[3] in ("destroyed", "unlinked"))
        totals["due"] = sum(totals.values())
        self.need(pick(leaf, "due " + COLUMNS) == totals, "its counts are not those of its entries")
        for number, one in [*self.by_type["approval"].items(), *self.by_type["confirmation"].items()]:
            rows = [row[37:] for row in sorted(run.lists.get(number, []))]
            found = {**pick(leaf, "due undatable"), "count": len(rows), "root": tree_root(b"".join(rows)).hex()}
            same = one["run"] != leaf["run"] or all(one.get(name, found[name]) == found[name] for name in found)
            self.need(same, "it is not what %s signed for in entry %d" % (one["officer"], number))
        for one in [one for one in self.by_type["books"].values() if one["run"] == leaf["run"]]:
            left = one["before"] + one["created"] - one["destroyed"] - one["others"] - one["outside"]
            same = (left, one["destroyed"]) == (one["after"], gone.get((one["store"], one["class"]), 0))
            self.need(same, "the books of %s, %s do not balance" % (one["store"], one["class"]))
        run.intents, run.lists = {}, {}

    def certificate(self, run: Any, note: str) -> Leaf:
        """Write the certificate of a closed run anew, from the log alone."""
        opened, closing, of = run.leaf, run.closing, {k: list(v.values()) for k, v in self.by_type.items()}
        mine = {kind: [one for one in of[kind] if one.get("run") == opened["run"]] for kind in of}
        schedule = next(one for one in of["schedule"] if one["hash"] == opened["schedule"])
        adopted = [one for i, one in self.by_type["adoption"].items() if i < run.closed]
        adopted = [one for one in adopted if one["schedule"] == opened["schedule"]]
        decided = {digest for approval in mine["approval"] for digest in approval["decisions"]}
        did = [one for digest, one in self.said.items() if digest in decided]
        acts = dict(adopted=adopted, recommended=did, approved=mine["approval"], confirmed=mine["confirmation"])
        kept = [one for one in of["backup"] if one["store"] in opened["stores"] and one["taken"] <= closing["at"][:10]]
        expired, lines = {one["set"] for one in of["backup-expired"]}, []
        for key, (first, again, due) in sorted(run.lines.items()):
            lines.append(dict(zip(LINE, [*key, first + again, again, min(due)[15:].decode(), max(due)[15:].decode()])))
        until = max([one["expires"] for one in kept if one["set"] not in expired], default="")
        return {
            **pick(opened, "certificate=run authority tool as_of opened_at=at schedule_hash=schedule"),
            **pick(schedule, "schedule_name=name schedule_version=version schedule_file=file"),
            **{"closed_at": closing["at"], "first_leaf": run.opened, "closing_leaf": run.closed, "format": FORMAT},
            **{"adopted_minutes": sorted({one["minute"] for one in adopted}), "checkpoint": note},
            **{"totals": pick(closing, "due undatable " + COLUMNS), "not_searched": sorted(closing["not_searched"])},
            "officers": [{"did": act, **pick(one, "officer role signed_at")} for act in acts for one in acts[act]],
            "lines": lines,
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
        plain = all(not info.flag_bits & 1 and info.compress_type in (0, 8) for info in self.infos.values())
        small = sum(info.file_size for info in self.infos.values()) <= MAX_TOTAL_BYTES
        single = len(self.infos) == len(self.zip.infolist()) <= MAX_FILES
        insist(plain and small and single, "encrypted, too large, or with two files of one name")

    def read(self, name: str, proven: bool = False) -> bytes:
        """Return the bytes of a file, remembering their digest unless the tree proves them."""
        insist(name in self.infos and self.infos[name].file_size <= MAX_FILE_BYTES, "missing or large: " + ascii(name))
        data = self.zip.open(self.infos[name]).read(MAX_FILE_BYTES)
        self.digests[name] = "" if proven else sha256(data).hexdigest()
        return data

    def entries(self, number: int, count: int) -> List[bytes]:
        """Return the leaves of an entry bundle: each after its length, and exactly so many."""
        digits = re.sub("([0-9]{3})(?=[0-9])", r"x\1/", str(number).zfill((len(str(number)) + 2) // 3 * 3))
        data, leaves, at = self.read("entries/" + digits, True), [], 0
        while at < len(data) - 1:
            start, at = at + 2, at + 2 + (data[at] << 8 | data[at + 1])
            leaves.append(data[start:at])
        insist((at, len(leaves)) == (len(data), count), "entries are missing or too many from %d on" % (256 * number))
        return leaves


def check_bundle(bundle: Bundle, log: Log, origin: str, keys: Dict[Any, bytes], held: List[str], wanted: str) -> None:
    """Check everything. Raises Failed where nothing further can be checked."""
    log.size, log.root = open_checkpoint(note := bundle.read("checkpoint").decode(), origin, keys, "the checkpoint")
    held = [one.partition("\n\n")[2] if one.startswith("c2sp.org/tlog-proof@v1\n") else one for one in held]
    older = [open_checkpoint(one, origin, keys, "the checkpoint that you kept") for one in held]
    names = [name for name in bundle.infos if re.fullmatch(r"proofs/[0-9]{1,15}\.tlog-proof", name)]
    proofs = {int(name[7:-11]): bundle.read(name).decode() for name in names}
    edge, roots, leaves = [], {}, {}  # type: List[bytes], Dict[int, bytes], Dict[int, bytes]
    for start in range(0, log.size, PER_FILE):
        entries = bundle.entries(start // PER_FILE, min(PER_FILE, log.size - start))
        hashes = b"".join([sha256(b"\0" + entry).digest() for entry in entries])
        leaves.update((index, hashes[32 * (index - start) :][:32]) for index in proofs if index >= start)
        marks = [size for size, _ in ((log.size, log.root), *older) if 0 < size - start <= PER_FILE]
        roots.update((size, tree_root(hashes[: 32 * (size - start)], edge)) for size in marks)
        node, carry = tree_root(hashes), start // PER_FILE
        while carry & 1:
            node, carry = sha256(b"\1" + edge.pop() + node).digest(), carry >> 1
        edge.append(node)
        log.take(start, entries)
    list(map(log.once, [run for run in log.runs.values() if run.closed < 0]))
    log.index = None
    log.need(roots[log.size] == log.root, "the entries are not those that the checkpoint was signed for")
    for size, old in older:
        log.need(size <= log.size, "cut short, or older than the checkpoint that you kept (%d entries)" % size)
        log.need(roots.get(size, old) == old, "rewritten: the first %d entries are not those you know" % size)
    for index, text in proofs.items():
        lines, _, tail = text.partition("\n\n")
        path = [unbase64(line, "a hash of a proof") for line in lines.split("\n")[2:66]]
        same = lines.split("\n")[:2] == ["c2sp.org/tlog-proof@v1", "index %d" % index] and tail == note
        proven = same and path_root(index, log.size, leaves.get(index, b""), path) == log.root
        log.need(proven, "the proof of entry %d does not lead to the checkpoint" % index)
    schedules = {one["file"] for one in log.by_type["schedule"].values()}
    if wanted or "certificate.json" in bundle.infos:
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
        schedules = {true["schedule_file"]}
    log.need(sha256(bundle.read("schedule.yaml")).hexdigest() in schedules, "schedule.yaml is not the one adopted")
    listed = open_note(bundle.read("manifest").decode(), keys, "the manifest")
    list(map(bundle.read, set(bundle.infos) - set(bundle.digests)))
    files = [bundle.digests[name] + " " + name for name in sorted(bundle.digests) if name != "manifest"]
    listed = [re.sub("^[0-9a-f]{64} entries/", " entries/", line) for line in listed]  # the tree proves those
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
        bundle = Bundle(what := options.bundle)
        check_bundle(bundle, log, origin, keys, texts[len(options.key) :], options.certificate)
    except Exception as error:  # noqa: BLE001 - whatever a hostile file makes the readers raise, the answer is a sentence
        if not (bundle and isinstance(error, Failed)):
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
