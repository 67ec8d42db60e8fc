#!/bin/sh
# Made by `fondaco kit`; answers {{ answers }} (document:line of the seeds).
# Certificates of one authority: with them the witnesses know each other and Patroni, and answer nobody else; PostgreSQL,
# Patroni and PgBouncer speak TLS, and who connects to them knows whom he speaks to. Run it where the kit was written,
# before its files go to the machines, and each year: what still holds for a year and two months stays.
#   sh kit/cluster/certificates secrets
set -eu
umask 077
here=$(cd "$(dirname "$0")" && pwd)
authority=${1:?"usage: $0 FOLDER - where the key of the authority is kept, as the other secrets are"}/cluster-ca
curve="-newkey ec -pkeyopt ec_paramgen_curve:prime256v1"
mkdir -p "$(dirname "$authority")"
if [ ! -e "$authority.key" ]; then
    openssl req -x509 -nodes $curve -sha256 -days 3650 -subj "/CN=machines of {{ name }}" \
        -addext keyUsage=critical,keyCertSign,cRLSign -keyout "$authority.key" -out "$authority.crt"
fi

# issue ADDRESS FOLDER NAMES USAGE: who has clientAuth is heard by the witnesses.
issue() {
    place=$here/$1/$2
    mkdir -p "$place"
    cp "$authority.crt" "$place/ca.crt"
    if [ -e "$place/node.crt" ] && openssl x509 -in "$place/node.crt" -noout -checkend 36720000 >/dev/null &&
        openssl verify -CAfile "$authority.crt" "$place/node.crt" >/dev/null; then
        return
    fi
    openssl req -new -nodes $curve -subj "/O={{ name }}" -keyout "$place/node.key" -out "$place/node.csr"
    printf 'subjectAltName=%s\nextendedKeyUsage=%s\n' "$3" "$4" >"$place/node.ext"
    openssl x509 -req -in "$place/node.csr" -CA "$authority.crt" -CAkey "$authority.key" -CAcreateserial -sha256 \
        -days 825 -extfile "$place/node.ext" -out "$place/node.crt"
    rm "$place/node.csr" "$place/node.ext"
}
{% for one in d.cluster_etcd %}
issue {{ one }} etc/etcd/tls IP:{{ one }} serverAuth,clientAuth
{% endfor %}
{% for one in d.cluster_databases %}
issue {{ one }} etc/patroni/tls IP:{{ one }} serverAuth,clientAuth
{% endfor %}
{% for one in d.cluster_servers %}
issue {{ one }} etc/pgbouncer/tls IP:{{ one }},IP:127.0.0.1 serverAuth
{% endfor %}
# Whom to believe: no secret, and read by the server and HAProxy.
for machine in {{ d.cluster_servers | join(" ") }}; do
    mkdir -p "$here/$machine/etc/fondaco"
    cp "$authority.crt" "$here/$machine/etc/fondaco/cluster-ca.crt"
    chmod 644 "$here/$machine/etc/fondaco/cluster-ca.crt"
done
