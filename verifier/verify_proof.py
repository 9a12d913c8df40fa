"""Check a person's own proof: python3 -I verify_proof.py PROOF --key winnow.vkey

It needs verify_winnow.py beside it, Python 3.8 or later, and nothing else. The key comes from the file that you were
given (--key), never from the proof. Exit status: 0 everything holds, 1 a check failed, 2 the input can't be read.
"""

from __future__ import annotations

import argparse
import hmac
import json
import sys
from hashlib import sha256
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Any, List, Optional

MAX_BYTES = 32 << 20


def beside(name: str) -> Any:
    """Load a module that lies beside this file: an isolated Python does not look there by itself."""
    spec = spec_from_file_location(name, str(Path(__file__).resolve().with_name(name + ".py")))
    module = module_from_spec(spec)  # type: ignore[arg-type]
    sys.modules[name] = module
    spec.loader.exec_module(module)  # type: ignore[union-attr]
    return module


def check_entry(base: Any, entry: Any, origin: str, keys: Any) -> Any:
    """Return what one entry says once its proof leads to a signed checkpoint and its tag is that of the case number."""
    data = entry["leaf"].encode()
    lines, _, note = entry["proof"].partition("\n\n")
    first, index, *path = lines.split("\n")
    if first != "c2sp.org/tlog-proof@v1" or not index.startswith("index ") or not index[6:].isdigit():
        raise base.Failed("the proof of an entry is not a C2SP proof")
    size, root = base.open_checkpoint(note, origin, keys, "the checkpoint of an entry")
    hashes = [base.unbase64(line, "a hash of a proof") for line in path[:64]]
    number = int(index[6:])
    if number >= size or base.path_root(number, size, sha256(b"\0" + data).digest(), hashes) != root:
        raise base.Failed("the proof of entry %d does not lead to the checkpoint" % number)
    key, leaf = bytes.fromhex(entry["case_key"]), base.read_leaf(data)
    tag = hmac.new(key, b"t\0" + entry["case_number"].encode(), sha256).hexdigest()
    if len(key) != 32 or not leaf or leaf.get("tag") != tag:
        raise base.Failed("entry %d is not about this case number" % number)
    return dict(leaf, index=number, case_number=entry["case_number"])


def main(arguments: Optional[List[str]] = None) -> int:
    """Run the command line; return the exit status."""
    parser = argparse.ArgumentParser(
        description="Check a person's own proof. Exit status: 0 holds, 1 not, 2 unreadable."
    )
    parser.add_argument("proof", help="the proof file")
    parser.add_argument("--key", action="append", required=True, help="the log's public key, from someone you trust")
    parser.add_argument("--json", action="store_true", help="answer in JSON")
    options = parser.parse_args(arguments)
    try:
        base = beside("verify_winnow")
        texts = []
        for name in (options.proof, *options.key):
            with open(name, encoding="utf-8-sig") as file:
                texts.append(file.read(MAX_BYTES))
        origin, keys = base.read_keys("\n".join(texts[1:]))
        document = json.loads(texts[0])
        entries = document["entries"] if document["format"] == "winnow-proof-v1" else None
        found, problem = [], "" if entries else "it opens no entry"
        try:
            found = [check_entry(base, entry, origin, keys) for entry in entries or []]
        except base.Failed as failed:
            problem = str(failed)
    except Exception as error:  # noqa: BLE001 - whatever a broken file makes the readers raise, the answer is a sentence
        print("Can't read the proof or the key: %s" % type(error).__name__)
        return 2
    line = "{at}  case {case_number}: {class} in {store}, rule {rule}, due {due_month}: {outcome} (entry {index})"
    said = [line.format(**{"outcome": leaf["type"], **leaf}) for leaf in found]
    said += ["FAILED: " + problem, "NOT VERIFIED"] if problem else ["VERIFIED: the log %s says so" % origin]
    answer = json.dumps({"verified": not problem, "origin": origin, "entries": found, "problem": problem})
    text = answer if options.json else "\n".join(said)
    sys.stdout.buffer.write(text.encode(sys.stdout.encoding or "ascii", "backslashreplace") + b"\n")
    return 1 if problem else 0


if __name__ == "__main__":
    sys.exit(main())
