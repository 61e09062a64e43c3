"""Backups and archives, made and brought back for real."""
