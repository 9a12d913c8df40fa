"""Many canaries through every field of a charity, and a search of every byte that is not a store for any of them.

`python -m tests.canaries --canaries 1000000`. A year of flows, good and failing, is run over a charity large enough;
then the project folder, the ledgers it had on the way, Prefect's home, temporary files and all that was printed are
searched for canaries and for the keys of what was destroyed. What extracts may keep is tested with the redaction.
Ends with 1 where something is found.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
from contextlib import nullcontext
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.functional.canary_faults import APPROVED
from tests.functional.canary_search import CANARY, STORES, contents_of, count_canaries, files_in, found, ours, run_year

DESTROYED = "C000006"  # whose whole file the run destroys; two released holds named it
PER_CLIENT = 10  # canaries, at the least
MOST_CLIENTS = 3_000  # beyond it long texts hold more of them
KEY = re.compile(rb"(?<![A-Za-z0-9])[A-Z]\d{6,7}(?!\d)")


def lingering(folder: Path, printed: bytes) -> list[str]:
    """Where canaries, or keys of what was destroyed, are found outside the stores."""
    charity = folder / "charity"
    places = [*ours(charity), folder / "prefect", folder / "tmp", folder / "home"]
    failing = [path for place in (folder / "failing").iterdir() for path in ours(place)]
    names = {name for name, _ in found([CANARY], *places, *failing, but=("extract-",))}
    destroyed = json.loads((folder / "destroyed.json").read_text())
    keys = {line["key"].encode() for line in destroyed} | {
        line["subject"].encode() for line in destroyed if line["class"] in ("client", "volunteer")
    }
    for path in files_in(*places):
        names.update(f"{name} (a key)" for name, data in contents_of(path) if keys & set(KEY.findall(data)))
    if CANARY.lower().encode() in printed.lower() or keys & set(KEY.findall(printed)):
        names.add("printed")
    return sorted(names)


def main() -> int:
    """Run the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--canaries", type=int, default=20_000)
    parser.add_argument(
        "--folder", type=Path, help="an empty folder that keeps all that was made; else a temporary one"
    )
    options = parser.parse_args()
    with nullcontext(options.folder) if options.folder else TemporaryDirectory(prefix="winnow-canaries-") as place:
        folder = Path(place).resolve()
        clients = min(options.canaries // PER_CLIENT + 1, MOST_CLIENTS)
        ran = run_year(folder, DESTROYED, clients, None, max(0, options.canaries - clients * PER_CLIENT))
        if ran.returncode:
            sys.stdout.write(ran.stdout.decode(errors="replace")[-4000:])
            return 1
        stores = [folder / APPROVED / name for name in (*STORES, "documents")]  # before the run destroys some
        count, names = count_canaries(*stores), lingering(folder, ran.stdout)
    sys.stdout.write("".join(f"found in {name}\n" for name in names))
    sys.stdout.write(f"{count:,} canaries in the stores, {len(names)} places outside them that hold one\n")
    return int(bool(names) or count < options.canaries)


if __name__ == "__main__":
    sys.exit(main())
