"""The verb key: the log's key changed and retired, run keys sealed anew, the key of a run destroyed."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from connectors.key_changes import vkeys
from connectors.keys import LOG_VKEY, RETIRED_VKEY
from console.asking import passphrase_of, passphrases_of, typed
from console.options import ByOption, JsonOption, PassphraseOption, PassphrasesOption, ProjectOption, here, verbs
from console.screen import document, say, table
from operations import key_changes as changing
from operations.lost_key import WORDS, replace_lost_log_key

app = verbs("Change the log's key or the DPO's sealing key; destroy the key of a run.")


@app.command("list")
def list_keys(project: ProjectOption = Path(), as_json: JsonOption = False) -> None:
    """List the log's public keys, and to whom the key of each run is sealed.

    Example: winnow key list
    """
    opened = here(project)
    signing, retired = ([key.to_text() for key in vkeys(opened.keys, name)] for name in (LOG_VKEY, RETIRED_VKEY))
    holders = changing.run_key_holders(opened)
    if as_json:
        document({"signing": signing, "retired": retired, "runs": holders})
        return
    rows = [(key, "signs") for key in signing] + [(key, "retired") for key in retired]
    table("Keys of the log", ("Key", "State"), rows)
    table("Keys of runs", ("Run", "Sealed to"), [(run, ", ".join(who) or "destroyed") for run, who in holders.items()])


@app.command("rotate")
def rotate(
    by: ByOption,
    passphrase_file: PassphraseOption = None,
    project: ProjectOption = Path(),
    as_json: JsonOption = False,
) -> None:
    """Give the log a new key. Until `winnow key retire`, the former one signs beside it, so both check everything.

    Example: winnow key rotate --by "Asha Patel"
    """
    opened = here(project)
    made = changing.rotate_log_key(opened, by, passphrase_of(by, passphrase_file, opened.environment))
    _said(as_json, made, f"New key of the log: {made}", "Publish keys/winnow.vkey again; then `winnow key retire`.")


@app.command("lost")
def lost(
    by: Annotated[
        list[str],
        typer.Option("--by", metavar="NAME", help="Who signs; two people, each named by a --by of their own."),
    ],
    confirm: Annotated[
        str | None, typer.Option("--confirm", metavar="WORDS", help="The typed words; asked for at a terminal.")
    ] = None,
    passphrase_file: PassphrasesOption = None,
    project: ProjectOption = Path(),
    as_json: JsonOption = False,
) -> None:
    """Go on with a new key when the log's is lost for good: no copy of keys/log.pem anywhere. Two people sign.

    The log goes on where it was. Auditors are given both public keys, and told by the two people, on paper, why there
    is a new one. A key that is there is changed with `winnow key rotate`.

    Example: winnow key lost --by "Asha Patel" --by "Tom Reid"
    """
    opened = here(project)
    signers = passphrases_of(by, passphrase_file or (), opened.environment)
    done = replace_lost_log_key(opened, signers, confirm if confirm is not None else typed(WORDS))
    if as_json:
        document(vars(done))
        return
    say(f"New key of the log: {done.key}", *(f"Lost: {key}" for key in done.lost))
    say(f"The last checkpoint under the lost key: {done.checkpoint}")
    say(
        "Give the auditor keys/winnow.vkey, keys/winnow-retired.vkey and that checkpoint, with a letter that both sign."
    )
    say("Publish keys/winnow.vkey again. Back up keys/ now.")


@app.command("retire")
def retire(
    by: ByOption,
    passphrase_file: PassphraseOption = None,
    project: ProjectOption = Path(),
    as_json: JsonOption = False,
) -> None:
    """Destroy the log's former key. What it signed alone is checked with keys/winnow-retired.vkey.

    Example: winnow key retire --by "Asha Patel"
    """
    opened = here(project)
    gone = changing.retire_log_key(opened, by, passphrase_of(by, passphrase_file, opened.environment))
    said = "Checkpoints from before the change are checked with --key winnow.vkey --key winnow-retired.vkey."
    _said(as_json, gone, f"Retired: {gone}", said)


@app.command("reseal")
def reseal(
    by: ByOption,
    passphrase_file: PassphraseOption = None,
    project: ProjectOption = Path(),
    as_json: JsonOption = False,
) -> int:
    """Give a DPO a new sealing key and seal the keys of all runs anew, to every DPO: one who came later opens them too.

    Ends with 1 where the old key did not open a run's key.

    Example: winnow key reseal --by "Asha Patel"
    """
    opened = here(project)
    done = changing.reseal(opened, by, passphrase_of(by, passphrase_file, opened.environment))
    if as_json:
        document(vars(done))
    else:
        say(f"The keys of {len(done.runs):,} runs are sealed anew.", *(f"Not opened: {run}" for run in done.unknown))
    return 1 if done.unknown else 0


@app.command("destroy")
def destroy(
    run: Annotated[str, typer.Argument(metavar="RUN", help="The closed run whose key is destroyed.")],
    by: ByOption,
    confirm: Annotated[
        str | None, typer.Option("--confirm", metavar="WORDS", help="The typed words; asked for at a terminal.")
    ] = None,
    passphrase_file: PassphraseOption = None,
    project: ProjectOption = Path(),
    as_json: JsonOption = False,
) -> None:
    """Make the entries of a run anonymous for ever: nobody can prove, or recognise after a restore, what it destroyed.

    Example: winnow key destroy run-2016-09-01-1 --by "Asha Patel"
    """
    opened = here(project)
    passphrase = passphrase_of(by, passphrase_file, opened.environment)
    words = changing.words_for(run)
    changing.destroy_run_key(opened, run, by, passphrase, confirm if confirm is not None else typed(words))
    said = "Sealed copies lie in backups of the ledger until those are gone."
    _said(as_json, run, f"The key of {run} is destroyed; its entries speak of nobody any more.", said)


def _said(as_json: bool, what: str, *words: str) -> None:
    if as_json:
        document({"key": what})
    else:
        say(*words)
