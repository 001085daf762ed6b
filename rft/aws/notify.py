"""Telling people, through the notifications topic."""

from rft.aws import clients

SUBJECT_LENGTH = 100  # SNS: at most 100 ASCII characters, no line breaks and no control characters


def notify(topic_arn: str, subject: str, body: str) -> None:
    """Publish a message; the subject is cut to what SNS takes."""
    plain = "".join(letter if letter.isascii() and letter.isprintable() else "?" for letter in subject)
    clients.sns().publish(TopicArn=topic_arn, Subject=plain[:SUBJECT_LENGTH], Message=body)
