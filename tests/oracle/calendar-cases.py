#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Compares `lthub calendar due --batch` with the oracle on random cases: calendars of ten years, edited again and again, pauses, boundaries.

    calendar-cases.py [--lthub PROGRAM] [--cases N] [--seed N]

Prints TAP. The seed is printed first: the same seed gives the same cases.
"""
import argparse
import datetime
import os
import pathlib
import random
import subprocess
import sys
import tempfile

from calendar_oracle import DAY, EPOCH, WEEK, ZONE, Calendar, due, due_by_minutes

FIRST = (datetime.date(2020, 1, 1) - EPOCH).days
LAST = (datetime.date(2030, 1, 1) - EPOCH).days
HOURS = ["07:30-11:30 13:30-17:00", "07:00-11:30 13:00-16:30", "08:00-12:00", "07:30-11:30", "00:00-24:00", "08:00-12:00 12:00-17:00",
         "22:00-24:00", "00:00-06:00 22:00-24:00", "09:15-09:16", "06:05-07:10 08:20-09:00 10:00-10:30 19:45-23:59"]
OFFSETS = [0, 7 * 60, -5 * 60 - 30, 14 * 60, 5 * 60 + 45]


def day_text(day):
    return (EPOCH + datetime.timedelta(days=day)).isoformat()


class Calendars:
    """A calendar that is edited: holidays come and go, days are made up for, hours change."""

    def __init__(self, dice):
        self.dice = dice
        self.week = {name: dice.choice(HOURS[:2]) if i < 5 else "" for i, name in enumerate(WEEK)}
        if dice.random() < 0.4:
            self.week["sat"] = "07:30-11:30"
        if dice.random() < 0.15:
            self.week = {name: dice.choice(HOURS + ["", ""]) for name in WEEK}
            self.week[dice.choice(WEEK)] = dice.choice(HOURS)
        self.singles, self.ranges = {}, []
        for _ in range(dice.randint(0, 150)):
            self.edit()

    def edit(self):
        dice, day = self.dice, self.dice.randrange(FIRST, LAST)
        kind = dice.random()
        if kind < 0.5:
            self.singles[day] = dice.choice(["", "", dice.choice(HOURS)])
        elif kind < 0.7 and self.singles:
            self.singles.pop(dice.choice(sorted(self.singles)))
        elif kind < 0.9:
            last = day + dice.randint(0, 12)
            if all(last < begin or day > end for begin, end, _ in self.ranges):
                self.ranges.append((day, last, dice.choice(["", "", "", dice.choice(HOURS)])))
        elif self.ranges:
            self.ranges.pop(dice.randrange(len(self.ranges)))

    def text(self):
        lines = ["[calendar]", "timezone = Asia/Ho_Chi_Minh"] + [f"{name} = {self.week[name]}" for name in WEEK] + ["[days]"]
        days = [f"{day_text(day)} = {hours}" for day, hours in self.singles.items()]
        days += [f"{day_text(begin)}..{day_text(end)} = {hours}" for begin, end, hours in self.ranges]
        self.dice.shuffle(days)
        return "\n".join(lines + days) + "\n"


def boundary(dice, calendar):
    """An opening, a closing, midnight or any instant, or one second beside it."""
    day = dice.randrange(FIRST - 3, LAST)
    spans = calendar.spans_of(day)
    kind = dice.random()
    if spans and kind < 0.5:
        at = dice.choice(dice.choice(spans))
    elif kind < 0.6:
        at = day * DAY - ZONE
    elif kind < 0.8:
        at = day * DAY - ZONE + dice.randrange(24 * 60) * 60
    else:
        at = day * DAY - ZONE + dice.randrange(DAY)
    return at + dice.choice([0, 0, 0, 1, -1, 60, -60])


def make_case(dice, calendar):
    start = boundary(dice, calendar)
    spans = calendar.spans_of((start + ZONE) // DAY)
    whole = sum(end - begin for begin, end in spans) // 60
    minutes = dice.choice([0, 1, whole, whole + 1, max(whole - 1, 0), 240, 480, 450 * dice.randint(1, 40), dice.randrange(20000)])
    pauses = []
    for _ in range(dice.choice([0, 0, 1, 1, 2, 3, 6])):
        begin = dice.choice([start, start + dice.randrange(-3 * DAY, 60 * DAY), boundary(dice, calendar)])
        pauses.append((begin, begin + dice.choice([0, 1, 60, dice.randrange(DAY), dice.randrange(30 * DAY)])))
    cutoff = dice.choice([None, 15 * 60, (start + ZONE) % DAY // 60, dice.randrange(24 * 60)])
    return start, minutes, pauses, cutoff


def instant(dice, at):
    """RFC 3339 with any offset."""
    minutes = dice.choice(OFFSETS)
    text = (datetime.datetime(1970, 1, 1) + datetime.timedelta(seconds=at, minutes=minutes)).isoformat()
    if minutes == 0 and dice.random() < 0.7:
        return text + "Z"
    sign, size = ("-", -minutes) if minutes < 0 else ("+", minutes)
    return f"{text}{sign}{size // 60:02}:{size % 60:02}"


def line_of(dice, case):
    start, minutes, pauses, cutoff = case
    written = ",".join(f"{instant(dice, begin)}/{instant(dice, end)}" for begin, end in pauses) or "-"
    return f"{instant(dice, start)}\t{minutes}\t{written}\t{'-' if cutoff is None else f'{cutoff // 60:02}:{cutoff % 60:02}'}\n"


def local(at):
    return (datetime.datetime(1970, 1, 1) + datetime.timedelta(seconds=at + ZONE)).isoformat() + "+07:00"


def can_be_counted(case):
    start, minutes, pauses, _ = case
    return 0 < minutes < 500 and start % 60 == 0 and all(begin % 60 == 0 and end % 60 == 0 for begin, end in pauses)


def compare(dice, program, calendars, n_cases, folder):
    """One state of a calendar. Returns (cases, cases counted by minutes, differences)."""
    text = calendars.text()
    calendar = Calendar(text)
    cases = [make_case(dice, calendar) for _ in range(n_cases)]
    (folder / "calendar.conf").write_text(text)
    (folder / "cases.tsv").write_text("".join(line_of(dice, case) for case in cases))
    run = subprocess.run([program, "calendar", "due", "--calendar", folder / "calendar.conf", "--batch", folder / "cases.tsv"],
                         capture_output=True, text=True, check=False)
    answers = run.stdout.splitlines()
    if run.returncode != 0 or len(answers) != len(cases):
        return 0, 0, [f"exit code {run.returncode}, {len(answers)} answers to {len(cases)} cases: {run.stderr[:500]}\n{text}"]
    counted, wrong = 0, []
    for case, answer in zip(cases, answers):
        expected = due(calendar, *case)
        if can_be_counted(case) and dice.random() < 0.1:
            counted += 1
            if due_by_minutes(calendar, *case) != expected:
                wrong.append(f"the oracles differ: {case}\n{text}")
        if answer != local(expected):
            wrong.append(f"case {line_of(random.Random(0), case).strip()}: the hub says {answer}, the oracle {local(expected)}\n{text}")
    return len(cases), counted, wrong


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--lthub", default=os.environ.get("LTHUB", "build/hub/lthub"))
    parser.add_argument("--cases", type=int, default=12000)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(1 << 31))
    options = parser.parse_args()
    dice = random.Random(options.seed)
    print(f"# seed {options.seed}: {options.cases} cases")
    done = counted = 0
    wrong = []
    with tempfile.TemporaryDirectory() as name:
        while done < options.cases and len(wrong) < 5:
            calendars = Calendars(dice)
            for _ in range(4):
                calendars.edit()
                cases, by_minutes, differences = compare(dice, options.lthub, calendars, min(options.cases - done, 400), pathlib.Path(name))
                done, counted, wrong = done + cases, counted + by_minutes, wrong + differences
                if done >= options.cases or wrong:
                    break
    for difference in wrong:
        print("# " + difference.replace("\n", "\n#   "))
    print(f"{'not ok' if wrong or done < options.cases else 'ok'} 1 /calendar/agrees-with-the-oracle # {done} cases, {counted} of them counted minute by minute too")
    print("1..1")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
