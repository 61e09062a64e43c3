"""Django's tags for words, addresses and files, with what is the same on every page worked out once.

They stand in for Django's own (`libraries` and `builtins` in the settings) and render the same. Words without a
variable are looked up once for each language, a sentence with variables is put together for its translation once, and
an address is made by `assessor.addresses`. Whatever is unusual is left to Django's node.
"""

from functools import lru_cache
from typing import Any

from django.core.files.storage import storages
from django.template import Context, Library, Node
from django.template.base import FilterExpression, Parser, Token, Variable, render_value_in_context
from django.template.defaulttags import URLNode
from django.template.defaulttags import url as django_url
from django.templatetags import i18n
from django.templatetags import static as files
from django.urls import NoReverseMatch
from django.utils import translation
from django.utils.html import conditional_escape
from django.utils.safestring import SafeString

from assessor.addresses import PLAIN, Where, address_at, where

register = Library()
register.tags |= {**i18n.register.tags, **files.register.tags}
register.filters |= i18n.register.filters
OF_A_SENTENCE = (
    *("extra_context", "singular", "plural", "countervar", "counter"),
    *("message_context", "trimmed", "asvar", "tag_name"),
)


def _literal(expression: FilterExpression) -> str | None:
    """Return the text of an expression that is a quoted text and nothing else."""
    found = expression.var
    if isinstance(found, Variable):
        found = None if found.lookups is not None else found.literal
    return found if isinstance(found, str) and not expression.filters else None


class Words(i18n.TranslateNode):
    """A text of the page itself in the reader's language."""

    def __init__(self, like: i18n.TranslateNode, text: str) -> None:
        super().__init__(like.filter_expression, like.noop, like.asvar)
        self.text = text

    def render(self, context: Context) -> str:
        """Return it, or put it where the tag says."""
        said = _said(self.text, self.noop, translation.get_language())
        if self.asvar is None:
            return said
        context[self.asvar] = said
        return ""


@lru_cache(maxsize=8192)
def _said(text: str, noop: bool, _language: str | None) -> SafeString:
    """Return a text of a page in the language in force; it holds signs of per cent as such, its translation twice."""
    return SafeString((text if noop else translation.gettext(text.replace("%", "%%"))).replace("%%", "%"))


class Sentence(i18n.BlockTranslateNode):
    """A sentence with variables in it."""

    def __init__(self, like: i18n.BlockTranslateNode) -> None:
        super().__init__(**{name: getattr(like, name) for name in OF_A_SENTENCE})
        self.source, names = self.render_token_list(self.singular)
        self.many = ""
        if self.plural and self.countervar and self.counter:
            self.many, more = self.render_token_list(self.plural)
            names += more
        self.names = tuple(dict.fromkeys(names))

    def render(self, context: Context, nested: bool = False) -> str:
        """Return it in the reader's language, or put it where the tag says."""
        if nested:
            return super().render(context, nested)
        own = {name: value.resolve(context) for name, value in self.extra_context.items()}
        if self.many:
            count = own[self.countervar] = self.counter.resolve(context)
            if not isinstance(count, int):
                return super().render(context)
            text = translation.ngettext(self.source, self.many, count)
        else:
            text = translation.gettext(self.source)
        try:
            values = [own[name] if name in own else context[name] for name in self.names]
            said = text % {
                name: render_value_in_context(value, context) for name, value in zip(self.names, values, strict=True)
            }
        except (KeyError, ValueError):
            # A variable that is not there, or a translation that names another.
            return super().render(context)
        if self.asvar is None:
            return said
        context[self.asvar] = SafeString(said)
        return ""


class Address(URLNode):
    """The address of a page that the tag names outright, with the parts of its path by their place."""

    def __init__(self, like: URLNode, name: str) -> None:
        super().__init__(like.view_name, like.args, like.kwargs, like.asvar)
        self.name = name

    def render(self, context: Context) -> str:
        """Return it, or put it where the tag says."""
        found = ""
        try:
            found = address_at(_here(context), self.name, [part.resolve(context) for part in self.args])
        except NoReverseMatch:
            if self.asvar is None:
                raise
        if self.asvar is not None:
            context[self.asvar] = found
            return ""
        return conditional_escape(found) if context.autoescape and not PLAIN.fullmatch(found) else found


def _here(context: Context) -> Where:
    # What a whole page shares, whatever it includes.
    shared: dict[str, Where] = context.render_context.dicts[0]
    found = shared.get("where")
    if found is None:
        found = shared["where"] = where()
    return found


class File(files.StaticNode):
    """The address of a file that the tag names outright."""

    def __init__(self, name: str) -> None:
        super().__init__(path=name)
        self.name = name

    def render(self, context: Context) -> str:
        """Return it."""
        return _file(storages["staticfiles"], self.name, context.autoescape)


@lru_cache(maxsize=256)
def _file(storage: Any, name: str, escape: bool) -> str:
    # Which contents a name stands for is settled before the server starts, with the storage.
    found = str(storage.url(name))
    return conditional_escape(found) if escape else found


@register.tag("translate")
@register.tag("trans")
def words(parser: Parser, token: Token) -> Node:
    """Compile `{% translate %}`."""
    node = i18n.do_translate(parser, token)
    text = _literal(node.filter_expression)
    return node if text is None or node.message_context is not None else Words(node, text)


@register.tag("blocktranslate")
@register.tag("blocktrans")
def sentence(parser: Parser, token: Token) -> Node:
    """Compile `{% blocktranslate %}`."""
    node = i18n.do_block_translate(parser, token)
    counter = node.counter and getattr(node.counter.var, "lookups", None)
    if node.message_context is not None or (counter and counter[0] in node.extra_context):
        return node
    return Sentence(node)


@register.tag("url")
def page(parser: Parser, token: Token) -> Node:
    """Compile `{% url %}`."""
    node = django_url(parser, token)
    name = _literal(node.view_name)
    # A name with a colon depends on where the reader is.
    return node if name is None or node.kwargs or ":" in name else Address(node, name)


@register.tag("static")
def file(parser: Parser, token: Token) -> Node:
    """Compile `{% static %}`."""
    node = files.do_static(parser, token)
    name = _literal(node.path)
    return node if name is None or node.varname is not None else File(name)
