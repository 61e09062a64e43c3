"""Days as “21 November 2026”: the order that readers of English outside America expect too."""

DATE_FORMAT = "j F Y"
DATETIME_FORMAT = "j F Y, H:i"
TIME_FORMAT = "H:i"
SHORT_DATE_FORMAT = "j M Y"
MONTH_DAY_FORMAT = "j F"
SHORT_DATETIME_FORMAT = "j M Y, H:i"
