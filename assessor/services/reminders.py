"""Mailing people what is due, where there is a mail server; in the product they find it without."""

import logging
from collections import Counter
from datetime import date

from django.conf import settings
from django.core.mail import send_mail
from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django_scopes import scopes_disabled

from assessor.models import Assignment, Membership, User
from assessor.services import accounts, assigned
from assessor.services.memberships import holds_today

logger = logging.getLogger("assessor.reminders")
# So many people in one go; the rest an hour later.
MOST_PEOPLE = 200


def send_due() -> int:
    """Mail everybody, once, what of theirs is due within a week, and once more when it is overdue.

    Returns how many mails went out; none without a mail server. One that fails is tried again an hour later. The mail
    holds numbers and the address of this installation, and nothing of what is asked or answered.
    """
    if not settings.MAIL_HOST:
        return 0
    today = timezone.localdate()
    with scopes_disabled():
        people: dict[User, list[assigned.Standing]] = {}
        for one in assigned.standings(list(_not_reminded(today))):
            if one.state in ("soon", "overdue") and one.row.user is not None:
                people.setdefault(one.row.user, []).append(one)
        return sum(_remind(user, rows, today) for user, rows in list(people.items())[:MOST_PEOPLE])


def _not_reminded(today: date) -> QuerySet[Assignment]:
    """Return what is due within a week and was not mailed since it is, for members of today with a mail address."""
    member = Membership.objects.filter(holds_today(), user=OuterRef("user"), organisation=OuterRef("organisation"))
    rows = Assignment.objects.filter(due_on__lte=today + assigned.DUE_SOON, assessment__archived_at=None)
    # A reminder of the week before says nothing of the day that has passed since.
    unsaid = Q(reminded_on=None) | Q(due_on__lt=today, reminded_on__lte=F("due_on"))
    rows = rows.filter(Exists(member), unsaid, user__is_active=True).exclude(user__email="")
    return assigned.with_assessments(rows.order_by("due_on", "pk"))


def _remind(user: User, rows: list[assigned.Standing], today: date) -> int:
    count = Counter(one.state for one in rows)
    lines = []
    if count["overdue"]:
        said = ngettext(
            "%(count)s thing that you were asked to answer is overdue.",
            "%(count)s things that you were asked to answer are overdue.",
            count["overdue"],
        )
        lines.append(said % {"count": count["overdue"]})
    if count["soon"]:
        said = ngettext(
            "%(count)s thing that you were asked to answer is due within a week.",
            "%(count)s things that you were asked to answer are due within a week.",
            count["soon"],
        )
        lines.append(said % {"count": count["soon"]})
    text = "\n".join(lines) + "\n\n" + _("You find it under “Mine”:") + f" {accounts.site_address()}/\n"
    try:
        send_mail(_("Questions wait for your answer"), text, None, [user.email])
    except OSError as error:
        # Every fault of sending mail is one, in the standard library too.
        logger.warning("A reminder was not sent: %s", type(error).__name__)
        return 0
    Assignment.objects.filter(pk__in=[one.row.pk for one in rows]).update(reminded_on=today)
    return 1
