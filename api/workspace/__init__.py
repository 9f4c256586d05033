"""The workspace behind HTTP: one killable process that reads and writes, one job at a time."""
