"""Reads what BuildKit prints with `--progress plain`: which steps there were, which were CACHED, how long each took, what
cargo compiled in it. Every line begins with the number of its step:

    #12 [builder 3/5] RUN cargo larder cook
    #12 0.512    Compiling memchr v2.8.3
    #12 DONE 3.2s
"""
import re
from dataclasses import dataclass, field

LINE = re.compile(r"#(\d+) (.*)")
SAID = re.compile(r"\d+\.\d+ (.*)")
DONE = re.compile(r"DONE (\d+\.\d+)s")
COMPILING = re.compile(r"\s*(?:\x1b\[[0-9;]*m)*\s*Compiling(?:\x1b\[[0-9;]*m)* (\S+) v(\S+)(.*)")
TRANSFERRED = re.compile(r"transferring context: (\d+(?:\.\d+)?)(k|M|G)?B")


@dataclass
class Step:
    title: str = ""
    cached: bool = False
    seconds: float = 0.0
    said: list[str] = field(default_factory=list)

    @property
    def state(self):
        return "CACHED" if self.cached else "run"

    def compiled(self):
        """Crates that cargo says it compiles: (name, is it third-party?). Local ones are printed with their directory."""
        found = (COMPILING.match(line) for line in self.said)
        return [(m[1], "(/" not in m[3]) for m in found if m]

    def sentences(self):
        """What the step said, without the ends of lines at which messages are wrapped."""
        return " ".join(" ".join(self.said).split())

    def third_party(self):
        return sorted({name for name, third in self.compiled() if third})

    def local(self):
        return sorted({name for name, third in self.compiled() if not third})


def parse(log):
    """The steps of a log, in the order of their numbers."""
    steps = {}
    for line in log.splitlines():
        match = LINE.fullmatch(line)
        if not match:
            continue
        step, rest = steps.setdefault(int(match[1]), Step()), match[2]
        done, said = DONE.fullmatch(rest), SAID.fullmatch(rest)
        if rest == "CACHED":
            step.cached = True
        elif done:
            step.seconds = float(done[1])
        elif said:
            step.said.append(said[1])
        elif not step.title and not rest.startswith("sha256:"):
            step.title = rest
        else:
            step.said.append(rest)
    return [steps[number] for number in sorted(steps)]


def context_bytes(steps):
    """What the client sent as the context; it sends what changed since the last build, with the names of the rest."""
    units = {None: 1, "k": 1000, "M": 1000**2, "G": 1000**3}
    sent = 0.0
    for step in steps:
        if step.title == "[internal] load build context":
            for number, unit in (m.groups() for m in map(TRANSFERRED.search, step.said) if m):
                sent = max(sent, float(number) * units[unit])
    return int(sent)
