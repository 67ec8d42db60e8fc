-- Made by `fondaco kit`; answers {{ answers }} (document:line of the seeds).
-- The role of the server: it may create databases, and is no superuser. Run once: sudo -u postgres psql -f FILE
CREATE ROLE "{{ name }}" LOGIN NOSUPERUSER CREATEDB NOCREATEROLE PASSWORD '{{ verifier }}';
-- What `fondaco check` reads to name the statements that cost most.
CREATE EXTENSION IF NOT EXISTS pg_stat_statements;
GRANT pg_read_all_stats TO "{{ name }}";
{% if d.backups_wal_days %}
-- Who copies PostgreSQL and its log for the backups.
CREATE ROLE "{{ wal_role }}" LOGIN REPLICATION PASSWORD '{{ wal_verifier }}';
GRANT EXECUTE ON FUNCTION pg_switch_wal() TO "{{ wal_role }}";
{% endif %}
{% for database in d.tenants_databases %}
CREATE DATABASE "{{ database }}" OWNER "{{ name }}" TEMPLATE template0 ENCODING 'UTF8' LC_COLLATE 'C';
{% endfor %}
