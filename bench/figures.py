"""Figures with their goals, shown as a Markdown table."""

import sys


class Table:
    """Figures as they come in."""

    def __init__(self):
        self.rows = []

    def add(self, name, value, unit, goal=None, at_most=True, note=""):
        met = None if goal is None else (value <= goal if at_most else value >= goal)
        self.rows.append({"name": name, "value": value, "unit": unit, "goal": goal, "at_most": at_most, "met": met,
                          "note": note})
        print(f"# {name}: {number(value)} {unit} {note}", file=sys.stderr, flush=True)

    def show(self):
        print("| figure | measured | goal | |\n|---|---|---|---|")
        for row in self.rows:
            goal = "" if row["goal"] is None else ("<= " if row["at_most"] else ">= ") + number(row["goal"])
            met = {None: "", True: "met", False: "**missed**"}[row["met"]]
            print(f"| {row['name']} | {number(row['value'])} {row['unit']} | {goal} | {met}{' ' if met else ''}{row['note']} |")

    def missed(self):
        return any(row["met"] is False for row in self.rows)


def number(value):
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}" if abs(value) < 10 else f"{value:.1f}"
