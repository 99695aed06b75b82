"""A headless Chromium on two pipes, by the DevTools protocol: https://chromedevtools.github.io/devtools-protocol/"""
import base64
import json
import os
import select
import shlex
import subprocess
import tempfile
from pathlib import Path

FLAGS = ["--headless=new", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--remote-debugging-pipe", "--no-first-run",
         "--disable-background-networking", "--disable-dev-shm-usage", "--disable-component-update"]
PATIENCE = 60


class Browser:
    """One page of a browser. `command` starts it, such as `chromium` or `chroot DIRECTORY chromium`."""

    def __init__(self, command):
        out_read, self.out = os.pipe()
        self.inn, in_write = os.pipe()
        # The browser reads from 3 and writes to 4. The shell moves the ends of the pipes there.
        line = f"exec {' '.join(map(shlex.quote, [*shlex.split(command), *FLAGS]))} 3<&{out_read} 4>&{in_write}"
        self.log = tempfile.TemporaryFile()
        self.process = subprocess.Popen(["bash", "-c", line], pass_fds=[out_read, in_write], stdout=self.log, stderr=self.log)
        os.close(out_read), os.close(in_write)
        self.buffer, self.count, self.events, self.session = b"", 0, [], None
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        self.session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ["Page", "Runtime", "Log", "Network"]:
            self.call(f"{domain}.enable")

    def receive(self):
        """The next message."""
        while b"\0" not in self.buffer:
            ready, _, _ = select.select([self.inn], [], [], PATIENCE)
            read = os.read(self.inn, 1 << 16) if ready else b""
            if not read:
                self.log.seek(0)
                raise SystemExit("error: the browser does not answer\n" + self.log.read().decode(errors="replace")[-2000:])
            self.buffer += read
        message, _, self.buffer = self.buffer.partition(b"\0")
        return json.loads(message)

    def call(self, method, **params):
        """The result of a command. Events before it are kept."""
        self.count += 1
        message = dict(id=self.count, method=method, params=params)
        if self.session:
            message["sessionId"] = self.session
        os.write(self.out, json.dumps(message).encode() + b"\0")
        while True:
            answer = self.receive()
            if answer.get("id") != self.count:
                self.events.append(answer)
            elif "error" in answer:
                raise SystemExit(f"error: {method}: {answer['error']}")
            else:
                return answer["result"]

    def open(self, path, width, height, scheme):
        """Opens a file at a width, and waits until it is loaded."""
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=width < 600)
        self.call("Emulation.setEmulatedMedia", features=[dict(name="prefers-color-scheme", value=scheme)])
        self.events.clear()
        self.call("Page.navigate", url=Path(path).resolve().as_uri())
        while not any(event.get("method") == "Page.loadEventFired" for event in self.events):
            self.events.append(self.receive())

    def value(self, expression):
        """What an expression is in the page."""
        result = self.call("Runtime.evaluate", expression=expression, returnByValue=True)
        if "exceptionDetails" in result:
            raise SystemExit(f"error: {expression}: {result['exceptionDetails']['exception']['description']}")
        return result["result"].get("value")

    def key(self, name):
        for kind in ["keyDown", "keyUp"]:
            self.call("Input.dispatchKeyEvent", type=kind, key=name, code=name)

    def errors(self):
        """Errors of the page and lines on its console since it was opened."""
        kinds = {"Runtime.exceptionThrown", "Runtime.consoleAPICalled", "Log.entryAdded"}
        return [event["params"] for event in self.events if event.get("method") in kinds]

    def requests(self):
        """The addresses that the page loaded, itself included."""
        sent = [event["params"] for event in self.events if event.get("method") == "Network.requestWillBeSent"]
        return [params["request"]["url"] for params in sent]

    def screenshot(self, path):
        picture = self.call("Page.captureScreenshot", format="png", captureBeyondViewport=True)
        Path(path).write_bytes(base64.b64decode(picture["data"]))

    def close(self):
        os.close(self.out)
        self.process.wait(PATIENCE)
