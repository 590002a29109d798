"""Ways to write an address that leads into this machine or its network, and those only somebody hasty takes for one."""

from __future__ import annotations

METADATA = "169.254.169.254"  # where clouds keep the keys of a machine
PLACES = [
    "127.0.0.1", "127.8.8.8", "127.1", "127.0.1", "0", "0.0.0.0", "localhost", "LOCALHOST", "localhost.", "127.0.0.1.",
    "2130706433", "0x7f000001", "0x7f.1", "0x7F.0.0.1", "0177.0.0.1", "017700000001", "0177.0.0.0x1", "127.0.0.01",
    "[::1]", "[::]", "[0:0:0:0:0:0:0:1]", "[::127.0.0.1]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]",
    "[0:0:0:0:0:ffff:127.0.0.1]", "[::ffff:0:127.0.0.1]",
    "[64:ff9b::7f00:1]", "[64:ff9b::127.0.0.1]", "[64:ff9b:1::7f00:1]", "[2002:7f00:1::]", "[2002:7f00:0001::1]",
    "[2001:0:0:0:0:0:80ff:fffe]",
    METADATA, "2852039166", "0xa9fea9fe", "0251.0376.0251.0376", "[::ffff:169.254.169.254]", "[64:ff9b::a9fe:a9fe]",
    "[fd00:ec2::254]", "10.0.0.1", "10.1", "172.16.0.1", "172.31.255.255", "192.168.1.1", "100.64.0.1", "192.0.0.8",
    "[fe80::1]", "[fe80::1%25lo]", "[fc00::1]", "[fdff::1]", "[fec0::1]", "[ff02::1]", "224.0.0.1", "255.255.255.255",
    "１２７.0.0.1", "１２７。０。０。１", "127。0。0。1", "①②⑦.⓪.⓪.①", "ⓛⓞⓒⓐⓛⓗⓞⓢⓣ", "169.254.169.２５４",
    "inside.example", "inside.example.", "metadata.google.internal", "both.example",
]  # fmt: skip
# {port} is the port where something listens; the first host is what a hasty reader would take it for
TRICKS = [
    "https://acme.atlassian.net@127.0.0.1:{port}/", "https://acme.atlassian.net:443@127.0.0.1:{port}/",
    "http://hooks.slack.com:x@[::1]:{port}/services/T/B/x", "https://127.0.0.1:{port}\\@acme.atlassian.net/",
    "https://acme.atlassian.net\\@127.0.0.1:{port}/", "https://127.0.0.1:{port}#@acme.atlassian.net/",
    "https://127.0.0.1:{port}?@logic.azure.com/", "https://127.0.0.1:{port}/.atlassian.net",
    "https://127.0.0.1%2f.slack.com:{port}/", "https://127.0.0.1%00.slack.com:{port}/",
    "https://slack.com%40127.0.0.1:{port}/", "https:127.0.0.1:{port}/", "https:///127.0.0.1:{port}/",
    "//127.0.0.1:{port}/", "https://[::1]:{port}@slack.com:{port}/", "https://127.0.0.1:{port}:{port}/",
    "https://\t127.0.0.1:{port}/", "https://127.0.0.1\n.slack.com:{port}/", " https://127.0.0.1:{port}/",
    "HTTPS://127.0.0.1:{port}/", "hTTp://127.0.0.1:{port}/", "ftp://127.0.0.1:{port}/", "file:///etc/passwd",
    "gopher://127.0.0.1:{port}/_x", "http+unix://%2Fvar%2Frun%2Fdocker.sock/x", "javascript:alert(1)", "unix:/tmp/x",
    "https://[fe80::1%25lo]:{port}/", "https://[::ffff:127.0.0.1]:{port}/", "https://[v1.x]:{port}/", "https://[/",
]  # fmt: skip
ANSWERS = {"inside.example": ["127.0.0.1", "::1", "10.0.0.1"], "both.example": ["127.0.0.1", METADATA]}
