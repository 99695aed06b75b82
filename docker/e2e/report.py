"""Promises and tables: what people read."""


class Report:
    def __init__(self):
        self.passed, self.failed, self.tables = 0, 0, []

    def check(self, promise, held, told=""):
        """Notes whether a promise held; says so at once if not."""
        if held:
            self.passed += 1
        else:
            self.failed += 1
            print(f"  FAILED: {promise}" + (f"\n{told}" if told else ""), flush=True)
        return held

    def table(self, head, rows, title=""):
        self.tables.append((f"{title}\n\n" if title else "") + table(head, rows))


def table(head, rows):
    """A markdown table, columns aligned."""
    widths = [max(len(str(row[i])) for row in [head, *rows]) for i in range(len(head))]

    def line(cells):
        return "| " + " | ".join(str(cell).ljust(width) for cell, width in zip(cells, widths)) + " |"

    return "\n".join([line(head), line(["-" * width for width in widths]), *map(line, rows)])


def seconds(value):
    return f"{value:.1f} s"


def ratio(value, unit):
    return f"{value / unit:.2f}" if unit else "-"


def size(count):
    """Bytes, as people write them."""
    for unit, name in [(1000**3, "GB"), (1000**2, "MB"), (1000, "kB")]:
        if count >= unit:
            return f"{count / unit:.3g} {name}" if count < 1000 * unit else f"{count / unit:.0f} {name}"
    return f"{count} B"
