"""E-mail of customers comes in from a mail server, and answers go out through the outbox.

    python mail_gateway.py --url https://... --db DB --login LOGIN take < message
    python mail_gateway.py --url https://... --db DB --login LOGIN answer MESSAGE-ID < text

`take` is for a mail server's pipe: what must not be lost for a fault of ours ends with 75, upon which the mail server
tries again. Messages are kept in the model of the example addon `emporium`; docs/integrator/exchange.md has the table
of what becomes of each part. stdout: a line of JSON.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import traceback
from types import TracebackType
from typing import Any, NoReturn

from connection import Exit, Trouble, connected, finish, parser, say
from mail_parts import Unusable, values_of

MESSAGE, MESSAGE_ID, TAKE, ANSWER = "emporium.message", "message_id", "take", "answer"
EX_DATAERR, EX_TEMPFAIL = 65, 75  # of sysexits.h: return it to its sender; try again later
MIB = 1024 * 1024


def main() -> None:
    arguments = parser(__doc__)
    arguments.add_argument("--most-mib", type=float, default=10, help="larger is returned (default: %(default)s)")
    ways = arguments.add_subparsers(dest="way", required=True)
    ways.add_parser("take", help="a message on stdin, as a mail server pipes it")
    answer = ways.add_parser("answer", help="a text on stdin, sent to the sender of a message")
    answer.add_argument("message", help="the Message-ID of what is answered")
    given = arguments.parse_args()
    if given.way == "take":
        taken(given)
    else:
        answered(given)


def taken(given: argparse.Namespace) -> None:
    content = sys.stdin.buffer.read(int(given.most_mib * MIB) + 1)
    if len(content) > given.most_mib * MIB:
        raise Unusable(f"The message is larger than {given.most_mib:g} MiB.")
    values, attachments = values_of(content)
    connection = connected(given)
    if given.dry_run:
        names = [one["name"] for one in attachments]
        print(json.dumps({**values, "attachments": names}, ensure_ascii=False))
        return
    result = connection.call(MESSAGE, TAKE, values, attachments)
    say("taken" if result["is_new"] else "known already")
    print(json.dumps(result))


def answered(given: argparse.Namespace) -> None:
    text, connection = sys.stdin.read(), connected(given)
    found = connection.call(MESSAGE, "search", [(MESSAGE_ID, "=", given.message)], limit=1)
    if not found:
        raise Trouble(f"no message has the Message-ID {given.message!r}", Exit.NOT_FOUND)
    if not given.dry_run:
        print(json.dumps({"id": connection.call(MESSAGE, ANSWER, found, text)}))


def as_mail_servers_expect(work: Any) -> NoReturn:
    """End with 0, 65 or 75: anything else would return a customer's message for a fault of ours.

    What is said on stderr with 65 reaches the sender; with 75 it reaches the log.
    """
    sys.excepthook = _try_again
    try:
        finish(work)
    except Unusable as error:
        say(str(error))
        sys.exit(EX_DATAERR)
    except SystemExit as end:
        sys.exit(EX_TEMPFAIL if end.code else Exit.OK)


def _try_again(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    traceback.print_exception(kind, error, trace)
    sys.stderr.flush()
    os._exit(EX_TEMPFAIL)


if __name__ == "__main__":
    if "take" in sys.argv:
        as_mail_servers_expect(main)
    finish(main)
