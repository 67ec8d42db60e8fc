"""The proxy sites of the documents, and what each of them needs besides names, certificates and ports.

The text is cut out of `../shared/seeds/` and of our own manual when a test runs; nothing of it is repeated here.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SEEDS = ROOT.parent / "shared" / "seeds"
MANUAL = ROOT / "docs" / "operator" / "proxy.md"

# Where a site says what a machine must have: (what it says, what the machine of the test has).
MACHINE = (
    (r"listen 80;", "listen 127.0.0.1:{plain};"),
    (r"listen 443\b", "listen 127.0.0.1:{tls}"),
    (r":443\b", ":{tls}"),
    (r":80$", ":{plain}"),
    (r":8069\b", ":{http}"),
    (r":8072\b", ":{live}"),
    (r"(?<=ssl_certificate )\S+;", "{folder}/site.crt;"),
    (r"(?<=ssl_certificate_key )\S+;", "{folder}/site.key;"),
    (r"(?<=ssl crt )\S+", "{folder}/site.pem"),
    (r"/var/log/nginx", "{folder}"),
    (r"/var/lib/fondaco(?=/)", "{data}"),
)


@dataclass(frozen=True)
class Site:
    """A site: where its text is, the host it is for, how news come through it, what repairs it where it cannot start.

    first, last: the line it begins with, and the beginning of the first line after it.
    complaint: what the program says should it refuse the text; repairs, for then: (what it says, what it should say).
    """

    source: Path
    first: str
    last: str
    host: str
    live: str = "poll"
    program: str = "nginx"
    complaint: str = ""
    repairs: tuple[tuple[str, str], ...] = ()

    def text(self, **machine: object) -> str:
        """As written, for this machine."""
        if not self.source.exists():
            pytest.skip(f"{self.source} is not beside this repository")
        lines = self.source.read_text().splitlines()
        start = next(number for number, line in enumerate(lines) if line == self.first)
        end = next(number for number in range(start + 1, len(lines)) if lines[number].startswith(self.last))
        text = "\n".join(lines[start:end]) + "\n"
        for said, had in MACHINE:
            here = _filled(had, machine)
            text = re.sub(said, lambda _, here=here: here, text, flags=re.MULTILINE)
        return text

    def repaired(self, **machine: object) -> str:
        """As it works."""
        text = self.text(**machine)
        for said, meant in self.repairs:
            said = _filled(said, machine)
            assert said in text, f"{self.source.name} no longer says {said!r}"
            text = text.replace(said, _filled(meant, machine))
        return text


def _filled(text: str, machine: dict[str, object]) -> str:
    """Without str.format: the braces of the sites are their own."""
    return re.sub(r"\{(\w+)\}", lambda match: str(machine[match[1]]), text)


def seed(number: int) -> Path:
    found = sorted(SEEDS.glob(f"{number:03}_*.txt"))
    return found[0] if found else SEEDS / f"{number:03}.txt"


SITES = {
    # 0:187-230 lost its closing lines and the servers of its upstreams when the page was copied.
    "0": Site(
        seed(0), "#odoo server", "Odoo as a WSGI Application", "odoo.mycompany.com",
        complaint='"upstream" directive is not allowed here',
        repairs=(
            ("upstream odoo {\n", "upstream odoo {\n  server 127.0.0.1:{http};\n}\n"),
            ("upstream odoochat {\n", "upstream odoochat {\n  server 127.0.0.1:{live};\n}\n"),
            ("permanent;\n", "permanent;\n}\n"),
            ("http://odoochat;\n", "http://odoochat;\n  }\n"),
            ("http://odoo;\n", "http://odoo;\n  }\n"),
            ("gzip on;\n", "gzip on;\n}\n"),
        ),
    ),
    # 1:186 is a directive that nginx has dropped in 1.25.1.
    "1": Site(
        seed(1), "#odoo server", "Odoo as a WSGI Application", "odoo.mycompany.com",
        complaint='unknown directive "ssl"',
        repairs=((" ssl on;\n", ""), ("listen 127.0.0.1:{tls};", "listen 127.0.0.1:{tls} ssl;")),
    ),
    # 3:181 names two ciphers that do not exist.
    "3": Site(
        seed(3), "upstream odoo_backend {", "Replace your-domain.com", "your-domain.com",
        complaint="no cipher match",
        repairs=(
            ("    ssl_ciphers ECDHE-RSA-AES256-GCM-SHA512:DHE-RSA-AES256-GCM-SHA512;\n", ""),
        ),
    ),
    "4": Site(
        seed(4), "server {", "Obtain an SSL certificate", "your-odoo-domain.com",
    ),
    "ours": Site(MANUAL, "map $http_upgrade $connection_upgrade {", "```", "erp.example.com", live="websocket"),
    "haproxy": Site(MANUAL, "defaults", "```", "erp.example.com", live="websocket", program="haproxy"),
}  # fmt: skip
