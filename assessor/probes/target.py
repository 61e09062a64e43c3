"""What is probed and under which rules: the endpoint as its owner registered it, and the policy in force."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

Allowance = Literal["public", "private", "loopback"]
Mode = Literal["laptop", "served"]


@dataclass(frozen=True)
class Key:
    """A secret to send with some requests, in the header that the server wants.

    `header` is "Authorization" (sent as `Bearer …`), or any other name (sent as it is). Never printed: `repr` and
    `str` hide the value.
    """

    value: str = field(repr=False)
    header: str = "Authorization"

    def header_value(self) -> str:
        """Return what is put behind the header's name."""
        return f"Bearer {self.value}" if self.header.lower() == "authorization" else self.value


@dataclass(frozen=True)
class Target:
    """One endpoint: the base URL below which paths are asked, and how to speak to it.

    `ca_file` names an authority of one's own, `client_file` a certificate with its key that is shown to servers which
    ask for one; both are PEM.
    """

    url: str
    key: Key | None = None
    ca_file: Path | None = None
    root_paths: bool = False
    allow_chat: bool = False
    client_file: Path | None = None


@dataclass(frozen=True)
class Policy:
    """Where the prober may connect. What is NEVER allowed (metadata, reserved ranges …) stands in no field.

    `allow` holds address classes, `allow_cidrs` and `deny_cidrs` networks in CIDR form (deny wins). `allow_hosts` are
    the only names that may be asked when there are any, `deny_hosts` those that may not; `*.example.org` stands for all
    below it. `ports` are those that may be dialled (empty: any but the few that are never HTTP). `tell` is False in
    served mode, where refused, timed out and no route of a non-public target all read "unreachable" (no port scanner).
    """

    allow: frozenset[Allowance] = frozenset({"public", "private", "loopback"})
    allow_cidrs: tuple[str, ...] = ()
    deny_cidrs: tuple[str, ...] = ()
    allow_hosts: tuple[str, ...] = ()
    deny_hosts: tuple[str, ...] = ()
    ports: frozenset[int] = frozenset()
    tell: bool = True


LAPTOP = Policy()
SERVED = Policy(allow=frozenset({"public"}), tell=False)
