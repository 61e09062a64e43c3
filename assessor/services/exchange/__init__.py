"""Answers out and in: YAML, JSON, workbooks, tables, archives; nothing changes before it was shown."""
