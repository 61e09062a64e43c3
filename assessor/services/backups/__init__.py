"""Backups of a whole installation: made while it runs, checked whole before anything is restored."""
