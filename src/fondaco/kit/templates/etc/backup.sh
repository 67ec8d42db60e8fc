#!/bin/sh
# Made by `fondaco kit`; answers {{ answers }} (document:line of the seeds).
# One archive for each database (rows and files of one moment), under its name and the day; a failure is an exit code.
# Copy the folder to a machine that this one cannot reach: a burglar deletes backups first.
set -eu
fondaco=/opt/{{ name }}/bin/fondaco
conf=/etc/fondaco/{{ name }}.conf
folder={{ d.backups_folder }}
day=$(date -u +%Y-%m-%d)
failed=0
# On its own line: inside the loop a failure would go unnoticed.
databases=$("$fondaco" db list -c "$conf")
for database in $databases; do
    draft="$folder/.$database-$day.draft"
    if "$fondaco" db dump "$database" "$draft" -c "$conf" --quiet; then
        mv "$draft" "$folder/$database-$day.zip"
    else
        rm -f "$draft"
        echo "no backup of $database" >&2
        failed=1
    fi
done
# Nothing old is deleted while anything new is missing.
test "$failed" = 0 || exit 1
test -n "$databases" || { echo "there is no database to back up" >&2; exit 1; }
find "$folder" -maxdepth 1 -name '*.zip' -mtime +{{ d.backups_days }} -delete
