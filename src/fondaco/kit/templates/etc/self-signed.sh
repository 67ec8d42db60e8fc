#!/bin/sh
# Made by `fondaco kit`; answers {{ answers }} (document:line of the seeds).
# A certificate that this machine signs itself, for a controlled network or until certbot has one: browsers warn.
# It never replaces a file that is there.
set -eu
umask 077
certificate={{ d.tls_certificate }}
key={{ d.tls_key }}
for file in "$certificate" "$key"; do
    if [ -e "$file" ]; then
        echo "$file exists already: move it away first" >&2
        exit 5
    fi
    mkdir -p "$(dirname "$file")"
done
openssl req -x509 -nodes -newkey rsa:2048 -sha256 -days 365 -subj "/CN={{ d.deployment_domains[0] }}" \
    -addext "subjectAltName={% for domain in d.deployment_domains %}DNS:{{ domain }}{{ "," if not loop.last }}{% endfor %}" \
    -keyout "$key" -out "$certificate"
chmod 644 "$certificate"
