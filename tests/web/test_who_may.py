"""Every address, asked by every kind of person in every way: who gets in is what the view declares, nobody else."""

import uuid
from datetime import timedelta
from html.parser import HTMLParser

import pytest
from django.core.management import call_command
from django.db import transaction
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, resolve, reverse
from django.utils import timezone
from django_scopes import scopes_disabled

from assessor import models
from assessor.models import Membership, Organisation, Role, User

# Addresses outside any organisation: open to everybody, or to whoever is signed in and then about themselves only.
OPEN = {
    *("theme", "language", "favicon", "upload", "first_admin", "invitation"),
    *("account_login", "account_logout", "account_inactive", "account_signup", "account_reset_password"),
    *("account_reset_password_done", "account_reset_password_from_key_done", "account_reset_password_from_key"),
    *("rest", "mfa_authenticate", "mfa_login_webauthn", "openid_connect_login", "openid_connect_callback"),
}
OWN = {
    *("home", "start", "about", "method", "method_of", "glossary", "glossary_of", "prober"),
    *("bring_organisation", "bring_preview"),
    *("templates", "portfolio", "portfolio_table", "benchmark", "portfolio_pages"),
    *("make_portfolio", "portfolio_document", "portfolio_file", "cancel_portfolio"),
    *(
        "kept",
        "account",
        "account_reauthenticate",
        "account_change_password",
        "account_set_password",
        "usersessions_list",
    ),
    *("mfa_index", "mfa_reauthenticate", "mfa_activate_totp", "mfa_deactivate_totp", "mfa_view_recovery_codes"),
    *("mfa_generate_recovery_codes", "mfa_download_recovery_codes", "mfa_list_webauthn", "mfa_add_webauthn"),
    *("change_email", "confirm_email", "second_step"),
    *("connect_provider", "disconnect_provider"),
    *("mfa_reauthenticate_webauthn", "mfa_edit_webauthn", "mfa_remove_webauthn"),
}
# For whoever runs the installation; to everybody else there is nothing there.
OPERATORS = {
    *("installation_trail", "installation_trail_file", "delete_any_organisation"),
    *("installation", "probe_policy", "organisations", "begin_organisation"),
    *("users", "user", "user_link", "act_on_user"),
}
# Which rows of the organisation fill an address; what is missing here is asked for with an id that nobody has.
ROWS = {
    "assessment": models.Assessment,
    "workload": models.Workload,
    "role": models.EndpointRole,
    "run": models.ProbeRun,
    "report": models.Report,
    "component": models.Component,
    "evidence": models.Evidence,
    "attachment": models.Attachment,
    "dispute": models.Dispute,
    "exercise": models.Exercise,
    "endpoint": models.Endpoint,
    "document": models.Document,
    "remark": models.Remark,
    "template": models.AssessmentTemplate,
}
WORDS = {
    "dimension": "data",
    "question": "data.readers",
    "kind": "csv",
    "form": "docx",
    "framework": "nothing",
    "key": "x-y",
}
RANKS = list(reversed(Role.values))  # viewer first
LOGIN = "/account/login/"


def patterns(resolver=None, above=()):
    """Yield (name, converters, view) for every address there is."""
    for entry in (resolver or get_resolver("assessor.served")).url_patterns:
        converters = (*above, *entry.pattern.converters.items())
        if isinstance(entry, URLResolver):
            yield from patterns(entry, converters)
        else:
            assert isinstance(entry, URLPattern)
            names = list(entry.pattern.regex.groupindex)
            yield entry.name, dict.fromkeys(names) | dict(converters), entry.callback


@pytest.fixture
def place(served):
    """An organisation full of rows with a person of every kind around it."""
    call_command("demo", verbosity=0)
    organisation = Organisation.objects.order_by("created_at").first()
    yesterday = timezone.localdate() - timedelta(days=1)
    people = {}
    for role in Role.values:
        people[role] = User.objects.create_user(role)
        Membership.objects.create(organisation=organisation, user=people[role], role=role)
    people["expired"] = User.objects.create_user("expired")
    Membership.objects.create(organisation=organisation, user=people["expired"], role=Role.OWNER, ends_on=yesterday)
    people["stranger"] = User.objects.create_user("stranger")
    # Runs the installation, is a member of nothing.
    people["operator"] = User.objects.create_superuser("operator")
    own = Organisation.objects.create(name="Own")
    Membership.objects.create(organisation=own, user=people["stranger"], role=Role.OWNER)
    clients = {"anonymous": Client()}
    for name, user in people.items():
        clients[name] = Client()
        clients[name].force_login(user)
    with scopes_disabled():
        ids = {
            name: row.pk
            for name, model in ROWS.items()
            if (row := model.objects.filter(organisation=organisation).first() if _has_organisation(model) else None)
        }
        assessment = models.Assessment.objects.filter(organisation=organisation).order_by("created_at").first()
        ids["assessment"] = assessment.pk
        role = models.EndpointRole.objects.filter(assessment=assessment).first()
        if role is not None:
            ids |= {"role": role.pk, "endpoint": role.endpoint_id}
    return organisation, own, clients, ids | {"organisation": organisation.pk}


def _has_organisation(model):
    return any(field.name == "organisation" for field in model._meta.get_fields())


def address(name, converters, ids):
    """Return the address of a name, filled with rows of the organisation."""
    values = {}
    for part, converter in converters.items():
        kind = type(converter).__name__
        made_up = uuid.UUID(int=7) if kind == "UUIDConverter" else 7 if kind == "IntConverter" else WORDS.get(part, "x")
        values[part] = ids.get(part, made_up)
    return reverse(name, kwargs=values)


def ask(client, method, path):
    """Ask and undo whatever it did."""
    with transaction.atomic():
        answer = getattr(client, method)(
            path, **({"data": {"role": "owner", "organisation": "x"}} if method == "post" else {})
        )
        transaction.set_rollback(True)
    # Files it would have sent are closed; closing the answer itself would close the database too.
    for close in answer._resource_closers:
        close()
    return answer


def test_every_address_says_who_may_use_it():
    unclassified = [
        name
        for name, converters, view in patterns()
        if not (hasattr(view, "least") if "organisation" in converters else name in OPEN | OWN | OPERATORS)
    ]
    guarded = {name for name, _converters, view in patterns() if getattr(view, "operators_only", False)}
    assert unclassified == [], "give the view @needs_role(...) below @in_organisation, or name the address above"
    assert guarded == OPERATORS, "give the view @operators_only, or take its address out of OPERATORS"


@pytest.mark.heavy
def test_nobody_gets_in_but_whom_the_view_declares(place, caplog):
    organisation, own, clients, ids = place
    caplog.set_level("CRITICAL", "django.request")
    asked, wrong = 0, []

    def check(who, method, path, allowed):
        nonlocal asked
        asked += 1
        status = ask(clients[who], method, path)
        if not allowed(status):
            wrong.append((who, method, path, status.status_code, status.headers.get("Location", "")))

    def to_sign_in(answer):
        return answer.status_code == 302 and answer.headers["Location"].startswith(LOGIN)

    for name, converters, view in patterns():
        if "organisation" not in converters:
            continue
        path = address(name, converters, ids)
        foreign = address(name, converters, ids | {"organisation": own.pk})
        for method, key in (("get", "see"), ("post", "send")):
            least = view.least[key]
            at = RANKS.index(least)
            check("anonymous", method, path, to_sign_in)
            for who in ("stranger", "expired", "operator"):
                check(who, method, path, lambda answer: answer.status_code in (404, 405))
            if "assessment" in converters:
                # One's own organisation opens nothing of another one.
                check("stranger", method, foreign, lambda answer: answer.status_code in (404, 405, 403))
            if at:
                check(RANKS[at - 1], method, path, lambda answer: answer.status_code in (403, 405))
            check(
                least,
                method,
                path,
                lambda answer: answer.status_code < 500 and answer.status_code != 403 and not to_sign_in(answer),
            )
        for method in ("put", "delete"):
            check("owner", method, path, lambda answer: answer.status_code == 405)
            check("stranger", method, path, lambda answer: answer.status_code in (404, 405))
    for name, converters, _view in patterns():
        if name in OPERATORS:
            path = address(
                name,
                converters,
                {"user": User.objects.get(username="viewer").pk, "deed": "lock", "gone": organisation.pk},
            )
            for method in ("get", "post"):
                check("anonymous", method, path, lambda answer: to_sign_in(answer) or answer.status_code == 405)
                check("owner", method, path, lambda answer: answer.status_code in (404, 405))
                check("operator", method, path, lambda answer: answer.status_code in (200, 302, 405, 422))
        if name in OWN:
            for method in ("get", "post"):
                check(
                    "anonymous",
                    method,
                    address(name, converters, {}),
                    lambda answer: to_sign_in(answer) or answer.status_code == 405,
                )
    assert wrong == []
    assert asked >= 600


def test_a_member_whose_role_does_not_reach_learns_which_one_does(place):
    organisation, _own, clients, ids = place
    page = clients["viewer"].get(reverse("scope", args=[organisation.pk, ids["assessment"]]))
    assert page.status_code == 403
    assert "Your role here is “Viewer”; this needs “Assessor”" in page.content.decode()


class _Offers(HTMLParser):
    """The addresses a page offers: links, and forms with their method."""

    def __init__(self):
        super().__init__()
        self.found = set()

    def handle_starttag(self, tag, attrs):
        values = dict(attrs)
        if tag == "a" and values.get("href", "").startswith("/"):
            self.found.add(("see", values["href"].split("#")[0].split("?")[0]))
        if tag == "form" and values.get("method", "get").lower() == "post":
            self.found.add(("send", values.get("action", "").split("#")[0].split("?")[0]))


@pytest.mark.heavy
@pytest.mark.parametrize("who", ["viewer", "contributor", "assessor"])
def test_no_page_offers_what_the_role_may_not_do(place, caplog, who):
    _organisation, _own, clients, ids = place
    caplog.set_level("CRITICAL", "django.request")
    offered = set()
    for name, converters, view in patterns():
        if "organisation" not in converters or RANKS.index(view.least["see"]) > RANKS.index(who):
            continue
        path = address(name, converters, ids)
        answer = ask(clients[who], "get", path)
        if answer.status_code != 200 or not answer.headers["Content-Type"].startswith("text/html"):
            continue
        page = _Offers()
        page.feed(answer.content.decode())
        for way, target in page.found:
            view_of = resolve(target or path, "assessor.served").func
            if hasattr(view_of, "least") and RANKS.index(view_of.least[way]) > RANKS.index(who):
                offered.add((name, way, resolve(target or path, "assessor.served").url_name))
    assert sorted(offered) == []
