"""No spelling of a URL gets past the check: each hostile one is refused under each policy, by itself."""

import ast
import inspect

import pytest

from assessor.probes.collect import guard
from assessor.probes.collect.guard import MAX_URL, PolicyRefusal, check_url, judge
from assessor.probes.target import LAPTOP, SERVED, Policy

POLICIES = {
    "laptop": LAPTOP,
    "served": SERVED,
    "off": Policy(allow=frozenset()),
    "served, 10/8 and everything allowed": Policy(
        allow=frozenset({"public"}), allow_cidrs=("10.0.0.0/8", "0.0.0.0/0", "::/0"), tell=False
    ),
    "laptop, 127/8 denied": Policy(deny_cidrs=("127.0.0.0/8", "::1/128")),
}

# Refused under every policy: no allowance of an operator reaches them.
HOSTILE = {
    # who is asked is hidden behind who seems to be asked
    "userinfo": "http://example.com@127.0.0.1/",
    "user and password": "http://root:secret@example.com/",
    "empty userinfo": "http://@example.com/",
    "escaped at-sign": "http://example.com%40127.0.0.1/",
    "two at-signs": "http://a@b@example.com/",
    "fullwidth at-sign": "http://example.com＠127.0.0.1/",
    "fragment": "http://127.0.0.1#@example.com/",
    "fragment behind the path": "http://example.com/v1#top",
    "empty fragment": "http://example.com/v1#",
    "query": "http://example.com/v1?to=http://127.0.0.1",
    "empty query": "http://example.com?",
    "backslash for a slash": "http:\\\\example.com\\v1",
    "backslash before the at-sign": "http://example.com\\@127.0.0.1/",
    "backslash in the path": "http://example.com/..\\..\\",
    "text behind the bracket": "http://[::1]example.com/",
    "no host": "http:///v1",
    "no host but a port": "http://:8080/",
    "no slashes": "http:127.0.0.1",
    "one slash": "http:/127.0.0.1/",
    "no scheme": "//127.0.0.1/",
    "nothing": "",
    # what cannot be seen
    "tab": "http://exa\tmple.com/",
    "line feed": "http://example.com/\n",
    "carriage return, line feed": "http://example.com/\r\nHost: 127.0.0.1",
    "space in front": " http://example.com/",
    "space in the host": "http://example .com/",
    "NUL": "http://127.0.0.1\x00.example.com/",
    "delete": "http://example.com/\x7f",
    "no-break space": "http://example.com\xa0/",
    "line separator": "http://example.com/\u2028",
    "zero-width space": "http://127.0.0\u200b.1/",
    "soft hyphen": "http://local\xadhost/",
    "right-to-left override": "http://\u202e1.0.0.721/",
    "ideographic space": "http://example.com\u3000/",
    # digits and letters that fold into others
    "circled digits": "http://①②⑦.⓪.⓪.①/",
    "fullwidth digits": "http://１２７.0.0.1/",
    "Arabic digits": "http://١٢٧.٠.٠.١/",
    "fullwidth metadata": "http://１６９.２５４.１６９.２５４/",
    "circled letters": "http://ⓛⓞⓒⓐⓛⓗⓞⓢⓣ/",
    "ligature": "http://ﬁrewall.example/",
    "sharp s": "http://straße.example/",
    "ideographic full stops": "http://127。0。0。1/",
    "halfwidth full stop": "http://127｡0.0.1/",
    "fullwidth full stop": "http://localhost．localdomain/",
    "fullwidth slash": "http://example.com／.127.0.0.1/",
    # numbers in forms that only some parsers read as addresses
    "two parts": "http://127.1/",
    "three parts": "http://127.0.1/",
    "one part": "http://2130706433/",
    "one hexadecimal part": "http://0x7f000001/",
    "one octal part": "http://017700000001/",
    "hexadecimal first part": "http://0x7f.1/",
    "hexadecimal parts": "http://0x7f.0x0.0x0.0x1/",
    "capital hexadecimal": "http://0X7F000001/",
    "hexadecimal and no digit": "http://127.0.0.0x/",
    "octal first part": "http://0177.0.0.1/",
    "octal last part": "http://127.0.0.01/",
    "leading zeros": "http://127.000.000.001/",
    "too many bits": "http://4294967296/",
    "overflowing into loopback": "http://6425673729/",
    "part above 255": "http://127.0.0.257/",
    "five parts": "http://127.0.0.0.1/",
    "just a zero": "http://0/",
    "negative number": "http://-1/",
    "two dots at the end": "http://127.0.0.1../",
    "dot in front": "http://.example.com/",
    "empty label": "http://example..com/",
    "escaped dots": "http://127%2e0%2e0%2e1/",
    "escaped digits": "http://%31%32%37.0.0.1/",
    "escaped letters": "http://%6cocalhost/",
    "label of 64": f"http://{'a' * 64}.example/",
    "name of 254": f"http://{'a.' * 126}aa/",
    # metadata services, in every encoding
    "AWS, GCP, Azure metadata": "http://169.254.169.254/",
    "the same with a dot": "http://169.254.169.254./",
    "the same in decimal": "http://2852039166/",
    "the same in hexadecimal": "http://0xa9fea9fe/",
    "the same in octal": "http://0251.0376.0251.0376/",
    "the same in two parts": "http://169.16689662/",
    "the same, IPv4-mapped": "http://[::ffff:169.254.169.254]/",
    "the same, IPv4-mapped in hexadecimal": "http://[::ffff:a9fe:a9fe]/",
    "the same, written out": "http://[0:0:0:0:0:ffff:a9fe:a9fe]/",
    "the same, IPv4-compatible": "http://[::169.254.169.254]/",
    "the same by NAT64": "http://[64:ff9b::a9fe:a9fe]/",
    "the same by 6to4": "http://[2002:a9fe:a9fe::1]/",
    "the same by Teredo": "http://[2001:0:a9fe:a9fe::]/",
    "ECS tasks": "http://169.254.170.2/",
    "EKS pods": "http://[fd00:ec2::23]/",
    "AWS over IPv6": "http://[fd00:ec2::254]/",
    "AWS over IPv6, capitals": "http://[FD00:0EC2:0:0:0:0:0:254]/",
    "Google over IPv6": "http://[fd20:ce::254]/",
    "Scaleway over IPv6": "http://[fd00:42::42]/",
    "Oracle over IPv6": "http://[fd00:c1::a9fe:a9fe]/",
    "Linode over IPv6": "http://[fd00:a9fe:a9fe::1]/",
    "Alibaba over IPv6": "http://[fd00:100::100:200]/",
    "OpenStack over IPv6": "http://[fe80::a9fe:a9fe]/",
    "Alibaba": "http://100.100.100.200/",
    "Alibaba, IPv4-mapped": "http://[::ffff:100.100.100.200]/",
    "Azure wire server": "http://168.63.129.16/",
    "Azure wire server by NAT64": "http://[64:ff9b::168.63.129.16]/",
    "Oracle": "http://192.0.0.192/",
    # addresses that are nobody's server
    "this network": "http://0.0.0.0/",
    "this network, other end": "http://0.255.255.255/",
    "no address, IPv6": "http://[::]/",
    "no address, IPv4-mapped": "http://[::ffff:0.0.0.0]/",
    "multicast": "http://224.0.0.1/",
    "reserved": "http://240.0.0.1/",
    "broadcast": "http://255.255.255.255/",
    "documentation": "http://192.0.2.1/",
    "benchmark": "http://198.19.255.255/",
    "6to4 of loopback": "http://[2002:7f00:1::]/",
    "Teredo": "http://[2001::1]/",
    "local NAT64": "http://[64:ff9b:1::7f00:1]/",
    "scoped": "http://[fe80::1%25eth0]/",
    "scoped and not escaped": "http://[fe80::1%eth0]/",
    "scoped loopback": "http://[::1%25lo]/",
    "IPv6 multicast": "http://[ff02::1]/",
    "site-local": "http://[fec0::1]/",
    "IPv6 documentation": "http://[2001:db8::1]/",
    "IPv6 outside of what is given out": "http://[4000::1]/",
    "IPv4 in brackets": "http://[127.0.0.1]/",
    "a future address": "http://[v1.fe80]/",
    "half a bracket": "http://[::1/",
    "IPv6 without brackets": "http://::1/",
    # ports of other protocols, and none at all
    "SSH": "http://example.com:22/",
    "SSH with zeros": "http://example.com:00022/",
    "mail": "http://example.com:25/",
    "name service": "http://example.com:53/",
    "PostgreSQL": "http://example.com:5432/",
    "Redis": "http://example.com:6379/",
    "Memcached": "http://example.com:11211/",
    "port zero": "http://example.com:0/",
    "port above the last": "http://example.com:65536/",
    "port that wraps to 80": "http://example.com:65616/",
    "negative port": "http://example.com:-80/",
    "port with a plus": "http://example.com:+80/",
    "port in words": "http://example.com:http/",
    "port in fullwidth digits": "http://example.com:８０/",
    "two ports": "http://example.com:80:22/",
    # other schemes
    "file": "file:///etc/passwd",
    "file with a host": "file://localhost/etc/passwd",
    "gopher": "gopher://127.0.0.1:6379/_FLUSHALL",
    "ftp": "ftp://example.com/",
    "javascript": "javascript:alert(1)",
    "data": "data:text/plain,hello",
    "dict": "dict://127.0.0.1:11211/stats",
    "web socket": "ws://example.com/",
    "unix socket": "http+unix://%2Fvar%2Frun%2Fdocker.sock/",
    "nested": "http://http://127.0.0.1/",
    # paths
    "dot segments": "http://example.com/v1/../admin",
    "single dot": "http://example.com/./v1",
    "escaped dot segments": "http://example.com/v1/%2e%2e/admin",
    "half escaped dot segments": "http://example.com/v1/.%2E/",
    "escaped slash": "http://example.com/v1%2fadmin",
    "escaped backslash": "http://example.com/v1%5cadmin",
    "escaped line break": "http://example.com/%0d%0aHost:%20evil",
    "escaped NUL": "http://example.com/%00",
    "double slash": "http://example.com//127.0.0.1/",
    "letters that are not ASCII": "http://example.com/ünï",
    "overlong": "http://example.com/" + "a" * MAX_URL,
    # read differently by two parsers
    "user, port and at-sign": "http://127.0.0.1:80@example.com/",
    "ampersand before the at-sign": "http://1.1.1.1&@127.0.0.1/",
    "question mark before the at-sign": "http://example.com?@127.0.0.1/",
    "escaped hash in the host": "http://127.0.0.1%23.example.com/",
    "escaped slash in the host": "http://127.0.0.1%2f.example.com/",
    "escaped NUL in the host": "http://localhost%00.example.com/",
    "semicolon in the host": "http://127.0.0.1;.example.com/",
    "comma in the host": "http://127.0.0.1,example.com/",
    "star in the host": "http://*.example.com/",
    "quotation mark in the host": "http://'example.com/",
    "braces in the host": "http://{host}/",
    "dollar in the host": "http://example.com$/",
    "text behind the bracket, with dots": "http://[::1].example.com/",
    "two ports behind the bracket": "http://[::1]:8080:80/",
    "four slashes": "http:////127.0.0.1/",
    "three slashes": "http:///127.0.0.1/",
    "half a character": "http://exam\ud800ple.com/",
    "byte order mark": "\ufeffhttp://example.com/",
    "vertical tab": "http://example.com/\x0b",
    "next line": "http://example.com/\x85v1",
    "header in the host": "http://example.com\r\nX-Forged: 1/",
    # letters that fold
    "double-struck l": "http://ℓocalhost/",
    "mathematical letters": "http://𝗅𝗈𝖼𝖺𝗅𝗁𝗈𝗌𝗍/",
    "fullwidth letters": "http://ＬＯＣＡＬＨＯＳＴ/",
    "digit with a full stop": "http://⒈27.0.0.1/",
    "superscript digits": "http://¹²⁷.0.0.1/",
    "one dot leader": "http://localhost․localdomain/",
    "zero-width joiner": "http://local\u200dhost/",
    "variation selector": "http://localhost\ufe0f/",
    "Kelvin sign": "http://\u212aube.example/",
    "long s": "http://ſerver.example/",
    "fullwidth colon": "http://example.com：22/",
    "fraction slash": "http://example.com⁄@127.0.0.1/",
    # IPv6 forms that carry another address
    "translated IPv4": "http://[::ffff:0:127.0.0.1]/",
    "translated metadata": "http://[::ffff:0:a9fe:a9fe]/",
    "local NAT64 of metadata": "http://[64:ff9b:1:a9fe:a9fe::]/",
    "local NAT64, last address": "http://[64:ff9b:1:ffff:ffff:ffff:ffff:ffff]/",
    "6to4 of a private network": "http://[2002:0a00:0001::1]/",
    "Teredo of loopback": "http://[2001:0:4136:e378:8000:63bf:80ff:fffe]/",
    "ISATAP on the link": "http://[fe80::5efe:7f00:1]/",
    "ORCHID": "http://[2001:20::1]/",
    "discard": "http://[100::1]/",
    "segment routing": "http://[5f00::1]/",
    "the newer documentation": "http://[3fff::1]/",
    "scoped and mapped": "http://[::ffff:127.0.0.1%25lo]/",
    "scope of zero": "http://[::1%0]/",
    "too many groups": "http://[1:2:3:4:5:6:7:8:9]/",
    "two gaps": "http://[2606::1::1]/",
    "IPv4 that is none": "http://[::ffff:127.0.0.256]/",
    "IPv4 with zeros in front": "http://[::ffff:127.0.0.01]/",
    "empty brackets": "http://[]/",
    # numbers
    "octal in every part": "http://0300.0250.0.1/",
    "mixed forms": "http://0xa9.0376.43518/",
    "hexadecimal with leading zeros": "http://0x00000000a9fea9fe/",
    "number of 40 digits": "http://1000000000000000000000000002130706433/",
    "dot behind a hexadecimal": "http://0x7f000001./",
    "part of nothing": "http://127..0.1/",
    # ports
    "port with an underscore": "http://example.com:8_0/",
    "port with an exponent": "http://example.com:8e1/",
    "port in hexadecimal": "http://example.com:0x50/",
    "port of minus zero": "http://example.com:-0/",
    "port with a space": "http://example.com: 80/",
    "LDAP": "http://example.com:389/",
    "IRC": "http://example.com:6667/",
    "file shares": "http://example.com:445/",
    "Elasticsearch's inner port": "http://example.com:9300/",
    # schemes
    "secure web socket": "wss://example.com/",
    "ldap": "ldap://127.0.0.1/",
    "tftp": "tftp://127.0.0.1/file",
    "nested in jar": "jar:http://127.0.0.1/!/",
    "view-source": "view-source:http://127.0.0.1/",
    "blob": "blob:http://127.0.0.1/x",
    "no colon": "http//127.0.0.1/",
    "escaped colon": "http%3a//127.0.0.1/",
    "fullwidth scheme": "ｈttp://127.0.0.1/",
    # paths
    "dots with a parameter": "http://example.com/v1/..;/admin",
    "escaped dots with a parameter": "http://example.com/v1/%2e%2e;x=1/admin",
    "overlong dots": "http://example.com/%c0%ae%c0%ae/admin",
    "overlong slash": "http://example.com/..%c0%af",
    "dots escaped twice": "http://example.com/%252e%252e/admin",
    "line break escaped twice": "http://example.com/%250d%250aX:1",
    "escaped tab": "http://example.com/%09",
    "escaped delete": "http://example.com/%7f",
    "half an escape": "http://example.com/v1%2",
    "escape that is none": "http://example.com/v1%zz",
    "angle brackets": "http://example.com/<v1>",
    "caret": "http://example.com/v1^",
    "bar": "http://example.com/v1|admin",
    "braces": "http://example.com/{v1}",
    "backquote": "http://example.com/`v1`",
    "three slashes in the path": "http://example.com/v1///admin",
}

# Judged as what they are, in whatever form they are written.
BY_CLASS = {
    "http://127.0.0.1/": "loopback",
    "http://127.0.0.1.:8080/": "loopback",
    "http://127.255.255.254/": "loopback",
    "http://[::1]/": "loopback",
    "http://[0:0:0:0:0:0:0:1]:8080/": "loopback",
    "http://[::ffff:127.0.0.1]/": "loopback",
    "http://[::FFFF:7F00:1]/": "loopback",
    "http://[::127.0.0.1]/": "loopback",
    "http://[64:ff9b::7f00:1]/": "loopback",
    "http://[64:ff9b::127.0.0.1]/": "loopback",
    "http://10.0.0.1/": "private",
    "http://172.16.0.1/": "private",
    "http://172.31.255.254/": "private",
    "http://192.168.1.1/": "private",
    "http://100.64.0.1/": "private",
    "http://[fd12:3456::1]/": "private",
    "http://[::ffff:10.0.0.1]/": "private",
    "http://[64:ff9b::192.168.0.1]/": "private",
    "http://1.1.1.1/": "public",
    "https://[2606:4700:4700::1111]/": "public",
    "http://172.32.0.1/": "public",
    "http://[::ffff:8.8.8.8]/": "public",
}
ALLOWED = {
    "laptop": {"loopback", "private", "public"},
    "served": {"public"},
    "off": set(),
    "served, 10/8 and everything allowed": {"loopback", "private", "public"},
    "laptop, 127/8 denied": {"private", "public"},
}

LEGITIMATE = {
    "http://localhost:8080": ("http", "localhost", 8080, ""),
    "http://LocalHost:11434/": ("http", "localhost", 11434, ""),
    "https://api.example.com/v1": ("https", "api.example.com", 443, "/v1"),
    "https://api.example.com./v1/": ("https", "api.example.com", 443, "/v1"),
    "http://gpu-01.lan:8000/openai/v1": ("http", "gpu-01.lan", 8000, "/openai/v1"),
    "http://vllm": ("http", "vllm", 80, ""),
    "http://model_server:8000": ("http", "model_server", 8000, ""),
    "http://3com.example/": ("http", "3com.example", 80, ""),
    "https://bücher.example": ("https", "xn--bcher-kva.example", 443, ""),
    "https://host/a.b/c..d/e%20f": ("https", "host", 443, "/a.b/c..d/e%20f"),
}


@pytest.mark.parametrize("policy", POLICIES)
@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_url_is_refused_under_every_policy(name, policy):
    with pytest.raises(PolicyRefusal):
        check_url(HOSTILE[name], POLICIES[policy])


@pytest.mark.parametrize("policy", POLICIES)
@pytest.mark.parametrize("url", BY_CLASS)
def test_literal_address_is_judged_by_its_class_in_every_form(url, policy):
    if BY_CLASS[url] in ALLOWED[policy]:
        checked = check_url(url, POLICIES[policy])
        assert (checked.is_literal, judge(checked.host, POLICIES[policy])) == (True, BY_CLASS[url])
    else:
        with pytest.raises(PolicyRefusal) as refusal:
            check_url(url, POLICIES[policy])
        assert refusal.value.kind == "address"


@pytest.mark.parametrize("policy", POLICIES)
@pytest.mark.parametrize("url", LEGITIMATE)
def test_plain_name_passes_and_is_judged_when_it_is_resolved(url, policy):
    checked = check_url(url, POLICIES[policy])
    assert (checked.scheme, checked.host, checked.port, checked.path) == LEGITIMATE[url]
    assert not checked.is_literal


def test_refusal_names_the_reason_and_a_remedy():
    with pytest.raises(PolicyRefusal) as refusal:
        check_url("http://me:secret@example.com", LAPTOP)
    assert refusal.value.remedy
    assert "secret" not in str(refusal.value)


def test_operator_can_list_ports_and_hosts():
    policy = Policy(ports=frozenset({443, 8000}), allow_hosts=("Models.lan",), deny_hosts=("old.models.lan",))
    assert check_url("http://models.lan:8000", policy).host == "models.lan"
    kinds = []
    for url in ("http://models.lan:8001", "http://models.lan", "https://other.lan", "https://old.models.lan"):
        with pytest.raises(PolicyRefusal) as refusal:
            check_url(url, policy)
        kinds.append(refusal.value.kind)
    assert kinds == ["port", "port", "host", "host"]


def test_operators_own_network_is_dialled_in_served_mode_and_no_other():
    policy = Policy(allow=frozenset({"public"}), allow_cidrs=("10.20.0.0/16",), tell=False)
    assert judge("10.20.0.7", policy) == "private"
    for other in ("10.21.0.7", "127.0.0.1", "192.168.0.1"):
        with pytest.raises(PolicyRefusal):
            judge(other, policy)


def test_denied_network_wins_over_an_allowed_one():
    policy = Policy(allow_cidrs=("10.0.0.0/8",), deny_cidrs=("10.20.0.0/16",))
    with pytest.raises(PolicyRefusal):
        judge("::ffff:10.20.0.1", policy)
    assert judge("10.21.0.1", policy) == "private"


def test_network_that_is_none_is_refused_with_a_sentence():
    with pytest.raises(PolicyRefusal, match="is not a network"):
        judge("10.0.0.1", Policy(allow_cidrs=("10.0.0.0/33",)))


def test_checked_url_passes_the_check_again_unchanged():
    for url in LEGITIMATE:
        checked = check_url(url, LAPTOP)
        again = check_url(f"{checked.scheme}://{checked.authority}{checked.path}", LAPTOP)
        assert again == checked


def test_check_does_no_input_or_output():
    tree = ast.parse(inspect.getsource(guard))
    imported = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    imported |= {node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    assert not {name for name in imported if name.partition(".")[0] in {"socket", "ssl", "httpcore2", "os"}}
