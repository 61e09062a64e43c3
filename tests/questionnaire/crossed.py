"""A small framework of another scale, whose crosswalk reads the sample questionnaire beside it."""

from assessor.content import read_yaml
from assessor.questionnaire.loader import parse_questionnaire
from assessor.questionnaire.schema import Questionnaire

FRAMEWORK = """\
id: burglary
version: "2026.11"
language: en
title: Burglary standard
introduction: What an insurer asks of a house, for tests only.
scale:
  levels:
    - {level: 0, name: Open, meaning: Anybody walks in., horizon: none}
    - {level: 1, name: Shut, meaning: A door is in the way., horizon: minutes}
    - {level: 2, name: Locked, meaning: A lock is in the way., horizon: an hour}
    - {level: 3, name: Guarded, meaning: Somebody is in the way., horizon: a night}
  share: 0.6666
  slack: 1
  needs_no_proof: 0
  caps: {declared: 0, documented: 1, observed: 2}
  evidenced_share: 0.5
  coverage: 0.8
  not_applicable_share: 0.2
dimensions:
  - {id: doors, title: Doors and locks, short: Doors, asks: What stands in the way, weight: 15, minimum: 1}
  - {id: watch, title: People who watch, short: Watch, asks: Who notices, weight: 5, minimum: 2}
  - {id: fence, title: The fence, short: Fence, asks: What lies before the house, weight: 10}
crosswalk:
  - dimension: doors
    questionnaire: sample
    rows:
      - question: keys.front
        levels: [0, 1, 3]
        says: Whoever holds the keys opens the door.
        about: [doors.front]
      - question: keys.cellar
        levels: [0, 0, 2]
        says: A cellar is a second door.
        about: [doors.back]
  - dimension: watch
    questionnaire: sample
    rows:
      - question: keys.front
        levels: [0, 0, 1]
        says: Who counts keys has looked at the door once.
        about: [watch.night]
questions:
"""
QUESTION = """\
  - id: {id}
    dimension: {dimension}
    title: {title}
    text: What would a burglar meet at the {title} of the house on a night in winter?
    why: A burglar takes the way that costs least.
    find_out: [Walk round the house.]
    evidence: [A look at the place.]
    rulings: [A broken lock is none., An open window is a door.]
    weight: 3
    proof: observed
    choices:
      - level: 0
        text: Nothing stands in the way at the {title}, and nobody in the house can say how often it stands open.
        event: Somebody walks in at the {title}.
      - level: 3
        text: At the {title} there is a lock of your own, it is closed by night, and somebody in the house hears it.
    remedies:
      - {{to: 3, effort: [1, 2], text: Have a lock put in.}}
"""
PLACES = {
    "doors.front": "front door",
    "doors.back": "back door",
    "doors.roof": "skylight",
    "watch.night": "bedroom window",
    "fence.gate": "garden gate",
}


def framework_text(*changes: tuple[str, str]) -> str:
    """Return the text of the framework with each (old, new) replaced once; every old must be there."""
    asked = "".join(
        QUESTION.format(id=name, dimension=name.split(".")[0], title=title) for name, title in PLACES.items()
    )
    text = FRAMEWORK + asked
    for old, new in changes:
        assert old in text, old
        text = text.replace(old, new, 1)
    return text


def framework(*changes: tuple[str, str]) -> Questionnaire:
    """Return the framework with each (old, new) text replaced once."""
    return parse_questionnaire(read_yaml(framework_text(*changes).encode(), "framework.yaml"))
