"""How people are reached, and what else names one: addresses, telephone numbers, dates of birth, passports."""

import ipaddress
import re
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

from rft.datasets.checks.detector import DIGITS, Accept, Detector, Span, letters_and_digits, whole

if TYPE_CHECKING:
    from phonenumbers import PhoneNumber

# Where a number without country code may be from; the first in whose plan it is valid decides.
REGIONS: Final = ("US", "GB", "DE", "FR", "ES", "IT", "NL", "IN", "AU", "BR")


@lru_cache(maxsize=1)
def _phonenumbers() -> Any:
    import phonenumbers  # its metadata is read when the first number is met

    return phonenumbers


@lru_cache(maxsize=1024)
def _dialled(text: str) -> "PhoneNumber | None":
    """Return the number that a text is in some numbering plan."""
    library = _phonenumbers()
    for region in (None,) if text.startswith("+") else REGIONS:
        try:
            number: PhoneNumber = library.parse(text, region)
        except library.NumberParseException:
            continue
        if library.is_valid_number(number):
            return number
    return None


def _email(match: re.Match[str]) -> Span | None:
    """Accept a domain behind a local part of up to 64 characters; looking back from the @ is faster than for words."""
    at = match.start()
    before = _LOCAL.match(match.string[max(at - 65, 0) : at][::-1])
    return (at - before.end(), match.end()) if before and before.end() <= 64 else None


_LOCAL: Final = re.compile(r"[\w.+%'-]+")


def _phone(match: re.Match[str]) -> Span | None:
    span = whole(match)
    return span if span and _dialled(match.string[slice(*span)]) else None


def _american(match: re.Match[str]) -> Span | None:
    number = _dialled(match[0])
    return match.span() if number and number.country_code == 1 else None


def _e164(value: str) -> str:
    number = _dialled(value.strip()[:40])
    if number is None:
        return letters_and_digits(value)
    return str(_phonenumbers().format_number(number, _phonenumbers().PhoneNumberFormat.E164))


def _public_address(match: re.Match[str]) -> Span | None:
    """Accept an address of the internet: private, local and documentation ranges lead to nobody."""
    try:
        address = ipaddress.ip_address(match[0])
    except ValueError:
        return None
    return match.span() if address.is_global and not address.is_multicast else None


def _passport(match: re.Match[str]) -> Span | None:
    return match.span("value") if sum(map(str.isdigit, match["value"])) >= 6 else None


def _phone_detector(trigger: str, pattern: str, accept: Accept = _phone, coarse: tuple[str, ...] = ()) -> Detector:
    return Detector(
        kind="phone",
        words="a telephone number",
        coarse=coarse,
        triggers=(trigger,),
        pattern=re.compile(pattern, re.ASCII),
        accept=accept,
        normal=_e164,
    )


_DATE: Final = (
    r"\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}|\d{1,2}(?:\.|st|nd|rd|th)? [^\W\d_]{3,10}\.?,? \d{4}"
    r"|[^\W\d_]{3,10}\.? \d{1,2}(?:st|nd|rd|th)?,? \d{4}"
)
_BORN: Final = (
    "date of birth|birth ?date|d\\.?o\\.?b\\b|geburtsdatum|date de naissance|fecha de nacimiento|data di nascita"
    "|data de nascimento|geboortedatum"
)
_CALLED: Final = (
    "phone|tel|mobile|cell|fax|whatsapp|telefon|handy|t(?:é|É)l(?:é|É)phone|tel(?:é|É)fono|m(?:ó|Ó)vil|cellulare|telefoon"
    "|call"
)

CONTACTS: Final = (
    Detector(
        kind="email",
        words="an e-mail address",
        coarse=(r"@[A-Za-z0-9\x80-\xff]",),
        triggers=(r"@[A-Za-z0-9\x80-\xff][A-Za-z0-9_\x80-\xff-]{0,250}\.[A-Za-z0-9\x80-\xff]",),
        pattern=re.compile(r"@(?:[^\W_](?:[\w-]{0,61}[^\W_])?\.){1,8}[^\W\d_]{2,24}(?!\w)"),
        accept=_email,
    ),
    _phone_detector(r"\+[1-9][0-9 ()./\\-]{6}", r"\+(?<![\w+]\+)[1-9](?:[ ()./-]{0,3}\d){7,14}(?!\w)"),
    _phone_detector(
        r"[0-9]{3}[)./ -] ?[0-9]{3}[ .-][0-9]{4}",
        r"(?<![\w.+-])(?:1[ .-])?(?:\([2-9]\d\d\) ?|[2-9]\d\d([ .-]))[2-9]\d\d(?:\1|[ .-])\d{4}(?!\w|[.-]\d)",
        _american,
        DIGITS,
    ),
    _phone_detector(
        rf"(?i)({_CALLED})[^0-9]{{0,96}}0[0-9 ()./\\-]{{8}}",
        rf"(?i:\b(?:{_CALLED}))[^\d\n+]{{0,24}}?(?<![\w+.-])(?P<value>\(?0(?:[ ()./-]{{0,3}}\d){{8,11}})(?!\w)",
    ),
    Detector(
        kind="ip-address",
        words="an IP address",
        triggers=(r"[0-9]\.[0-9]{1,3}\.[0-9]{1,3}\.[0-9]", r"[23][0-9A-Fa-f]{3}:[0-9A-Fa-f]{0,4}:"),
        pattern=re.compile(
            r"(?<![\w.:-])(?:(?:\d{1,3}\.){3}\d{1,3}(?!\w|[.-]\d)|[23][0-9A-Fa-f]{3}:[0-9A-Fa-f]{0,4}:[0-9A-Fa-f:]{1,32}(?![\w:.]))",
            re.ASCII,
        ),
        accept=_public_address,
    ),
    Detector(
        kind="date-of-birth",
        words="a date of birth",
        # A digit of any script; before it stand at most 22 characters of 6 bytes, which an escape has.
        triggers=(rf"(?i)({_BORN})[^0-9]{{0,132}}[0-9\x80-\xff]",),
        pattern=re.compile(rf"(?i)\b(?:{_BORN})\W{{0,5}}(?:is\W{{1,2}})?(?P<value>{_DATE})(?!\w)"),
    ),
    Detector(
        kind="passport",
        words="a passport number",
        triggers=("(?i)(passport|passeport|pasaporte|passaporto|reisepass)",),
        pattern=re.compile(
            r"(?i)\b(?:passport|passeport|pasaporte|passaporto|reisepass(?:nummer)?)\W{0,3}"
            r"(?:(?:no|number|num|nr|id|n°)\b\.?)?\W{0,4}(?:is\W{1,3})?(?P<value>[A-Z0-9]{6,9})(?!\w)"
        ),
        accept=_passport,
        normal=letters_and_digits,
    ),
)
