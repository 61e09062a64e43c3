"""The pages of a carried probe, a list, a consent and what changed: axe by day and night, a phone, no JavaScript."""

import json
from datetime import date, timedelta

import pytest
from axe_playwright_python.sync_playwright import Axe

from assessor.probes import patience
from assessor.probes.target import Policy, Target
from tests.probes.replay import Recording, ReplayServer

RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}


def sound(page) -> None:
    """No finding of axe, and nothing to scroll sideways for."""
    found = [
        (one["id"], one["nodes"][0]["html"][:160]) for one in Axe().run(page, options=RULES).response["violations"]
    ]
    assert found == [], page.url
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), page.url


def make_a_token(page) -> None:
    """From the endpoint's page to the one page that shows the token, and back to where it never stands."""
    page.fill("[name=token-name]", "Night host")
    page.click("button:has-text('Make a token')")
    assert page.inner_text("#token").startswith("assessor-upload-")
    sound(page)
    page.click("a:has-text('I have taken it')")
    assert "Night host" in page.inner_text("#uploads")
    assert "assessor-upload-" not in page.content()


@pytest.mark.browser
@pytest.mark.parametrize(("scheme", "width"), [("light", 1280), ("dark", 390)])
def test_from_the_list_to_a_result_that_was_carried_back(
    page, live_server, inside_scan, worker, scheme, width, tmp_path
):
    page.emulate_media(color_scheme=scheme)
    page.set_viewport_size({"width": width, "height": 900})
    home = live_server.url + inside_scan
    with ReplayServer("llama_server") as server:
        table = tmp_path / "list.csv"
        table.write_text(f"name;url\nWard model;{server.url}\n")
        page.goto(f"{home}endpoints/list/")
        sound(page)
        page.set_input_files("[name=file]", str(table))
        page.click("button:has-text('Check the list')")
        page.wait_for_selector("text=What will be registered")
        sound(page)
        page.check("[name=authority]")
        page.click("button:has-text('Register 1 endpoint')")
        page.click("a:has-text('Ward model')")
        endpoint = page.url
        page.wait_for_selector("text=Probes so far")
        page.fill("[name=again-ends_on]", (date.today() + timedelta(days=30)).isoformat())
        page.check("[name=again-authority]")
        page.click("button:has-text('Agree to it')")
        page.wait_for_selector("text=Probe it no longer by itself")
        page.check("[name=plan-authority]")
        page.click("button:has-text('Sign a plan')")
        page.wait_for_selector("text=The plan is signed")
        sound(page)
        make_a_token(page)
        # In the room another program answers by now.
        server.recording.exchanges[:] = Recording.load("litellm_proxy").exchanges
        result = patience.run(Target(server.url), Policy(), vantage="closed room")
    file = tmp_path / "result.json"
    file.write_text(json.dumps(result.model_dump(mode="json")))
    page.goto(f"{endpoint}results/")
    sound(page)
    page.set_input_files("[name=file]", str(file))
    page.click("button:has-text('Check the file')")
    page.wait_for_selector("text=What this result adds")
    sound(page)
    page.click("button:has-text('Add it as unsigned')")
    page.wait_for_selector("text=The result was added")
    assert "LiteLLM answers and passes requests on" in page.inner_text("main")
    sound(page)
    for path in ("endpoints/", "endpoints/changes/"):
        page.goto(home + path)
        assert "Ward model" in page.inner_text("main")
        assert "change" in page.inner_text("main")
        sound(page)
    page.goto(endpoint)
    last = page.inner_text("section:has(h2:text-is('What changed last'))")
    assert "llama.cpp server" in last
    assert "LiteLLM answers and passes requests on" in last
    assert "unsigned" in page.inner_text("section:has(h2:text-is('Probes so far'))")
    sound(page)
