"""Tags that take Django's place render what Django's render, in both languages."""

import uuid

import pytest
from django.conf import settings
from django.template import Context, Engine, TemplateSyntaxError, engines
from django.template.backends.django import get_template_tag_modules
from django.test import override_settings
from django.urls import NoReverseMatch, reverse, set_script_prefix
from django.utils import translation

from assessor.addresses import address

ORG, SCAN = uuid.uuid4(), uuid.uuid4()
PLAIN = Engine(libraries={"i18n": "django.templatetags.i18n", "static": "django.templatetags.static"})
VALUES = {
    "org": ORG,
    "scan": SCAN,
    "name": "A & <b>",
    "n": 2,
    "one": 1,
    "text": "Save",
    "q": "data.readers",
}
PIECES = [
    '{% translate "Save" %}',
    "{% translate 'Save' as said %}{{ said }}{{ said|upper }}",
    '{% translate "Save" noop %}',
    '{% translate "100 % sure" %}',
    '{% translate "Save"|upper %}',
    "{% translate text %}",
    '{% trans "Save" context "a ship" %}',
    "{% blocktranslate with level=n %}Level {{ level }}{% endblocktranslate %}",
    "{% blocktranslate %}Level {{ name }}{% endblocktranslate %}",
    "{% blocktranslate %}{{ nobody }} at 5 %{% endblocktranslate %}",
    "{% blocktranslate trimmed asvar said with who=name %}\n Assigned to {{ who }}\n{% endblocktranslate %}{{ said }}",
    "{% blocktranslate count number=n %}{{ number }} open comment{% plural %}{{ number }} open comments"
    "{% endblocktranslate %}",
    "{% blocktranslate count number=one %}{{ number }} open comment{% plural %}{{ number }} open comments"
    "{% endblocktranslate %}",
    "{% blocktranslate with many=n count number=many %}{{ number }} of {{ many }}{% plural %}{{ number }} of"
    " {{ many }}{% endblocktranslate %}",
    "{% autoescape off %}{% blocktranslate with who=name %}Assigned to {{ who }}{% endblocktranslate %}{% endautoescape %}",
    '{% url "home" %}',
    '{% url "assessment" org scan %}',
    '{% url "assessment" organisation=org assessment=scan %}',
    '{% url "evidence" org scan q as there %}{{ there }}',
    '{% url "evidence" org scan name %}',
    '{% autoescape off %}{% url "evidence" org scan name %}{% endautoescape %}',
    '{% url "assessment" org nobody as there %}({{ there }})',
    '{% url "nowhere" as there %}({{ there }})',
    '{% static "css/base.css" %}{% static "a & b.css" %}',
    '{% static "css/base.css" as there %}{{ there }}',
    "{% static name %}",
]


@pytest.mark.parametrize("piece", PIECES)
def test_it_renders_what_django_renders(piece):
    source = "{% load i18n static %}" + piece
    quick, plain = engines["django"].engine.from_string(source), PLAIN.from_string(source)
    for language in ("en", "de", "en"):
        with translation.override(language):
            # Twice: the second time from what was kept.
            shown = [quick.render(Context(VALUES)) for _time in range(2)]
            assert shown == [plain.render(Context(VALUES))] * 2


def test_words_are_those_of_each_reader():
    template = engines["django"].from_string('{% load i18n %}{% translate "Save" %}')
    said = []
    for language in ("en", "de", "en"):
        with translation.override(language):
            said.append(template.render())
    assert said == ["Save", "Speichern", "Save"]


def test_a_page_that_is_not_there_is_no_address():
    for source in ('{% url "nowhere" %}', '{% url "assessment" org %}', '{% url "assessment" org nobody %}'):
        with pytest.raises(NoReverseMatch):
            engines["django"].engine.from_string(source).render(Context(VALUES))
    with pytest.raises(TemplateSyntaxError):
        engines["django"].from_string("{% load i18n %}{% translate %}")


@pytest.mark.parametrize(
    "parts",
    [("home",), ("assessment", ORG, SCAN), ("evidence", ORG, SCAN, "data.readers"), ("evidence", ORG, SCAN, "a b/%")],
)
def test_an_address_is_the_one_that_django_makes(parts):
    name, *rest = parts
    try:
        expected = reverse(name, args=rest)
    except NoReverseMatch:
        with pytest.raises(NoReverseMatch):
            address(name, *rest)
    else:
        assert address(name, *rest) == expected


def test_an_address_knows_where_the_installation_stands():
    assert address("about") == "/about/"
    with override_settings(ROOT_URLCONF="assessor.served"):
        assert address("account_login") == "/account/login/"
    with pytest.raises(NoReverseMatch):
        address("account_login")
    set_script_prefix("/100%/")
    try:
        assert address("about") == reverse("about") == "/100%25/about/"
    finally:
        set_script_prefix("/")


def test_no_other_library_of_tags_has_the_name_of_another():
    # Django's own warning of that is silenced for these two.
    own = settings.TEMPLATES[0]["OPTIONS"]["libraries"]
    assert own.keys() == {"i18n", "static"}
    names = [name for name, _module in get_template_tag_modules()]
    assert sorted(names) == sorted(set(names))
