"""Killable processes for strangers' queries: parsing, running and writing happen nowhere else.

    server process (never forked)
      └── zygote      a fresh interpreter; loads the release, then only forks and reaps
            ├── worker    one query at a time; killed at its limits and forked anew
            └── worker

``wire``: the frames between them. In the server: ``pool`` (the door), ``admission`` (whose turn it
is), ``nursery`` (the zygote's handle), ``link`` (one worker's), ``exchange`` (one query),
``stream`` (an answer on its way). In the other processes: ``zygote``, ``worker``, ``confinement``,
``reading`` (what workers of a release can do).
"""
