# SPDX-License-Identifier: Apache-2.0
"""When a promise in working time is due, worked out the slow and obvious way. Nothing here is taken from the hub.

Instants are whole seconds since 1970, UTC; local time is UTC+07:00.
"""
import datetime

ZONE = 7 * 3600
DAY = 86400
WEEK = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
EPOCH = datetime.date(1970, 1, 1)


def read_spans(text):
    def seconds(clock):
        hours, minutes = clock.split(":")
        return int(hours) * 3600 + int(minutes) * 60

    return [tuple(seconds(end) for end in span.split("-")) for span in text.split()]


class Calendar:
    """Hours of the week, and of single days."""

    def __init__(self, text):
        self.week = {name: [] for name in WEEK}
        self.days = {}
        single, section = set(), None
        for line in text.splitlines():
            line = line.split("#")[0].strip()
            if not line:
                continue
            if line.startswith("["):
                section = line[1:-1]
                continue
            key, value = (part.strip() for part in line.split("=", 1))
            if section == "calendar" and key in WEEK:
                self.week[key] = read_spans(value)
            elif section == "days" and ".." in key:
                day, last = (datetime.date.fromisoformat(end) for end in key.split(".."))
                while day <= last:
                    if day not in single:
                        self.days[day] = read_spans(value)
                    day += datetime.timedelta(days=1)
            elif section == "days":
                single.add(datetime.date.fromisoformat(key))
                self.days[datetime.date.fromisoformat(key)] = read_spans(value)

    def spans_of(self, day_number):
        """Working spans of a day (counted since 1970, local) as instants."""
        date = EPOCH + datetime.timedelta(days=day_number)
        spans = self.days.get(date, self.week[WEEK[date.weekday()]])
        midnight = day_number * DAY - ZONE
        return [(midnight + begin, midnight + end) for begin, end in spans]


def behind_cutoff(start, cutoff):
    """The start, or midnight behind it when it lies after the cut-off (minutes of the day, None: none)."""
    day, of_day = divmod(start + ZONE, DAY)
    return (day + 1) * DAY - ZONE if cutoff is not None and of_day > cutoff * 60 else start


def without(pieces, pause):
    """The pieces of time that are left when a pause is cut out."""
    left = []
    for begin, end in pieces:
        if pause[0] > begin:
            left.append((begin, min(end, pause[0])))
        if pause[1] < end:
            left.append((max(begin, pause[1]), end))
    return [(begin, end) for begin, end in left if begin < end]


def due(calendar, start, minutes, pauses, cutoff):
    """Walks on from the start, piece of working time by piece."""
    start = behind_cutoff(start, cutoff)
    # A start outside working hours counts from the next opening; only then pauses matter.
    day = (start + ZONE) // DAY
    left = minutes * 60
    for _ in range(400 * 366):
        pieces = [(max(begin, start), end) for begin, end in calendar.spans_of(day) if end > start]
        for pause in pauses:
            pieces = without(pieces, pause)
        for begin, end in pieces:
            if left <= end - begin:
                return begin + left
            left -= end - begin
        day += 1
    raise ValueError("no working time")


def due_by_minutes(calendar, start, minutes, pauses, cutoff):
    """The same by looking at every single minute; for starts and pauses on whole minutes, and promises of a minute or more."""
    now = behind_cutoff(start, cutoff)
    while True:
        working = any(begin <= now < end for begin, end in calendar.spans_of((now + ZONE) // DAY))
        if working and not any(begin <= now < end for begin, end in pauses):
            minutes -= 1
        now += 60
        if minutes == 0:
            return now
