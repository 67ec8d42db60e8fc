"""The routes of the client, a subject a file."""

from . import (
    action,
    binary,
    database,
    dataset,
    export,
    home,
    model,
    partner,
    pivot,
    profiling,
    report,
    session,
    view,
    webclient,
    webmanifest,
)
