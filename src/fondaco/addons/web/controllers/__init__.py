"""The routes of the client, a subject a file."""

from . import (
    action,
    apps,
    binary,
    database,
    dataset,
    export,
    find,
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
