/** What programs are made of: functions and classes in Python, each by its name. */
export interface Piece {
  readonly text: string;
  /** Imports that it needs. */
  readonly imports?: readonly string[];
}

const plain = (text: string, ...imports: string[]): Piece => ({ text: text.trim(), imports });

/** Functions of the body. */
export const FUNCTIONS: Readonly<Record<string, Piece>> = {
  inc: plain("def inc(x):\n    return x + 1"),
  double: plain("def double(x):\n    return x * 2"),
  put: plain('def put(x):\n    x["p"] = len(x)\n    return x'),
  put_none: plain('def put_none(x):\n    x["q"] = 1'),
  push: plain('def push(x):\n    x["l"].append(len(x["l"]))\n    return x'),
  wrap: plain('def wrap(x):\n    return {"w": x}'),
  twice: plain("def twice(x):\n    return [x, x]"),
  pick: plain('def pick(x):\n    return x["x"]'),
  keys: plain("def keys(x):\n    return list(x)"),
  text: plain("def text(x):\n    return str(x)"),
  size: plain("def size(x):\n    return len(x)"),
  nothing: plain("def nothing(x):\n    return None"),
  same: plain("def same(x):\n    return x"),
  pair: plain("def pair(x):\n    return (x, 1)"),
  big: plain("def big(x):\n    return 2**70"),
  floats: plain('def floats(x):\n    return [float("nan"), -0.0, 1.0, float("inf"), 1e22]'),
  raw: plain('def raw(x):\n    return b"ab\\xff"'),
  odd_keys: plain('def odd_keys(x):\n    return {1: "a", None: x, (1, 2): 3.0, "1": True}'),
  falsy: plain("def falsy(x):\n    return {}"),
  copies: plain("def copies(x):\n    return dict(x)"),
  merged: plain('def merged(x):\n    return {**x, "m": 1}'),
  fail: plain('def fail(x):\n    raise ValueError("bad")'),
  fail_key: plain('def fail_key(x):\n    return x["missing"]'),
  fail_if: plain(
    'def fail_if(x):\n    if x["x"] > 4:\n        raise RuntimeError(f"too big {x[\'x\']}")\n    return x',
  ),
  fail_late: plain('def fail_late(x):\n    x["late"] = 1\n    raise KeyError("late")'),
  fail_empty: plain("def fail_empty(x):\n    raise ValueError()"),
  fail_own: plain('class Oops(Exception):\n    pass\n\n\ndef fail_own(x):\n    raise Oops("own", 2)'),
  fail_from: plain(
    'def fail_from(x):\n    try:\n        1 / 0\n    except ZeroDivisionError as error:\n        raise TypeError("outer") from error',
  ),
  fail_http: plain('def fail_http(x):\n    raise mlrun.errors.MLRunNotFoundError("not here")'),
  answer: plain('def answer(x, context):\n    return context.Response(body={"got": 1}, status_code=201)'),
  refuse: plain(
    'def refuse(x, context):\n    return context.Response(body="no", status_code=409, content_type="text/plain")',
  ),
  with_context: plain("def with_context(x, context):\n    return [x, context.current_function]"),
};

/** Functions that async flows await. */
export const COROUTINES: Readonly<Record<string, Piece>> = {
  later: plain("async def later(x):\n    await asyncio.sleep(0)\n    return x", "import asyncio"),
  later_put: plain(
    'async def later_put(x):\n    await asyncio.sleep(0.002)\n    x["c"] = 1\n    return x',
    "import asyncio",
  ),
  at_once: plain("async def at_once(x):\n    return [x]"),
  later_fail: plain(
    'async def later_fail(x):\n    await asyncio.sleep(0)\n    raise ValueError("later")',
    "import asyncio",
  ),
};

/** Functions whose results are streams. */
export const GENERATORS: Readonly<Record<string, Piece>> = {
  chunks: plain("def chunks(x):\n    for i in range(3):\n        yield [i, x]"),
  no_chunks: plain("def no_chunks(x):\n    return\n    yield"),
  bad_chunks: plain('def bad_chunks(x):\n    yield 1\n    raise ValueError("chunk")'),
};

/** Functions of the event itself. */
export const EVENT_FUNCTIONS: Readonly<Record<string, Piece>> = {
  ev_body: plain("def ev_body(event):\n    event.body = [event.body]\n    return event"),
  ev_tell: plain(
    'def ev_tell(event):\n    event.body = {"id": event.id, "path": event.path, "m": event.method}\n    return event',
  ),
  ev_mutate: plain('def ev_mutate(event):\n    event.body["e"] = 1\n    return event'),
  ev_key: plain('def ev_key(event):\n    event.key = "k1"\n    return event'),
  ev_path: plain('def ev_path(event):\n    event.path = "/elsewhere"\n    return event'),
  ev_mark: plain(
    'def ev_mark(event):\n    event.mark = getattr(event, "mark", 0) + 1\n    event.body = event.mark\n    return event',
  ),
  ev_stop: plain("def ev_stop(event):\n    event.terminated = True\n    return event"),
  ev_bad: plain("def ev_bad(event):\n    return 5"),
  ev_fail: plain('def ev_fail(event):\n    raise ValueError(f"event {event.id}")'),
};

/** Functions that handle errors; they take the event. */
export const HANDLERS: Readonly<Record<string, Piece>> = {
  tell_error: plain(
    'def tell_error(event):\n    event.body = {"error": str(event.error), "at": event.origin_state}\n    return event',
  ),
  keep_event: plain("def keep_event(event):\n    return event"),
  bad_handler: plain('def bad_handler(event):\n    raise RuntimeError("handler")'),
};

/** Classes of steps: a name, its text, and random arguments as texts of Python. */
export const CLASSES: Readonly<Record<string, Piece>> = {
  Add: plain(
    "class Add:\n    def __init__(self, n=1):\n        self.n = n\n\n    def do(self, x):\n        return x + self.n",
  ),
  Named: plain(
    "class Named:\n    def __init__(self, name=None, context=None, **kwargs):\n        self.name = name\n        self.kwargs = kwargs\n\n    def do(self, x):\n        return [self.name, sorted(self.kwargs), x]",
  ),
  Count: plain(
    'class Count:\n    def __init__(self):\n        self.n = 0\n\n    def do(self, x):\n        self.n += 1\n        return {"n": self.n, "x": x}',
  ),
  OnEvent: plain(
    "class OnEvent:\n    def do_event(self, event):\n        event.body = [event.body, event.path]\n        return event",
  ),
  Method: plain(
    'class Method:\n    def __init__(self, k="v"):\n        self.k = k\n\n    def run(self, x):\n        return {"k": self.k, "x": x}',
  ),
  NoMethod: plain("class NoMethod:\n    pass"),
  BadInit: plain(
    'class BadInit:\n    def __init__(self, n):\n        raise ValueError("init")\n\n    def do(self, x):\n        return x',
  ),
  Prepared: plain(
    'class Prepared:\n    def __init__(self):\n        self.ready = "no"\n\n    def post_init(self, mode="sync"):\n        self.ready = mode\n\n    def do(self, x):\n        return [self.ready, x]',
  ),
  AsyncDo: plain('class AsyncDo:\n    async def do(self, x):\n        return {"a": x}'),
  Shifty: plain(
    'class Shifty(storey.MapClass):\n    def do(self, x):\n        if isinstance(x, dict) and x.get("b"):\n            self.filter()\n        return x',
    "import storey",
  ),
};

/** Classes that say where an event goes; `OUTLETS` stands for the names of the steps after it. */
export const SELECTORS: Readonly<Record<string, Piece>> = {
  First: plain(
    "class First:\n    def __init__(self, outlets):\n        self.outlets = outlets\n\n    def do(self, x):\n        return x\n\n    def select_outlets(self, x):\n        return self.outlets[:1]",
  ),
  ByValue: plain(
    "class ByValue:\n    def __init__(self, outlets):\n        self.outlets = outlets\n\n    def do(self, x):\n        return x\n\n    def select_outlets(self, x):\n        return [self.outlets[len(str(x)) % len(self.outlets)]]",
  ),
  AllOrNone: plain(
    "class AllOrNone:\n    def __init__(self, outlets):\n        self.outlets = outlets\n\n    def do(self, x):\n        return x\n\n    def select_outlets(self, x):\n        return None if x else []",
  ),
  Unknown: plain(
    'class Unknown:\n    def __init__(self, outlets):\n        self.outlets = outlets\n\n    def do(self, x):\n        return x\n\n    def select_outlets(self, x):\n        return [*self.outlets, "elsewhere"]',
  ),
  Chooser: plain(
    "class Chooser(storey.Choice):\n    def __init__(self, outlets, **kwargs):\n        super().__init__(**kwargs)\n        self.outlets = outlets\n\n    def select_outlets(self, x):\n        return self.outlets[: 1 + len(str(x)) % len(self.outlets)]",
    "import storey",
  ),
  ChooseNone: plain(
    "class ChooseNone(storey.Choice):\n    def __init__(self, outlets, **kwargs):\n        super().__init__(**kwargs)\n\n    def select_outlets(self, x):\n        return [] if x else None",
    "import storey",
  ),
};

/** Model servers for routers. */
export const SERVERS: Readonly<Record<string, Piece>> = {
  Scale: plain(
    'class Scale(mlrun.serving.V2ModelServer):\n    def load(self):\n        self.factor = self.get_param("factor", 2)\n\n    def predict(self, request):\n        return [i * self.factor for i in request["inputs"]]',
  ),
  Failing: plain(
    'class Failing(mlrun.serving.V2ModelServer):\n    def load(self):\n        pass\n\n    def predict(self, request):\n        raise ValueError("predict")',
  ),
  Staged: plain(
    'class Staged(mlrun.serving.V2ModelServer):\n    def load(self):\n        pass\n\n    def preprocess(self, body, op):\n        body["op"] = op\n        return body\n\n    def predict(self, body):\n        return [len(body["inputs"]), body["op"]]\n\n    def postprocess(self, body):\n        body["post"] = 1\n        return body\n\n    def op_echo(self, event):\n        return event.body',
  ),
};

/** Models for model runners. */
export const MODELS: Readonly<Record<string, Piece>> = {
  Times: plain(
    'class Times(mlrun.serving.Model):\n    def __init__(self, *args, n=2, **kwargs):\n        super().__init__(*args, **kwargs)\n        self.n = n\n\n    def predict(self, body, **kwargs):\n        return {"p": self.n, "b": body}',
  ),
  Broken: plain(
    'class Broken(mlrun.serving.Model):\n    def predict(self, body, **kwargs):\n        raise ValueError("model")',
  ),
};

/** Functions of Storey's steps with two arguments. */
export const FOLDS: Readonly<Record<string, Piece>> = {
  count: plain("def count(acc, x):\n    return acc + 1"),
  gather: plain("def gather(acc, x):\n    return [*acc, x]"),
  running: plain(
    'def running(x, state):\n    state["n"] = state.get("n", 0) + 1\n    return [state["n"], x], state',
  ),
};

export const PIECES: Readonly<Record<string, Piece>> = {
  ...FUNCTIONS,
  ...COROUTINES,
  ...GENERATORS,
  ...EVENT_FUNCTIONS,
  ...HANDLERS,
  ...CLASSES,
  ...SELECTORS,
  ...SERVERS,
  ...MODELS,
  ...FOLDS,
};
