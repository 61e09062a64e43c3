"""How fast and how much one person may ask: pages by the minute in each process, files by the hour in the trail."""

import threading
import time
from collections import Counter
from datetime import timedelta

from django.conf import settings
from django.utils import timezone

from assessor.models import AuditEvent, Organisation, User

RETRY_SECONDS = 60


class Minute:
    """Counts what each person asks for within one minute; what was before is forgotten whole."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._minute = 0
        self._counts: Counter[str] = Counter()

    def is_too_much(self, person: str) -> bool:
        """Count one more request of a person and tell whether it is one too many; 0 in the settings: never."""
        most: int = settings.PAGES_A_MINUTE
        with self._lock:
            if (now := int(time.monotonic() // 60)) != self._minute:
                self._minute = now
                self._counts.clear()
            self._counts[person] += 1
            return bool(most) and self._counts[person] > most


def too_many_files(organisation: Organisation, user: User) -> bool:
    """Tell whether a person has taken as many files out of an organisation within an hour as anybody may."""
    most: int = settings.DOWNLOADS_AN_HOUR
    if not most:
        return False
    since = timezone.now() - timedelta(hours=1)
    taken = AuditEvent.objects.filter(chain=organisation.pk, actor_id=user.pk, kind="data.downloaded", at__gte=since)
    return taken.count() >= most
