"""How a run ended, for people: the message, the report in three forms, the notification, the manifest. Pure."""
