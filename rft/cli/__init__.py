"""The command line ``rft``: drop a file, follow its run, look back. Written for people, with ``--json`` for scripts."""
