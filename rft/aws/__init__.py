"""The only place of the domain that calls AWS."""
