"""Which addresses are which: a table of our own, because the standard library's flags differ between versions.

Made from the IANA special-purpose address registries (IPv4 and IPv6, as of November 2026) and the published metadata
addresses of AWS, Azure, Google Cloud, Alibaba Cloud, Oracle Cloud, Linode and Scaleway.
"""

from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

from assessor.probes.snapshot import AddressClass

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

# Never dialled, whatever an operator allows: metadata services, link-local, multicast, reserved, documentation.
NEVER: tuple[Network, ...] = tuple(
    ip_network(text)
    for text in (
        "0.0.0.0/8",
        "100.100.100.200/32",
        "168.63.129.16/32",
        "169.254.0.0/16",
        "192.0.0.0/24",
        "192.0.2.0/24",
        "192.31.196.0/24",
        "192.52.193.0/24",
        "192.88.99.0/24",
        "192.175.48.0/24",
        "198.18.0.0/15",
        "198.51.100.0/24",
        "203.0.113.0/24",
        "224.0.0.0/4",
        "240.0.0.0/4",
        "::/128",
        "64:ff9b:1::/48",
        "100::/64",
        "100:0:0:1::/64",
        "2001::/23",
        "2001:db8::/32",
        "2002::/16",
        "2620:4f:8000::/48",
        "3fff::/20",
        "5f00::/16",
        "fd00:42::42/128",
        "fd00:100::100:200/128",
        "fd00:a9fe:a9fe::1/128",
        "fd00:c1::a9fe:a9fe/128",
        "fd00:ec2::/32",
        "fd20:ce::254/128",
        "fe80::/10",
        "fec0::/10",
        "ff00::/8",
    )
)
LOOPBACK: tuple[Network, ...] = (ip_network("127.0.0.0/8"), ip_network("::1/128"))
PRIVATE: tuple[Network, ...] = tuple(
    ip_network(text) for text in ("10.0.0.0/8", "100.64.0.0/10", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7")
)
GLOBAL_V6 = IPv6Network("2000::/3")
# IPv6 forms that carry an IPv4 address in their last 32 bits and are judged as that address.
WRAPPERS = (IPv6Network("::ffff:0:0/96"), IPv6Network("::/96"), IPv6Network("64:ff9b::/96"))


def unwrap(address: Address) -> Address:
    """Return the IPv4 address that an IPv6 address stands for, or the address itself."""
    if isinstance(address, IPv6Address) and int(address) > 1 and any(address in network for network in WRAPPERS):
        return IPv4Address(int(address) & 0xFFFFFFFF)
    return address


def parse(text: str) -> Address:
    """Return an address; raises ValueError for anything else, scoped addresses (`%eth0`) among them."""
    if "%" in text:
        raise ValueError("a scoped address")
    return ip_address(text)


def is_in(address: Address, networks: tuple[Network, ...]) -> bool:
    """Tell whether an address lies in one of the networks (of its own family)."""
    return any(address.version == network.version and address in network for network in networks)


@lru_cache(maxsize=4096)
def classify(address: Address) -> AddressClass:
    """Return the class of an address, after unwrapping."""
    inner = unwrap(address)
    if is_in(address, NEVER) or is_in(inner, NEVER):
        return "never"
    if is_in(inner, LOOPBACK):
        return "loopback"
    if is_in(inner, PRIVATE):
        return "private"
    if isinstance(inner, IPv6Address) and inner not in GLOBAL_V6:
        return "never"
    return "public"
