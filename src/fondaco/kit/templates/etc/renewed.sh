#!/bin/sh
# Made by `fondaco kit`; answers {{ answers }} (document:line of the seeds).
# certbot runs this after it renewed a certificate: a broken configuration is never loaded.
set -eu
nginx -t
systemctl reload nginx
