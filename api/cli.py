"""Command line of mission-kg."""


def main() -> None:
    """Entry point."""
