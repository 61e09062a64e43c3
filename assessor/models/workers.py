"""Which workers there are: each writes down every few seconds that it lives."""

from django.db import models


class WorkerBeat(models.Model):
    """One worker's sign of life; of no organisation. Moments are the database's: clocks of hosts do not matter."""

    id = models.CharField(primary_key=True, max_length=32, editable=False)
    host = models.CharField(max_length=255)
    process = models.PositiveIntegerField()
    started_at = models.DateTimeField()
    seen_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-seen_at", "-pk"]

    def __str__(self) -> str:
        return f"{self.host} {self.process}"
