"""P10: verify-full refuses a server with a certificate of another authority before telling it anything."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from fondaco.config import Config
from fondaco.sql.connection import Pools

# Self-signed for localhost; the second one is another authority for the same name.
SERVER_CERTIFICATE = """\
-----BEGIN CERTIFICATE-----
MIIBljCCATugAwIBAgIUXW+gyPR3l51dbIhBZ/S6RRLPqbowCgYIKoZIzj0EAwIw
FDESMBAGA1UEAwwJbG9jYWxob3N0MCAXDTI2MTEyMzA0NTIxNVoYDzIxMjYxMDMw
MDQ1MjE1WjAUMRIwEAYDVQQDDAlsb2NhbGhvc3QwWTATBgcqhkjOPQIBBggqhkjO
PQMBBwNCAATMX09vbpVFsqbaK4P2wa/KIWi53BY8KGnpPp7DXFj8vnj4TwQ+JxFp
aQI3s47XBkeUN2ly5GpPn8yOSJ83VO7wo2kwZzAdBgNVHQ4EFgQUlEdwirKljqBj
AHGHrg9reY8u0hUwHwYDVR0jBBgwFoAUlEdwirKljqBjAHGHrg9reY8u0hUwDwYD
VR0TAQH/BAUwAwEB/zAUBgNVHREEDTALgglsb2NhbGhvc3QwCgYIKoZIzj0EAwID
SQAwRgIhAKyjPdeZq+LHT04nnHIWUFaDten8efx19GoqO6dWNK1VAiEAmkU8nLDY
ryvaPEFCSVTLlEZxj8Pw1pb3dKyTiDVtBTQ=
-----END CERTIFICATE-----
"""
SERVER_KEY = """\
-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgoGCdA35nIjUb5LfM
JYTH+a7UlYiqDPcCTqPFTL7FjRqhRANCAATMX09vbpVFsqbaK4P2wa/KIWi53BY8
KGnpPp7DXFj8vnj4TwQ+JxFpaQI3s47XBkeUN2ly5GpPn8yOSJ83VO7w
-----END PRIVATE KEY-----
"""
OTHER_AUTHORITY = """\
-----BEGIN CERTIFICATE-----
MIIBjTCCATOgAwIBAgIUQv8NYwqnY9jQp+FS4eJvv+wP+3kwCgYIKoZIzj0EAwIw
EDEOMAwGA1UEAwwFb3RoZXIwIBcNMjYxMTIzMDQ1MjE1WhgPMjEyNjEwMzAwNDUy
MTVaMBAxDjAMBgNVBAMMBW90aGVyMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE
Kb3ap6kMwNYIX/dmA6Vg5vhjCvNUoaza/Ir73ZHEOVPngRsoUOUi0c563bzpfLr2
Mqn1a/UM+80Pjo1WI+IPg6NpMGcwHQYDVR0OBBYEFE8wKjC1TYqEaq5mGVpwIZsU
ybWvMB8GA1UdIwQYMBaAFE8wKjC1TYqEaq5mGVpwIZsUybWvMA8GA1UdEwEB/wQF
MAMBAf8wFAYDVR0RBA0wC4IJbG9jYWxob3N0MAoGCCqGSM49BAMCA0gAMEUCIQCE
B7fsXtkAbBl62on5iQPgOO1ybb4Bg3U+QQgO/LVPFAIgYXXXsXAm3O2h4EEZB2N4
yBxYsYiibaY623zzN63SjEo=
-----END CERTIFICATE-----
"""
SSL_REQUEST_LENGTH = 8


class Impostor:
    """Speaks TLS as PostgreSQL does and keeps what it hears after the handshake."""

    def __init__(self, certificate: Path, key: Path) -> None:
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.load_cert_chain(certificate, key)
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.heard: list[bytes] = []
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while True:
            try:
                connection, _address = self.listener.accept()
            except OSError:
                return
            try:
                connection.recv(SSL_REQUEST_LENGTH)
                connection.sendall(b"S")
                with self.context.wrap_socket(connection, server_side=True) as encrypted:
                    self.heard.append(encrypted.recv(1000))
            except OSError:
                pass
            finally:
                connection.close()


@pytest.fixture
def impostor(tmp_path: Path) -> Iterator[Impostor]:
    (tmp_path / "server.crt").write_text(SERVER_CERTIFICATE)
    (tmp_path / "server.key").write_text(SERVER_KEY)
    (tmp_path / "other.crt").write_text(OTHER_AUTHORITY)
    impostor = Impostor(tmp_path / "server.crt", tmp_path / "server.key")
    yield impostor
    impostor.listener.close()


def connect(impostor: Impostor, authority: Path) -> str:
    """The message of the refused connection."""
    config = Config.default().replace(
        db_host="localhost", db_port=impostor.port, db_user="u", db_password="p", db_sslmode="verify-full",
        db_sslrootcert=str(authority), db_reconnection_retries=0,
    )  # fmt: skip
    pools = Pools(config)
    with pytest.raises(psycopg.OperationalError) as refused, pools.cursor("x") as cr:
        cr.execute("SELECT 1")
    return str(refused.value)


def test_p10_verify_full_refuses_another_authority(impostor: Impostor, tmp_path: Path) -> None:
    message = connect(impostor, tmp_path / "other.crt")

    assert "certificate verify failed" in message
    assert impostor.heard == []


def test_p10_verify_full_takes_the_right_authority(impostor: Impostor, tmp_path: Path) -> None:
    connect(impostor, tmp_path / "server.crt")  # fails later: nobody answers the startup message

    assert b"database" in impostor.heard[0]
