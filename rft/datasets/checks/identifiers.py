"""Numbers that authorities and banks give to people. Each must pass its checksum, which python-stdnum computes.

A number whose checksum lets one in ten through (or that has none) counts only behind a word that names it.
"""

import re
from importlib import import_module
from typing import Any, Final

from rft.datasets.checks.detector import DIGITS, LETTERS_AND_DIGITS, Accept, Detector, Span, letters_and_digits, whole


def _number(module: str) -> Any:
    return import_module(f"stdnum.{module}")  # a country's module is loaded when a number of its form is met


def _valid(module: str) -> Accept:
    def accept(match: re.Match[str]) -> Span | None:
        span = whole(match)
        return span if span and _number(module).is_valid(match.string[slice(*span)]) else None

    return accept


def _card(match: re.Match[str]) -> Span | None:
    digits = re.sub(r"\D", "", match[0])
    if len(set(digits)) == 1 or not _ISSUED.fullmatch(digits) or not _number("luhn").is_valid(digits):
        return None
    return match.span()


# Visa, Mastercard, American Express, Discover, JCB, Diners Club, UnionPay
_ISSUED: Final = re.compile(
    r"4\d{15}|5[1-5]\d{14}|2(?:22[1-9]|2[3-9]\d|[3-6]\d\d|7[01]\d|720)\d{12}|3[47]\d{13}|6(?:011|5\d\d|4[4-9]\d)\d{12}"
    r"|35(?:2[89]|[3-8]\d)\d{12}|3(?:0[0-5]|[689]\d)\d{11}|62\d{14}(?:\d{3})?"
)


def _iban(match: re.Match[str]) -> Span | None:
    """Accept the longest beginning that is an IBAN: capitals behind it may have been taken for its last groups."""
    start, end = match.span()
    while end - start >= 15:
        if _number("iban").is_valid(match.string[start:end]):
            return start, end
        end = max(match.string.rfind(" ", start, end), start)
    return None


def _identity(
    module: str, trigger: str, pattern: str, *, named: str | None = None, coarse: tuple[str, ...] = DIGITS
) -> Detector:
    """Return the detector of a national identity number; ``named`` are the words it must stand behind."""
    if named:
        trigger = f"(?i){named}[^0-9]{{0,64}}{trigger}"
        pattern = rf"(?i:\b{named})\b[^\d\n]{{0,16}}?\b(?P<value>{pattern})(?![\w-])"
    else:
        pattern = rf"(?<![\w.-])(?P<value>{pattern})(?![\w]|[.-]\d)"
    return Detector(
        kind="national-id",
        words="a national identity number",
        coarse=coarse,
        triggers=(trigger,),
        pattern=re.compile(pattern, re.ASCII),
        accept=_valid(module),
        normal=letters_and_digits,
    )


NUMBERS: Final = (
    Detector(
        kind="credit-card",
        words="a card number",
        coarse=DIGITS,
        triggers=(
            r"[2-6][0-9]{14}",
            r"[2-6][0-9]{3}[ -][0-9]{4}[ -][0-9]{4}[ -][0-9]{4}",
            r"3[0-9]{3}[ -][0-9]{6}[ -]",
        ),
        pattern=re.compile(
            r"(?<![\w.+-])(?:62\d{17}|[2-6]\d{14,15}|[2-6]\d{3}([ -])\d{4}\1\d{4}\1\d{4}|3\d{3}([ -])\d{6}\2\d{4,5})"
            r"(?!\w|[.-]\d)",
            re.ASCII,
        ),
        accept=_card,
        normal=letters_and_digits,
    ),
    Detector(
        kind="iban",
        words="a bank account number (IBAN)",
        coarse=LETTERS_AND_DIGITS,
        triggers=(r"[A-Z]{2}[0-9]{2} ?[A-Z0-9]{4} ?[A-Z0-9]{4} ?[A-Z0-9]{3}",),
        pattern=re.compile(
            r"(?<!\w)[A-Z]{2}\d\d(?: ?[A-Z0-9]{4}){2}(?: ?[A-Z0-9]{3})"
            r"(?:[A-Z0-9](?: ?[A-Z0-9]{4}){0,4}(?: ?[A-Z0-9]{1,3})?)?(?!\w)",
            re.ASCII,
        ),
        accept=_iban,
        normal=letters_and_digits,
    ),
    Detector(
        kind="us-ssn",
        words="a US social security number",
        coarse=DIGITS,
        triggers=(r"[0-9]{3}-[0-9]{2}-[0-9]{4}",),
        pattern=re.compile(r"(?<![\w.-])\d{3}-\d\d-\d{4}(?!\w|[.-]\d)", re.ASCII),
        accept=_valid("us.ssn"),
        normal=letters_and_digits,
    ),
    Detector(
        kind="us-ssn",
        words="a US social security number",
        coarse=DIGITS,
        triggers=(r"(?i)(ssn|social security)[^0-9]{0,48}[0-9]{3} ?[0-9]{2} ?[0-9]{4}",),
        pattern=re.compile(
            r"(?i:\bssn|\bsocial security)\b[^\d\n]{0,12}?\b(?P<value>\d{3} ?\d\d ?\d{4})(?!\w)", re.ASCII
        ),
        accept=_valid("us.ssn"),
        normal=letters_and_digits,
    ),
    _identity(
        "it.codicefiscale",
        "[A-Z]{6}[0-9]{2}[A-Z][0-9]{2}[A-Z]",
        r"[A-Z]{6}\d\d[A-Z]\d\d[A-Z]\d{3}[A-Z]",
        coarse=LETTERS_AND_DIGITS,
    ),
    _identity(
        "mx.curp", "[A-Z]{4}[0-9]{6}[HMX][A-Z]{5}", r"[A-Z]{4}\d{6}[HMX][A-Z]{5}[A-Z0-9]\d", coarse=LETTERS_AND_DIGITS
    ),
    _identity("br.cpf", r"[0-9]{3}\.[0-9]{3}\.[0-9]{3}-[0-9]{2}", r"\d{3}\.\d{3}\.\d{3}-\d\d"),
    _identity("be.nn", r"[0-9]{2}\.[0-9]{2}\.[0-9]{2}-[0-9]{3}\.", r"\d\d\.\d\d\.\d\d-\d{3}\.\d\d"),
    _identity("ch.ssn", r"756\.[0-9]{4}\.[0-9]{4}\.", r"756\.\d{4}\.\d{4}\.\d\d"),
    _identity("se.personnummer", r"[0-9]{6}[-+][0-9]{4}", r"(?:\d\d)?\d{6}[-+]\d{4}"),
    _identity("fi.hetu", r"[0-9]{6}[-+A][0-9]{3}[0-9A-Y]", r"\d{6}[-+A]\d{3}[0-9A-FHJ-NPR-Y]"),
    _identity("es.nie", r"[XYZ]-?[0-9]{7}-?[A-Z]", r"[XYZ]-?\d{7}-?[A-Z]", coarse=()),
    _identity("kr.rrn", r"[0-9]{6}-[1-8][0-9]{6}", r"\d{6}-[1-8]\d{6}"),
    _identity("cn.ric", r"[1-9][0-9]{16}[0-9X]", r"[1-9]\d{16}[\dX]"),
    _identity("es.dni", r"[0-9]{8}-?[A-Z]", r"\d{8}-?[A-Z]", named="(?:DNI|NIF|documento nacional)", coarse=()),
    _identity(
        "fr.nir",
        r"[12] ?[0-9]{2} ?[0-9]{2}",
        r"[12](?: ?\d\d){3}(?: ?\d{3}){2} ?\d\d",
        named="(?:NIR|s(?:é|É|e)curit(?:é|É|e) sociale)",
    ),
    _identity(
        "de.idnr",
        r"[0-9]{2} ?[0-9]{3}",
        r"\d\d ?\d{3} ?\d{3} ?\d{3}",
        named="(?:Steuer-?ID|IdNr|Steueridentifikationsnummer)",
    ),
    _identity("pl.pesel", r"[0-9]{11}", r"\d{11}", named="PESEL"),
    _identity("nl.bsn", r"[0-9]{4}", r"\d{4}\.?\d\d\.?\d{3}", named="(?:BSN|burgerservicenummer)"),
    _identity("dk.cpr", r"[0-9]{6}-?[0-9]{4}", r"\d{6}-?\d{4}", named="(?:CPR|personnummer)"),
    _identity(
        "no.fodselsnummer", r"[0-9]{6} ?[0-9]{5}", r"\d{6} ?\d{5}", named="(?:f(?:ø|Ø|o)dselsnummer|personnummer)"
    ),
    _identity("in_.aadhaar", r"[0-9]{4} ?[0-9]{4}", r"\d{4} ?\d{4} ?\d{4}", named="(?:aadhaar|UIDAI)"),
    _identity("in_.pan", r"[A-Z]{5}[0-9]{4}", r"[A-Z]{5}\d{4}[A-Z]", named="PAN", coarse=()),
    _identity("gb.nhs", r"[0-9]{3}[ -]?[0-9]{3}", r"\d{3}[ -]?\d{3}[ -]?\d{4}", named="NHS"),
    _identity("tr.tckimlik", r"[0-9]{11}", r"\d{11}", named="(?:T\\.?C\\.?|kimlik)"),
    _identity("za.idnr", r"[0-9]{13}", r"\d{13}", named="(?:RSA ID|ID number|identity number)"),
    _identity("ca.sin", r"[0-9]{3}[ -]?[0-9]{3}", r"\d{3}[ -]?\d{3}[ -]?\d{3}", named="(?:SIN|social insurance)"),
    _identity("au.tfn", r"[0-9]{3} ?[0-9]{3}", r"\d{3} ?\d{3} ?\d{3}", named="(?:TFN|tax file)"),
    _identity("br.cpf", r"[0-9]{11}", r"\d{11}", named="CPF"),
)
