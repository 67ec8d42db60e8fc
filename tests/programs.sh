#!/bin/sh
# The programs that tests drive: used where they are, installed by root, otherwise the tests that need one are skipped
# with the sentence printed here. One line a program: its command, its Debian package, what it is for.
programs="
chromium       chromium        the browser tests
redis-server   redis-server    sessions in Redis
nginx          nginx-light     sites behind a proxy
haproxy        haproxy         sites behind a proxy
nft            nftables        rules of the firewall
cloud-init     cloud-init      the first start of a rented machine
pgbouncer      pgbouncer       live connections and jobs behind a pooler
fail2ban-server fail2ban       refused log-ins that ban an address
ip             iproute2        refused log-ins that ban an address
patroni        patroni         machines that are lost
etcd           etcd-server     machines that are lost
logrotate      logrotate       log files that are moved away
restic         restic          backups
sshd           openssh-server  backups on another machine
ssh            openssh-client  backups on another machine
promtool       prometheus      alert rules
curl           curl            pages over HTTP/2
openssl        openssl         certificates that a machine signs itself
ufw            ufw             rules of the firewall
firewall-offline-cmd firewalld rules of the firewall
docker-compose docker-compose  the description of containers
WebKitWebDriver webkit2gtk-driver the client in WebKit
Xvfb           xvfb            the client in WebKit
"

has() {
    case $1 in
    chromium)
        for name in "$FONDACO_TEST_CHROMIUM" chromium chromium-browser google-chrome; do
            test -n "$name" && command -v "$name" >/dev/null 2>&1 && return 0
        done
        return 1 ;;
    *) PATH=$PATH:/usr/sbin:/sbin command -v "$1" >/dev/null 2>&1 ;;
    esac
}

missing() {
    echo "$programs" | while read -r command package purpose; do
        test -n "$command" && ! has "$command" && echo "$package"
    done
}

packages=$(missing)
test -z "$packages" && exit 0
if test "$(id -u)" = 0 && command -v apt-get >/dev/null 2>&1; then
    echo "Installing for the tests:" $packages "..." >&2
    # A service that a package would start is not wanted: tests start their own.
    test -e /usr/sbin/policy-rc.d || { printf '#!/bin/sh\nexit 101\n' >/usr/sbin/policy-rc.d; chmod +x /usr/sbin/policy-rc.d; ours=1; }
    { apt-get -qq update && DEBIAN_FRONTEND=noninteractive apt-get -qq install -y --no-install-recommends $packages; } >/dev/null 2>&1
    test -z "$ours" || rm -f /usr/sbin/policy-rc.d
fi
echo "$programs" | while read -r command package purpose; do
    test -z "$command" || has "$command" ||
        echo "No $command here and it could not be installed: $purpose are skipped. Install the package $package." >&2
done
exit 0
