"""Limits of what is set: tables nobody can widen, texts and lists that are cut, a child that ends in words."""

import errno
import os
import signal
from dataclasses import replace
from pathlib import Path

import pytest
import weasyprint

from assessor.reports import pdf, press, richtext, viewmodel
from assessor.reports.pdf import PdfFailed, sheet_of
from assessor.reports.sheet import Sheet
from tests.reports import samples

WIDE = '"><td colspan="1000000" rowspan=9999>x</td></table><td colspan=1000000>'
LONG = "x" * 1_000_000
SMALL = Sheet(
    html="<html lang='en'><title>x</title><p>x", css="", attachment="{}", made_at="2026-11-21T09:30:00Z", name="x"
)


def written(text: str):
    """Return a report in which people wrote `text` wherever they can write."""
    made = samples.bad()
    answers = {
        question: replace(
            row, note=text, evidence=tuple(replace(one, description=text, place=text) for one in row.evidence)
        )
        for question, row in made.answers.items()
    }
    return replace(
        made, title=text, organisation=text, workload=text, workload_owner=text, assessor=text, answers=answers
    )


def test_no_word_of_a_person_widens_a_table():
    sheet = sheet_of(viewmodel.build(written(WIDE)))
    assert "colspan=&quot;1000000&quot;" in sheet.html
    root = weasyprint.HTML(string=sheet.html).etree_element
    spans = [one.get(name) for one in root.iter() for name in ("colspan", "rowspan") if one.get(name)]
    assert all(int(span) <= 20 for span in spans)


def test_a_word_of_a_megabyte_is_cut_wherever_it_was_written():
    sheet = sheet_of(viewmodel.build(written(LONG)))
    assert len(sheet.html) < len(sheet_of(viewmodel.build(samples.bad())).html) + 400_000


@pytest.mark.parametrize("source", ["- one\n" * 20_000, "**a** " * 20_000, "<div>" * 20_000, "a\n\n" * 20_000])
def test_what_people_wrote_without_end_is_cut_to_a_page_or_two(source):
    found = richtext.blocks(source)
    assert len(found) <= richtext.MAX_BLOCKS
    assert all(len(block.items) <= richtext.MAX_ITEMS for block in found)
    page = richtext.html(found)
    assert len(page) < 60_000
    assert "<div" not in page


def full_disc(sender, sheet, folder, directories):
    def press_it(_sheet):
        raise OSError(errno.ENOSPC, "No space left on device")

    press.press = press_it
    press.work(sender, sheet, Path(folder), directories)


def out_of_memory(sender, sheet, folder, directories):
    press.press = lambda _sheet: bytes(2 * press.MEMORY_BYTES)
    press.work(sender, sheet, Path(folder), directories)


def out_of_time(sender, sheet, folder, directories):
    # What a sheet of this length may take would be a minute.
    press._confine(Path(folder), directories, 1)
    press._confine = lambda *_arguments: None

    def press_it(_sheet):
        while True:
            pass

    press.press = press_it
    press.work(sender, sheet, Path(folder), directories)


def killed(_sender, _sheet, _folder, _directories):
    # As the system does when memory runs out.
    os.kill(os.getpid(), signal.SIGKILL)


def crashed(_sender, _sheet, _folder, _directories):
    os._exit(70)


@pytest.mark.parametrize(
    ("child", "words"),
    [
        (killed, "more memory than it may, or than there is"),
        (crashed, r"ended without a result \(exit code 70\)"),
        (full_disc, "temporary files of the PDF could not be written: No space left on device"),
        (out_of_memory, "more memory than it may"),
        (out_of_time, "more computing time than the 60 s"),
    ],
)
def test_a_child_at_its_limits_fails_in_words(monkeypatch, child, words):
    monkeypatch.setattr(pdf, "_press", child)
    with pytest.raises(PdfFailed, match=words):
        pdf.printed(SMALL)


def test_a_long_report_may_take_longer_and_a_busy_machine_ends_none():
    long = replace(SMALL, html="x" * 2_000_000)
    assert SMALL.cpu_seconds == 60
    assert long.cpu_seconds == 200
    assert long.wall_seconds >= 10 * long.cpu_seconds
