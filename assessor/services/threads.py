"""The threads on a question, a page at a time: the latest first to be seen, and each told from its beginning on."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil
from uuid import UUID

from django.db.models import F, Q, QuerySet, Window
from django.db.models.functions import RowNumber

from assessor.models import Assessment, Comment

THREADS = 20
REPLIES = 20


@dataclass(frozen=True)
class Thread:
    """A first comment with one part of its replies, the oldest of them first; part 1 holds the latest.

    `earlier` and `later` are the numbers of the parts before and after, 0 where there is none.
    """

    first: Comment
    replies: Sequence[Comment]
    part: int = 1
    earlier: int = 0
    later: int = 0


@dataclass(frozen=True)
class Page:
    """Some threads, the oldest of them first: page 1 holds the latest. `count` is how many there are on all pages."""

    threads: Sequence[Thread]
    number: int
    pages: int
    count: int

    @property
    def older(self) -> int:
        """The number of the page with what was said before, 0 where nothing was."""
        return self.number + 1 if self.number < self.pages else 0

    @property
    def newer(self) -> int:
        """The number of the page with what was said later, 0 where nothing was."""
        return self.number - 1


def page_of(
    assessment: Assessment, question: str, *, resolved: bool, number: int = 1, at: UUID | None = None, part: int = 1
) -> Page:
    """Return a page of the threads on a question that are open, or resolved: five queries, however many there are.

    `at` asks for the page on which that thread stands, where it does, and `part` for which of its replies: 1 are the
    latest. A number beyond the last page is the last page.
    """
    rows = Comment.objects.filter(
        assessment=assessment, question=question, thread=None, resolved_at__isnull=not resolved
    )
    count = rows.count()
    if not count:
        return Page((), 1, 1, 0)
    if at is not None:
        number = _page_with(rows, at) or number
    pages = ceil(count / THREADS)
    number = min(max(number, 1), pages)
    latest = rows.select_related("author", "resolved_by").prefetch_related("mentions__user")
    firsts = list(latest.order_by("-made_at", "-pk")[(number - 1) * THREADS : number * THREADS])[::-1]
    replies = _replies([one.pk for one in firsts], at, part)
    return Page(
        [_thread(one, replies.get(one.pk, []), part if one.pk == at else 1) for one in firsts], number, pages, count
    )


def _page_with(rows: "QuerySet[Comment]", at: UUID) -> int:
    """Return the number of the page on which a thread stands; 0 where it is none of these."""
    found = rows.filter(pk=at).values_list("made_at", "pk").first()
    if found is None:
        return 0
    later = rows.filter(Q(made_at__gt=found[0]) | Q(made_at=found[0], pk__gt=found[1])).count()
    return later // THREADS + 1


def _replies(threads: Sequence[UUID], at: UUID | None, part: int) -> dict[UUID, list[Comment]]:
    """Return the latest replies of each thread, the latest first; of the thread `at` those of that part.

    Of each thread one more is read than is shown, which tells that there are others.
    """
    place = Window(RowNumber(), partition_by=F("thread"), order_by=[F("made_at").desc(), F("pk").desc()])
    rows = Comment.objects.filter(thread__in=threads).annotate(place=place)
    latest = Q(place__lte=REPLIES + 1)
    if at is not None and part > 1:
        latest = Q(place__lte=REPLIES + 1) & ~Q(thread=at)
        latest |= Q(thread=at, place__gt=(part - 1) * REPLIES, place__lte=part * REPLIES + 1)
    found: dict[UUID, list[Comment]] = {}
    for one in rows.filter(latest).select_related("author").prefetch_related("mentions__user").order_by("place"):
        found.setdefault(one.thread_id, []).append(one)
    return found


def _thread(first: Comment, replies: list[Comment], part: int) -> Thread:
    more = len(replies) > REPLIES
    return Thread(first, replies[:REPLIES][::-1], part, part + 1 if more else 0, part - 1)
