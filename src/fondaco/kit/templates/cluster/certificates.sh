#!/bin/sh
# Made by `fondaco kit`; answers {{ answers }} (document:line of the seeds).
# Certificates with which the witnesses know each other and Patroni: nobody else is answered. Run it where the kit was
# written, before its files go to the machines, and each year: what still holds for a year and two months stays.
#   sh kit/cluster/certificates secrets
set -eu
umask 077
here=$(cd "$(dirname "$0")" && pwd)
authority=${1:?"usage: $0 FOLDER - where the key of the authority is kept, as the other secrets are"}/etcd-ca
curve="-newkey ec -pkeyopt ec_paramgen_curve:prime256v1"
mkdir -p "$(dirname "$authority")"
if [ ! -e "$authority.key" ]; then
    openssl req -x509 -nodes $curve -sha256 -days 3650 -subj "/CN=etcd of {{ name }}" \
        -addext keyUsage=critical,keyCertSign,cRLSign -keyout "$authority.key" -out "$authority.crt"
fi

issue() {
    place=$here/$1/$2
    mkdir -p "$place"
    cp "$authority.crt" "$place/ca.crt"
    if [ -e "$place/node.crt" ] && openssl x509 -in "$place/node.crt" -noout -checkend 36720000 >/dev/null &&
        openssl verify -CAfile "$authority.crt" "$place/node.crt" >/dev/null; then
        return
    fi
    openssl req -new -nodes $curve -subj "/O={{ name }}" -keyout "$place/node.key" -out "$place/node.csr"
    printf 'subjectAltName=IP:%s\nextendedKeyUsage=serverAuth,clientAuth\n' "$1" >"$place/node.ext"
    openssl x509 -req -in "$place/node.csr" -CA "$authority.crt" -CAkey "$authority.key" -CAcreateserial -sha256 \
        -days 825 -extfile "$place/node.ext" -out "$place/node.crt"
    rm "$place/node.csr" "$place/node.ext"
}
{% for one in d.cluster_etcd %}
issue {{ one }} etc/etcd/tls
{% endfor %}
{% for one in d.cluster_databases %}
issue {{ one }} etc/patroni/tls
{% endfor %}
