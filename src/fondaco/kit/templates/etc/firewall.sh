#!/bin/sh
# Made by `fondaco kit`; answers {{ answers }} (document:line of the seeds).
# Puts the firewall to work that this machine has, as root: {{ name }}-firewall nftables|ufw|firewalld
# ssh is open to the networks of administrators before anything is shut. As long as somebody is connected by ssh from
# elsewhere, nothing is changed. Run again, it changes nothing.
set -eu
kind=${1:?"usage: $0 nftables|ufw|firewalld"}

ss -Htn state established '( sport = :22 )' | python3 -c '
import sys
from ipaddress import ip_address, ip_network
administrators = [ip_network(one) for one in sys.argv[1:]]
for line in sys.stdin:
    host = line.split()[3].rpartition(":")[0].strip("[]").partition("%")[0].removeprefix("::ffff:")
    address = ip_address(host)
    if not address.is_loopback and not any(address in network for network in administrators):
        sys.exit(f"{address} is connected by ssh, and would be shut out: name its network in network.admin_networks")
' {{ d.network_admin_networks | join(" ") }}

case $kind in
nftables)
    nft -c -f /etc/nftables.conf
    nft -f /etc/nftables.conf
    systemctl enable nftables
    ;;
ufw)
{% for network in d.network_admin_networks %}
    ufw allow proto tcp from {{ network }} to any port 22
{% endfor %}
{% if d.network_front_networks %}
{% for network in d.network_front_networks %}
    ufw allow proto tcp from {{ network }} to any port 80,443
{% endfor %}
{% else %}
    ufw allow proto tcp to any port 80,443
{% endif %}
{% for network in d.postgresql_clients %}
    ufw allow proto tcp from {{ network }} to any port 5432
{% endfor %}
    ufw default deny incoming
    ufw default allow outgoing
    ufw --force enable
    ;;
firewalld)
    # Interfaces that were given a zone of their own keep it: firewall-cmd --get-active-zones
    firewall-cmd --check-config
    firewall-cmd --reload
    firewall-cmd --set-default-zone=fondaco
    ;;
*)
    echo "$0: $kind is none of nftables, ufw and firewalld" >&2
    exit 2
    ;;
esac
