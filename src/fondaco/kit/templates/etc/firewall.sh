#!/bin/sh
# Made by `fondaco kit`; answers {{ answers }} (document:line of the seeds).
# Puts the firewall to work that this machine has, as root: {{ name }}-firewall nftables|ufw|firewalld
# ssh is open to the networks of administrators before anything is shut. As long as somebody is connected by ssh from
# elsewhere, nothing is changed. Run again, it changes nothing. Which ports are those of ssh, sshd is asked.
set -eu
kind=${1:?"usage: $0 nftables|ufw|firewalld"}
PATH=$PATH:/usr/sbin:/sbin

ports=$({ sshd -T | sed -n 's/^listenaddress .*:\([0-9]*\).*/\1/p'; } 2>/dev/null | sort -nu)
if [ -z "$ports" ]; then  # sshd cannot tell before it ran once; what it has on loopback are tunnels
    ports=$(ss -Htlnp | awk '/"sshd"/ && $4 !~ /^(127\.|\[::1\])/ { sub(/.*:/, "", $4); print $4 }' | sort -nu)
fi
ports=${ports:-22}
listed=$(echo $ports | tr ' ' ',')

ss -Htn state established "( sport = :$(echo $ports | sed 's/ / or sport = :/g') )" | python3 -c '
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
    mkdir -p /etc/nftables.d
    echo "redefine ssh_ports = { $listed }" > /etc/nftables.d/{{ name }}-ssh.nft
    nft -c -f /etc/nftables.conf
    nft -f /etc/nftables.conf
    systemctl enable nftables
    ;;
ufw)
    # The rules of one description and these ports have one mark. Those of another go when the new ones are there.
    mark={{ name }}-firewall-$(echo "$listed" | cat "$0" - | cksum | cut -d ' ' -f 1)
{% for network in d.network_admin_networks %}
    ufw allow proto tcp from {{ network }} to any port "$listed" comment "$mark"
{% endfor %}
{% if d.network_front_networks %}
{% for network in d.network_front_networks %}
    ufw allow proto tcp from {{ network }} to any port 80,443 comment "$mark"
{% endfor %}
{% else %}
    ufw allow proto tcp to any port 80,443 comment "$mark"
{% endif %}
{% for network in d.postgresql_clients %}
    ufw allow proto tcp from {{ network }} to any port 5432 comment "$mark"
{% endfor %}
    added=$(ufw show added)
    echo "$added" | grep -v " comment '$mark'\$" |
        sed -n "s/^ufw \(.*\) comment '{{ name }}-firewall-[0-9]*'\$/\1/p" |
        while read -r rule; do
            ufw delete $rule </dev/null
        done
    ufw default deny incoming
    ufw default allow outgoing
    ufw --force enable
    ;;
firewalld)
    # What firewalld calls ssh is port 22 alone.
    for port in $ports; do
        [ "$port" = 22 ] || firewall-cmd --permanent --service=ssh --add-port="$port/tcp"
    done
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
