"""Backups that are proven: rows and files of one moment in a repository of restic's, restored and compared."""
