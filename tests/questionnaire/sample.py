"""A small, clean questionnaire with a scale of three levels; tests change one thing in it."""

from pathlib import Path

from assessor.content import read_yaml
from assessor.questionnaire.loader import parse_questionnaire
from assessor.questionnaire.schema import Questionnaire

SAMPLE = """\
id: sample
version: "2026.11"
language: en
title: A sample
introduction: Two questions about one thing, for tests only.
scale:
  levels:
    - {level: 0, name: Dark, meaning: Nobody can say., horizon: unknown}
    - {level: 1, name: Dim, meaning: You stop., horizon: none}
    - {level: 2, name: Light, meaning: You go on., horizon: a year}
  share: 0.6666
  slack: 1
  needs_no_proof: 0
  caps: {declared: 0, documented: 1, observed: 2}
  evidenced_share: 0.5
  coverage: 0.8
  not_applicable_share: 0.2
dimensions:
  - {id: keys, title: Keys, short: Keys, asks: Who holds the keys to the house}
parties:
  - {id: landlord, name: The landlord}
questions:
  - id: keys.front
    dimension: keys
    quick: true
    title: The front door
    text: Who outside can lock the front door of the house you live in tonight?
    why: A locked door is the shortest way to stop somebody.
    find_out: [Ask who has had a key cut.]
    evidence: [The receipt of the locksmith.]
    rulings: [A key under the mat counts as lost., A code told to guests counts as a key.]
    weight: 3
    gate: true
    proof: observed
    choices:
      - level: 0
        text: Nobody in the house can say how many keys to the front door exist or where they are.
        event: Somebody comes in by night.
        controlled_by: [{party: landlord, by: changing the lock}]
      - level: 1
        text: All keys are counted, and one of them is with the landlord, who can change the lock at will.
        event: The landlord changes the lock.
        controlled_by: [{party: landlord, by: changing the lock}]
      - level: 2
        text: All keys are in your hands, the lock is yours, and nobody else has a right to change it.
    findings:
      - {code: door.open, caps: 1, because: The door stood open., controlled_by: {party: landlord, by: walking in}}
      - {code: door.locked, supports: 1, because: The door was locked.}
    remedies:
      - {to: 1, effort: [1, 2], text: Count the keys in the house.}
      - {to: 2, effort: [2, 5], text: Buy a lock of your own.}
    references:
      - {id: House Act Art. 1, checked: "2026-11-21", source: The House Act}
  - id: keys.cellar
    dimension: keys
    quick: true
    title: The cellar
    text: Who outside can lock the cellar of the house you live in tonight?
    why: What is in the cellar is needed in winter.
    find_out: [Ask who goes down there.]
    evidence: [A look at the cellar door.]
    rulings: [A padlock counts as a lock., A bolt inside counts as none.]
    weight: 1
    proof: documented
    choices:
      - level: 0
        text: Nobody in the house can say whether the cellar has a lock or who could close it.
        event: The cellar is closed in winter.
      - level: 2
        text: The cellar has a lock of yours, and nobody outside the house has a key that opens or closes it.
    remedies:
      - {to: 2, effort: [0.5, 1], text: Put a padlock on the cellar.}
"""


def sample(*changes: tuple[str, str]) -> Questionnaire:
    """Return the sample with each (old, new) text replaced once."""
    return parse_questionnaire(read_yaml(changed(*changes).encode(), "sample.yaml"))


def changed(*changes: tuple[str, str]) -> str:
    """Return the text of the sample with each (old, new) replaced once; every old must be there."""
    text = SAMPLE
    for old, new in changes:
        assert old in text, old
        text = text.replace(old, new, 1)
    return text


def write(folder: Path, text: str, name: str = "sample") -> Path:
    """Write a questionnaire into its own folder and return the path of its file."""
    (folder / name).mkdir()
    path = folder / name / "questionnaire.yaml"
    path.write_text(text, encoding="utf-8")
    return path
