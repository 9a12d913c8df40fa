"""README.txt of the evidence bundle: what the files are, what to type, and what the answer is worth."""

from __future__ import annotations

import textwrap

WIDTH = 76

_PARTS = (
    (
        "What this is",
        "Evidence of the destruction of records by {organisation}, run {certificate}. It holds no client's name, case"
        " number or record. Officers who decided are named.",
    ),
    (
        "What to do",
        "You need Python 3.8 or later; nothing else, and no network. Get {key_file} from where the organisation"
        " published it, never from this bundle. Then type:",
    ),
    ("", "    python3 -I verify_winnow.py {bundle} --key {key_file}"),
    (
        "",
        "It prints what it checked and ends with exit status 0 (everything holds), 1 (a check failed) or 2 (it could"
        " not read what it was given). verify_winnow.py is one file that you can read through. If you have a copy"
        " from an earlier year or from somewhere else, use that one.",
    ),
    (
        "If you kept an earlier checkpoint",
        "Every certificate ends with a checkpoint, in print and as a QR code. Save the one of an earlier certificate"
        " to a file and add --checkpoint FILE. Only then does the answer not depend on trusting the organisation:"
        " nothing that lay below that checkpoint can have been changed, not even with the log's key.",
    ),
    (
        "The files",
        "",
    ),
    ("", "    checkpoint         the log's size and root, signed"),
    ("", "    entries/           every entry of the log (C2SP tlog-tiles bundles)"),
    ("", "    what-happened.html the run in plain English: start here"),
    ("", "    certificate.html   the certificate to read, and .pdf to print"),
    ("", "    certificate.json   the certificate; the verifier derives it anew"),
    ("", "    proofs/            proof that the run's last entry is in the log"),
    ("", "    schedule.yaml      the retention schedule that the run obeyed"),
    ("", "    manifest           a digest of every file here, signed"),
    ("", "    verify_winnow.py   the check"),
    (
        "What else to ask",
        "The seal shows that the log is whole, not that the decisions were right. Look at the certificate: are the"
        " reasons plausible, did two different people recommend and approve, were holds checked, did anything go"
        " outside the tool, do traces or mentions remain, which places were not searched, and when do the last backups"
        " expire? Ask to see the minute by which the"
        " schedule was adopted.",
    ),
    (
        "A person's own proof",
        "Entries carry keyed commitments in place of names. The data-protection officer can open the one entry of one"
        " person, for that person, without opening any other.",
    ),
    (
        "What it does not prove",
        "That the records were rightly due; that no copy remains in a place not searched, on paper not listed, or in"
        " a backup; that a disk holds no trace. Without an earlier checkpoint, also not that the holder of the"
        " log's key did not write the whole log anew.",
    ),
)


def auditor_readme(organisation: str, certificate: str, bundle: str, key_file: str) -> str:
    """Return README.txt for the evidence bundle: plain text, lines of at most 76 characters, ending in a newline.

    `certificate` is the run's id, `bundle` and `key_file` are file names.
    """
    values = {"organisation": organisation, "certificate": certificate, "bundle": bundle, "key_file": key_file}
    out = ["EVIDENCE OF DESTRUCTION", "=" * 23]
    for heading, body in _PARTS:
        if heading:
            out += ["", heading, "-" * len(heading)]
        text = body.format(**values)
        if text.startswith("    "):
            out.append(text)  # a command or a table: never wrapped
        elif text:
            out += ["", *textwrap.wrap(text, WIDTH, break_long_words=False, break_on_hyphens=False), ""]
    return "\n".join(out).replace("\n\n\n", "\n\n").rstrip() + "\n"
