#!/bin/sh
# Made by `fondaco kit`; answers {{ answers }} (document:line of the seeds).
# One archive for each database (rows and files of one moment), under its name and the day; a failure is an exit code.
# Copy the folder to a machine that this one cannot reach: a burglar deletes backups first.
set -eu
fondaco=/opt/{{ name }}/bin/fondaco
conf=/etc/fondaco/{{ name }}.conf
folder={{ d.backups_folder }}
day=$(date -u +%Y-%m-%d)
mkdir -p "$folder"
for database in $("$fondaco" db list -c "$conf"); do
    draft="$folder/.$database-$day.draft"
    "$fondaco" db dump "$database" "$draft" -c "$conf" --quiet
    mv "$draft" "$folder/$database-$day.zip"
done
find "$folder" -maxdepth 1 -name '*.zip' -mtime +{{ d.backups_days }} -delete
