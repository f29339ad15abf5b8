"""Two transactions of which the second begins before the first is committed."""

import time
from concurrent.futures import ThreadPoolExecutor

from django.db import connection, transaction

from insights.review.errors import ReviewError


def before_the_commit_of(first, then):
    """Run `first` and commit it only when `then`, on another connection, has ended or waits."""

    def second():
        try:
            return then()
        except ReviewError as error:
            return error
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            first()
            running = pool.submit(second)
            deadline = time.monotonic() + 10
            while not running.done() and not somebody_waits() and time.monotonic() < deadline:
                time.sleep(0.02)
        return running.result(timeout=30)


def somebody_waits():
    with connection.cursor() as cursor:
        cursor.execute(
            # Inside of a transaction, what was looked up once is looked up no more.
            "SELECT count(*) FROM pg_stat_clear_snapshot(), pg_stat_activity"
            " WHERE datname = current_database() AND wait_event_type = 'Lock'"
        )
        return cursor.fetchone()[0] > 0
