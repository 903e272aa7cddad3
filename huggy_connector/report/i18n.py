"""The formats of numbers, days and times in the report, in both languages. Its texts: `texts`, `morning_texts`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Context, Decimal
from typing import Literal

from huggy_connector.report.morning_texts import MORNING_TEXTS
from huggy_connector.report.texts import TEXTS
from huggy_connector.webhook import coverage

Language = Literal["en", "pt-BR"]

LANGUAGES: tuple[Language, ...] = ("en", "pt-BR")

NO_BREAK_SPACE = "\u00a0"
"""Stands between a number and its unit, where no line may break."""

_REASONS: Mapping[str, str] = {
    coverage.DOWN: "o receptor estava fora do ar",
    coverage.FAILED: "o receptor respondeu 503",
    coverage.SILENT: "nenhum evento onde costuma haver muitos",
    coverage.UNANNOUNCED: "uma leitura achou mudanças que nenhum evento avisou",
    coverage.NOT_LANDED: "a caixa de entrada (inbox) não foi descarregada",
    coverage.TEXTS: "textos de atendimentos que estavam com o bot",
}
"""Why there is a hole, in Portuguese."""


_ANY_SIZE = Context(prec=330)
"""A double has up to 309 digits before its point."""


def round_half_up(value: float | Decimal, digits: int) -> Decimal:
    """Round as people do and as the marts do: 3.45 is 3.5, -3.45 is -3.5. All numbers of the report are rounded here.

    A float stands for the shortest decimal that Python writes for it, as `round(x::DECIMAL, 2)` in the marts made it.
    """
    exact = value if isinstance(value, Decimal | int) else Decimal(repr(float(value)))
    return Decimal(exact).quantize(Decimal(1).scaleb(-digits), ROUND_HALF_UP, _ANY_SIZE)


def _percent(share: float) -> Decimal:
    return Decimal(repr(float(share))) * 100


@dataclass(frozen=True, slots=True)
class Translations:
    """The texts and formats of one language. An unknown name of a text raises KeyError."""

    language: Language

    def __getitem__(self, name: str) -> str:
        text = (TEXTS if name in TEXTS else MORNING_TEXTS)[name]
        return text.en if self.language == "en" else text.pt

    @property
    def _locale(self) -> str:
        return self.language.replace("-", "_")

    def reason(self, reason: str) -> str:
        """Return why there is a hole: a text of meta.coverage in this language. What is not known stays as it is."""
        text = _REASONS.get(reason)
        return reason if text is None or self.language == "en" else text

    def number(self, value: float | Decimal, digits: int = 2) -> str:
        """Format a number with the language's separators and at most `digits` decimals."""
        return self._format(round_half_up(value, digits), f"#,##0.{'#' * digits}".rstrip("."))

    def share(self, value: float) -> str:
        """Format a fraction of one in percent."""
        return f"{self.number(_percent(value), 1)}%"

    def change(self, value: float, digits: int = 0) -> str:
        """Format a difference with its sign, which a difference that rounds to zero has not."""
        return self._signed(round_half_up(value, digits), digits)

    def share_change(self, value: float) -> str:
        """Format a relative difference in percent, with its sign."""
        return f"{self._signed(round_half_up(_percent(value), 1), 1)}%"

    def points(self, value: float) -> str:
        """Format the difference of two shares in percentage points, with its sign."""
        return f"{self._signed(round_half_up(_percent(value), 1), 1)}{NO_BREAK_SPACE}{self['points']}"

    def duration_change(self, minutes: float, clock: str = "calendar") -> str:
        """Format the difference of two durations, with its sign."""
        return f"{'-' if minutes < 0 else '+' if minutes else ''}{self.duration(abs(minutes), clock)}"

    def _signed(self, value: Decimal, digits: int) -> str:
        number = f"#,##0.{'#' * digits}".rstrip(".")
        return self._format(value, f"+{number};-{number}") if value else self._format(Decimal(0), number)

    def _format(self, value: Decimal, pattern: str) -> str:
        from babel.numbers import format_decimal

        return str(format_decimal(value, format=pattern, locale=self._locale, decimal_quantization=False))

    def duration(self, minutes: float, clock: str = "calendar") -> str:
        """Format in seconds below a minute, in minutes below two hours, in hours below two days, else in days.

        On the clock "business" long durations stay hours: nobody reads 24 business hours as one day.
        """
        if 0 < minutes < 1:
            return f"{self.number(minutes * 60, 1)}{NO_BREAK_SPACE}s"
        if minutes < 2 * 60:
            return f"{self.number(minutes, 1)}{NO_BREAK_SPACE}min"
        if minutes < 48 * 60 or clock == "business":
            return f"{self.number(minutes / 60, 1)}{NO_BREAK_SPACE}h"
        return f"{self.number(minutes / 60 / 24, 1)}{NO_BREAK_SPACE}{self['days']}"

    def day(self, day: date) -> str:
        """Format a day, such as Mon, Nov 9, 2026."""
        from babel.dates import format_skeleton

        return str(format_skeleton("yMMMEd", day, locale=self._locale))

    def weekday_name(self, day: date) -> str:
        """Return the name of the day's weekday in full, such as Monday or segunda-feira."""
        from babel.dates import get_day_names

        return str(get_day_names("wide", locale=self._locale)[day.weekday()])

    def day_mark(self, day: date) -> str:
        """Format a day briefly, for an axis."""
        from babel.dates import format_date

        return str(format_date(day, "d MMM" if self.language == "pt-BR" else "MMM d", locale=self._locale))

    def moment(self, moment: datetime) -> str:
        """Format an instant in its own zone with 24 hours, such as Nov 9, 2026, 07:00 or 09/11/2026, 07:00."""
        from babel.dates import format_date

        written = format_date(moment.date(), "dd/MM/yyyy" if self.language == "pt-BR" else "medium", self._locale)
        return f"{written}, {moment:%H:%M}"

    def weekday(self, number: int) -> str:
        """Return the short name of a weekday. 1 is Monday."""
        from babel.dates import get_day_names

        return str(get_day_names("abbreviated", locale=self._locale)[number - 1])
