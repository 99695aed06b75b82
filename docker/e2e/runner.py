"""Does what GitHub does with a composite action, as far as action.yml needs: runs its steps in a container, expands its
expressions, and keeps its caches. A runner is one container, as a job has one machine; caches outlive it."""
import re
import subprocess

import engine
from bench import Stopped

WORK, TEMP, ACTION = "/runner/app", "/runner/temp", "/runner/action"
CONDITION = re.compile(r"steps\.([\w-]+)\.outputs\.([\w-]+) != 'true'")


class Caches:
    """Archives by key, the latest last."""

    def __init__(self, place):
        self.place, self.keys = place, []
        place.mkdir()

    def find(self, key, prefixes):
        """The archive that is restored: that of the key, or else the latest with a prefix."""
        if key in self.keys:
            return key
        return next((known for prefix in prefixes for known in reversed(self.keys) if prefix and known.startswith(prefix)), None)


class Runner:
    """A machine with a checkout. `env` is that of the job."""

    def __init__(self, bench, image, checkout, action, caches, env=None):
        self.caches, self.env, self.action, self.said = caches, dict(env or {}), action, {}
        flags = ["--detach", "--network", "host", "-v", f"{checkout}:{WORK}", "-v", f"{caches.place}:/caches", "-v", f"{action}:{ACTION}"]
        self.container = engine.docker("run", *flags, image, "sleep", "infinity")
        bench.containers.append(self.container)
        self.outputs = {}

    def run(self, script, env=(), cwd=WORK):
        """What a script prints, which must succeed."""
        known = {"RUNNER_TEMP": TEMP, "RUNNER_OS": "Linux", "RUNNER_ARCH": "X64", "ImageOS": "debian12", "GITHUB_PATH": "/runner/path",
                 "GITHUB_OUTPUT": "/runner/output", **self.env, **dict(env)}
        flags = [word for name, value in known.items() for word in ("-e", f"{name}={value}")]
        path = 'export PATH="$(paste -sd: /runner/path):$PATH"\n'
        done = subprocess.run([engine.client(), "exec", "-w", cwd, *flags, self.container, "bash", "-eo", "pipefail", "-c", path + script],
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        if done.returncode:
            raise Stopped(f"a step failed with {done.returncode}:\n{script}\n{done.stdout[-3000:]}")
        return done.stdout

    def use(self, steps, inputs):
        """Runs the steps of the action. `self.said` has what each printed, by its name."""
        for step in steps:
            name, condition = step["name"], step.get("if")
            if condition:
                match = CONDITION.fullmatch(condition)
                if not match:
                    raise Stopped(f"the step `{name}` has a condition that is not known here: {condition}")
                if self.outputs.get(match[1], {}).get(match[2]) == "true":
                    continue
            given = {key: self.expanded(value, inputs) for key, value in {**step.get("with", {}), **step.get("env", {})}.items()}
            if "uses" in step:
                self.said[name] = self.cache(step["uses"].split("@")[0], given)
                told = {"cache-hit": "true"} if self.said[name] == "hit" else {}
            else:
                cwd = self.expanded(step.get("working-directory", "."), inputs)
                self.said[name] = self.run(f": >$GITHUB_OUTPUT; {step['run']}", given, cwd if cwd.startswith("/") else f"{WORK}/{cwd}")
                told = dict(line.split("=", 1) for line in self.run("cat $GITHUB_OUTPUT").splitlines())
            self.outputs[step.get("id", name)] = told

    def cache(self, action, given):
        """Restores or saves directories: `hit`, `part`, `none`, or `saved`."""
        places = " ".join(place.replace("~", "$HOME") for place in given["path"].split())
        if action == "actions/cache/restore":
            found = self.caches.find(given["key"], given.get("restore-keys", "").split())
            if found:
                self.run(f"tar -xPf /caches/{found}.tar")
            return "none" if not found else "hit" if found == given["key"] else "part"
        # GitHub's tar keeps times in full, and passes over directories that are not there.
        self.run(f"tar -cPf /caches/{given['key']}.tar --posix $(ls -d {places} 2>/dev/null)")
        self.caches.keys.append(given["key"])
        return "saved"

    def expanded(self, text, inputs):
        def value(match):
            expression = match[1].strip()
            if both := re.fullmatch(r"env\.(\w+) \|\| '([^']*)'", expression):
                return self.env.get(both[1], both[2])
            room, _, name = expression.partition(".")
            if room == "steps":
                step, _, output = name.partition(".outputs.")
                return self.outputs.get(step, {}).get(output, "")
            rooms = {"inputs": inputs, "github": {"action_path": ACTION, "workspace": WORK}, "runner": {"temp": TEMP}}
            if name not in rooms.get(room, {}):
                raise Stopped(f"the action has an expression that is not known here: {expression}")
            return rooms[room][name]
        return re.sub(r"\$\{\{([^}]*)\}\}", value, str(text))
