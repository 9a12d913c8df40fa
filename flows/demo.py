"""The demo's main job, as real Prefect flows: `python -m flows.demo --folder demo`.

People's own steps (deciding, approving, confirming paper) stand between the flows as they would in life.
"""

from __future__ import annotations

import argparse
import json
import signal
import sys
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from connectors.bundle_file import write_whole
from connectors.ledger import log, proposals, sifts
from connectors.settings import SystemClock, read_settings
from flows.destruction import destroy_approved_run
from flows.sift import annual_sift
from flows.statistics_release import pseudonymised_extract, quarterly_statistics
from flows.watch import nightly_watch
from operations import demo
from operations.certify import certify
from operations.project import Project
from operations.verify import verify
from rules.errors import WinnowError
from rules.evidence.certificate import certificate_of
from rules.evidence.leaf import decode
from rules.review.values import Kind

PURPOSES = ("statistics", "supervision")
SUMMARY = "summary.json"
STOPPED = 130  # as shells have it for Ctrl-C


def main(arguments: Sequence[str]) -> int:
    """Run the demo; 0 when its evidence verifies, 1 when it does not, 2 for options that cannot be used."""
    options = _options(arguments)
    console = Console(stderr=True)
    try:
        summary = run_demo(options, console)
    except WinnowError as error:
        console.print(str(error), style="red", markup=False)
        return error.exit_status
    except KeyboardInterrupt:
        return STOPPED
    if options.json:
        sys.stdout.write(json.dumps(summary, indent=2) + "\n")
    else:
        _show(summary)
    return 0 if summary["verified"] else 1


def _options(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="winnow demo", description=__doc__)
    parser.add_argument("--folder", type=Path, default=Path("demo"), help="where the demo charity is written")
    parser.add_argument("--clients", type=int, default=demo.CLIENTS, help="how many clients the charity has")
    parser.add_argument("--seed", type=int, default=demo.SEED, help="the same seed invents the same charity")
    parser.add_argument("--database", default="", help="URL of an empty database for the casework store")
    parser.add_argument("--as-of", type=date.fromisoformat, default=None, help="the day on which the demo takes place")
    parser.add_argument("--json", action="store_true", help="print the summary as one JSON document")
    return parser.parse_args(arguments)


def run_demo(options: argparse.Namespace, console: Console) -> dict[str, Any]:
    """Everything from the invention of the charity to the verified evidence; returns the summary."""

    def say(text: str) -> None:
        console.print(f"· {text}", markup=False, highlight=False)

    wanted = demo.DemoOptions(options.folder.absolute(), options.clients, options.seed, options.database, options.as_of)
    project = demo.set_up(wanted, SystemClock(), read_settings(), say)
    folder, as_of = str(project.folder), (options.as_of or project.today()).isoformat()
    say("Sifting every store (flow annual-sift)")
    proposal = str(annual_sift(project=folder, as_of=as_of))
    say("Statistics, protected and attacked (flow quarterly-statistics)")
    quarterly_statistics(project=folder, as_of=as_of)
    say("The DPO recommends, the approver approves; the demo's cooling-off time is zero days")
    run = demo.take_decisions(project, proposal)
    demo.keep_for_show(project)
    say("Destroying what was approved (flow destroy-approved-run)")
    destroy_approved_run(run=run, project=folder)
    say("Two people sign the work lists for paper and the hosted system")
    demo.sign_work_lists(project, run, project.today())
    say("Pseudonymised extracts for two purposes, of those who remain")
    for purpose in PURPOSES:
        pseudonymised_extract(purpose=purpose, project=folder, as_of=as_of)
    say("Checking the log and signing a heartbeat (flow nightly-watch)")
    nightly_watch(project=folder)
    return summarise(project, proposal, run)


def summarise(project: Project, proposal: str, run: str) -> dict[str, Any]:
    """Write summary.json for a closed run, and return it: counts, ids and the paths of what was written."""
    certified = certify(project, run)
    verified = verify(certified.bundle, [certified.key])
    leaves = [decode(data) for _, data in log.read_leaves(project.ledger)]
    certificate = certificate_of(leaves, run, project.sign_log())
    frozen = proposals.get(project.ledger, proposal)
    assert frozen is not None  # the sift has just frozen it
    counts = dict.fromkeys(Kind, 0)
    for row in sifts.counts(project.ledger, frozen.sift):
        counts[row.kind] += row.n
    totals = certificate.totals
    head = log.read_head(project.ledger)
    out = project.settings.out
    summary: dict[str, Any] = {
        "first_line": f"due {totals['due']} = destroyed {totals['destroyed']} + kept {totals['kept']}"
        f" + held {totals['held']} + failed {totals['failed']}; undatable {totals['undatable']}",
        **totals,
        **{kind.value: counts[kind] for kind in Kind if kind not in (Kind.PAST_RETENTION, Kind.HELD, Kind.UNDATABLE)},
        **demo.released(project),
        "log_size": head.size,
        "checkpoint": head.root,
        "verified": verified.status == 0,
        "as_of": frozen.as_of.isoformat(),
        "cooling_off_days": project.settings.cooling_off_days,
        "files": sorted(str(path.relative_to(project.folder.parent)) for path in {*out.iterdir(), out / SUMMARY}),
    }
    write_whole(out / SUMMARY, (json.dumps(summary, indent=2) + "\n").encode())
    return summary


def _show(summary: dict[str, Any]) -> None:
    table = Table(title=summary["first_line"], title_justify="left", title_style="bold", show_header=False)
    table.add_column("what")
    table.add_column("figure", overflow="fold")
    rows = {
        "beyond the minimum": summary["beyond_minimum"],
        "dormant": summary["dormant"],
        "quality": summary["quality"],
        "control breaches": summary["control_breach"],
        "unclaimed": summary["unclaimed"],
        "published cells": summary["published"],
        "suppressed cells": summary["suppressed"],
        "log size": summary["log_size"],
        "checkpoint": summary["checkpoint"],
        "verified": "yes" if summary["verified"] else "NO",
        "cooling-off": f"{summary['cooling_off_days']} days (the demo only; 7 by default)",
    }
    for name, value in rows.items():
        table.add_row(name, str(value))
    console = Console()
    console.print(table)
    console.print("Written:")
    for path in summary["files"]:
        console.print(f"  {path}", markup=False, highlight=False)


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # so that Prefect ends its own server
    sys.exit(main(sys.argv[1:]))
