"""The commands of ``mission-kg``; each imports what it runs when it runs, so that help is quick."""
