"""What a disk or a database says when it fails us, in words for people: a code alone tells nobody what to mend.

The text of the foreign error is never used: it may quote values (invariant 5).
"""

from __future__ import annotations

import errno

_FULL, _READ_ONLY, _BROKEN = "the disk is full", "the disk can only be read", "the disk reports an error"
_LOCKED, _GONE = "another program has it locked", "the server can't be reached, or broke off"
_NOT_ALLOWED, _DAMAGED = "this account is not allowed to", "the file is damaged: bring it back from a backup"
_TOO_MANY = "too many files are open on this machine"

# errno (POSIX): what the operating system says of files.
DISK = {
    errno.ENOSPC: _FULL,
    errno.EDQUOT: "this account has used up its share of the disk",
    errno.EROFS: _READ_ONLY,
    errno.EIO: _BROKEN,
    errno.EACCES: _NOT_ALLOWED,
    errno.EPERM: _NOT_ALLOWED,
    errno.EMFILE: _TOO_MANY,
    errno.ENFILE: _TOO_MANY,
    errno.EISDIR: "a folder is where a file should be",
    errno.ENOTDIR: "a file is where a folder should be",
    errno.EEXIST: "a file is where a folder should be",
    errno.ELOOP: "its link leads back to itself",
    errno.ESTALE: "the network share has gone",
    errno.ENODEV: "the disk has gone",
    errno.ENXIO: "the disk has gone",
    errno.ENOTCONN: "the network share has gone",
    errno.EHOSTDOWN: "the network share has gone",
}
# Codes by their beginning, the longest one first: SQLite's names, SQLSTATE (PostgreSQL appendix A), MariaDB's numbers.
_DATABASE = {
    "SQLITE_FULL": _FULL,
    "SQLITE_IOERR_SHM": f"{_FULL}, or its folder can't be written to",
    "SQLITE_IOERR": _BROKEN,
    "SQLITE_BUSY": _LOCKED,
    "SQLITE_LOCKED": _LOCKED,
    "SQLITE_READONLY": "it can only be read: look at the rights of the file and of its folder",
    "SQLITE_CANTOPEN": "it can't be opened: look at the rights of the file and of its folder",
    "SQLITE_PERM": _NOT_ALLOWED,
    "SQLITE_CORRUPT": _DAMAGED,
    "SQLITE_NOTADB": _DAMAGED,
    "53100": "the disk of the server is full",
    "53300": "the server has too many connections",
    "55P03": _LOCKED,
    "57P": _GONE,
    "08": _GONE,
    "25006": "the server can only be read now",
    "28": "the server does not let this account in",
    "42501": _NOT_ALLOWED,
    "3D000": "the server has no such database",
    "1021": "the disk of the server is full",
    "1114": "the disk of the server is full",
    "1205": _LOCKED,
    "1213": _LOCKED,
    "1290": "the server can only be read now",
    "1045": "the server does not let this account in",
    "1044": _NOT_ALLOWED,
    "1142": _NOT_ALLOWED,
    "1049": "the server has no such database",
    "2002": _GONE,
    "2003": _GONE,
    "2006": _GONE,
    "2013": _GONE,
}


def of_disk(error: OSError) -> str:
    """Say what is wrong with a file or disk, and the code of it."""
    code = errno.errorcode.get(error.errno or 0, type(error).__name__)
    words = DISK.get(error.errno or 0)
    return f"{words}, {code}" if words else code


def of_database(code: str, lost: bool) -> str:
    """Say what is wrong with a database by the driver's own code; empty where there are no words for it.

    `lost` says that there is no connection: drivers give no code where no server answers.
    """
    known = [start for start in _DATABASE if code.startswith(start)]
    return _DATABASE[max(known, key=len)] if known else _GONE if lost else ""
