"""The revisions of the tables of people, for Alembic."""
