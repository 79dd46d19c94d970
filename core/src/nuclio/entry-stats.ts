import { sha1Hex } from "../steps/sha1";
import { dumpJson } from "../value/json";
import type { DeploymentContext } from "./function-plan";

/** Name of the variable that holds the key with which a function tells its numbers. */
export const STATS_VARIABLE = "GRAPHCELL_STATS";

/** Header of a request for them; its value is the key. */
export const STATS_HEADER = "x-graphcell-stats";

/** The key of a function's numbers: who may read its configuration may ask for them. */
export function statsKey({ project, names, servingSpec }: DeploymentContext, key: string): string {
  return sha1Hex(`${project}/${names.get(key) ?? key}/${dumpJson(servingSpec)}`).slice(0, 16);
}

/**
 * Python that counts what a function and its steps do. Workers are processes: each writes its numbers to a file of the
 * replica, and the one that is asked adds them up. A step's time leaves out that of the steps behind it, which Storey
 * calls from inside of it.
 */
export const STATS = `import contextvars as _contextvars
import glob as _glob
import json as _json
import os as _os
import socket as _socket
import tempfile as _tempfile
import threading as _threading
import time as _time


class _Stats:
    """Calls, errors and seconds of this function and its steps."""

    def __init__(self, key):
        self.key = key
        self.counts = {"": [0, 0, 0.0]}
        self.above = _contextvars.ContextVar("above", default=None)
        # All workers of a replica are children of its processor.
        self.replica = "%s-%d" % (_socket.gethostname(), _os.getppid())
        self.folder = _os.path.join(_tempfile.gettempdir(), "graphcell-%s-%s" % (self.replica, key))
        self.written = None

    def start(self, graph):
        for name, step in self.steps(graph):
            self.counts[name] = [0, 0, 0.0]
            target = getattr(step, "async_object", None)
            if hasattr(target, "_do"):
                target._do = self.awaited(name, target._do)
            elif hasattr(step, "run"):
                step.run = self.called(name, step.run)
                # A sync step gives its error to the handler itself.
                step._call_error_handler = self.taken(name, step._call_error_handler)
        # Handlers that were linked before are those that nobody counts.
        for step in [graph] + [step for _, step in self.steps(graph)]:
            if getattr(step, "_on_error_handler", None):
                step._set_error_handler()
        _os.makedirs(self.folder, exist_ok=True)
        _threading.Thread(target=self.keep, daemon=True).start()

    def steps(self, step, prefix=""):
        routes = getattr(step, "routes", None)
        if routes is not None and prefix == "":
            yield step.name, step
            prefix = step.name + "/"
        if routes is not None and step.class_args.get("executor_type") == "process":
            return
        for name, child in (routes or getattr(step, "steps", None) or {}).items():
            yield prefix + name, child
            for found in self.steps(child, prefix + name + "/"):
                yield found

    def called(self, name, function):
        def run(*args, **kwargs):
            begun = self.begin()
            try:
                result = function(*args, **kwargs)
            except BaseException as error:
                self.end(name, begun, error)
                raise
            self.end(name, begun)
            return result

        return run

    def taken(self, name, function):
        def handle(*args, **kwargs):
            self.counts[name][1] += 1
            return function(*args, **kwargs)

        return handle

    def awaited(self, name, function):
        async def do(event):
            # The end of the stream is no event.
            if not hasattr(event, "body"):
                return await function(event)
            begun = self.begin()
            try:
                result = await function(event)
            except BaseException as error:
                self.end(name, begun, error)
                raise
            self.end(name, begun)
            return result

        return do

    def begin(self):
        inside = [0.0]
        above = self.above.get()
        return inside, above, self.above.set(inside), _time.perf_counter()

    def end(self, name, begun, error=None):
        inside, above, token, start = begun
        self.above.reset(token)
        took = _time.perf_counter() - start
        row = self.counts[name]
        row[0] += 1
        row[2] += max(0.0, took - inside[0]) if name else took
        # An error passes through the steps before the one that raised it.
        if error is not None and (not name or not hasattr(error, "_graphcell_step")):
            row[1] += 1
            error._graphcell_step = name
        if above is not None:
            above[0] += took

    def keep(self):
        while True:
            _time.sleep(1)
            try:
                self.write()
            except OSError:
                pass

    def write(self):
        text = _json.dumps(self.counts)
        if text == self.written:
            return
        path = _os.path.join(self.folder, "%d.json" % _os.getpid())
        with open(path + ".new", "w") as file:
            file.write(text)
        _os.replace(path + ".new", path)
        self.written = text

    def asked(self, event):
        headers = getattr(event, "headers", None) or {}
        return any(str(k).lower() == "${STATS_HEADER}" and v == self.key for k, v in headers.items())

    def told(self):
        self.write()
        total = {}
        for path in _glob.glob(_os.path.join(self.folder, "*.json")):
            with open(path) as file:
                counts = _json.load(file)
            for name, row in counts.items():
                known = total.setdefault(name, [0, 0, 0.0])
                total[name] = [a + b for a, b in zip(known, row)]
        return _json.dumps({"replica": self.replica, "counts": total})


_stats = _Stats(_os.environ["${STATS_VARIABLE}"]) if _os.environ.get("${STATS_VARIABLE}") else None
`;
