"""Where the files of a database lie: on disk, or on an object store."""
