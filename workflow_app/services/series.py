"""Running numbers without gaps: one row a series, locked until the transaction that took a number ends."""

from django.db import connection


def next_number(key: str) -> int:
    """The next number of the series `key`, from 1. Given back when the transaction rolls back."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO workflow_app_numberseries (key, last) VALUES (%s, 1) "
            "ON CONFLICT (key) DO UPDATE SET last = workflow_app_numberseries.last + 1 RETURNING last",
            [key],
        )
        row = cursor.fetchone()
    return int(row[0])
