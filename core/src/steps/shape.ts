import { failure } from "../engine/failure";
import { type FlowEvent, type StreamCompletion } from "../engine/flowevent";
import { FlowStep } from "../engine/flowstep";
import { iterate } from "../engine/iterate";
import type { Run } from "../engine/loop";
import type { StepClass, StepInit } from "../engine/runtime";
import { contains as containsKey, item, setItem } from "../engine/path";
import { shallowCopy } from "../value/copy";
import { repr, typeName } from "../value/repr";
import { PyBytes, PySet, PyTuple, type PyMap, type PyValue } from "../value/value";
import { then } from "../engine/loop";
import { truthy } from "../value/compare";
import { functionArgument, required } from "./argument";
import type { Callable } from "../engine/runtime";

/** Python's `key in value`, as far as bodies go. */
function contains(value: PyValue, key: PyValue): boolean {
  if (typeof key === "string" && value instanceof PyBytes) return containsKey(value, key);
  if (value instanceof Map) return value.has(key);
  if (Array.isArray(value)) return value.includes(key);
  if (value instanceof PyTuple || value instanceof PySet) return value.items.includes(key);
  if (typeof value === "string" && typeof key === "string") return value.includes(key);
  throw failure("TypeError", `argument of type '${typeName(value)}' is not iterable`);
}

function noAttribute(value: PyValue, name: string): never {
  throw failure("AttributeError", `'${typeName(value)}' object has no attribute '${name}'`);
}

class RenameStep extends FlowStep {
  private readonly mapping: PyMap;

  constructor(init: StepInit) {
    super(init, ["storey.flow.Rename"]);
    const mapping = init.args.get("mapping") ?? null;
    this.mapping = mapping instanceof Map ? mapping : new Map();
  }

  protected override get asksFirst(): string | null {
    return this.mapping.size > 0 ? "body" : null;
  }

  protected process(event: FlowEvent): Run {
    for (const [from, to] of this.mapping) {
      const { body } = event;
      if (!contains(body, from)) continue;
      if (!(body instanceof Map)) return noAttribute(body, "get");
      body.set(to, body.get(from) ?? null);
      body.delete(from);
    }
    return this.emit(event);
  }
}

class ReifyMetadataStep extends FlowStep {
  private readonly pairs: readonly (readonly [string, PyValue])[];

  constructor(init: StepInit) {
    super(init, ["storey.flow.ReifyMetadata"]);
    const mapping = init.args.get("mapping") ?? null;
    this.pairs =
      mapping instanceof Map
        ? [...mapping].map(([name, key]) => [String(name), key])
        : iterate(mapping).map((name) => [String(name), name]);
  }

  protected override get asksFirst(): string | null {
    const first = this.pairs[0]?.[0];
    return first === undefined ? null : first === "id" ? "body" : first;
  }

  protected process(event: FlowEvent): Run {
    for (const [name, key] of this.pairs) {
      const value = event.attribute(name);
      if (value === undefined) {
        throw failure("AttributeError", `'${event.className}' object has no attribute '${name}'`);
      }
      setItem(event.body, key, value);
    }
    return this.emit(event);
  }
}

class DropColumnsStep extends FlowStep {
  private readonly columns: readonly PyValue[];

  constructor(init: StepInit) {
    super(init, ["storey.flow.DropColumns"]);
    const columns = init.args.get("columns") ?? null;
    this.columns = Array.isArray(columns) ? columns : [columns];
  }

  protected override get asksFirst(): string | null {
    return "body";
  }

  protected process(event: FlowEvent): Run {
    const body = shallowCopy(event.body);
    for (const column of this.columns) {
      if (Array.isArray(body)) throw failure("TypeError", "pop expected at most 1 argument, got 2");
      if (!(body instanceof Map)) return noAttribute(body, "pop");
      body.delete(column);
    }
    event.body = body;
    return this.emit(event);
  }
}

class ChoiceStep extends FlowStep {
  constructor(init: StepInit, mro: readonly string[] = ["storey.flow.Choice"]) {
    super(init, mro);
    this.selective = true;
  }

  protected process(event: FlowEvent): Run {
    return then(this.selectOutlets(this.fullEvent ? event : event.body), (names) =>
      this.emitTo(event, this.outletsNamed(names)),
    );
  }

  override onStreamEnd(completion: StreamCompletion): Run {
    return this.emitStreamEnd(completion);
  }
}

class ChoiceByFieldStep extends ChoiceStep {
  private readonly field: PyValue;

  constructor(init: StepInit) {
    super(init, ["mlrun.serving.steps.ChoiceByField"]);
    this.field = init.args.get("field_name") ?? null;
  }

  protected override selectOutlets(body: PyValue): PyValue {
    const field = String(this.field);
    if (!contains(body, this.field)) {
      const keys = body instanceof Map ? [...body.keys()] : noAttribute(body, "keys");
      throw failure(
        "MLRunRuntimeError",
        `Field '${field}' is not contained in the event keys ${repr([...keys])}.`,
      );
    }
    const outlet = item(body, field);
    if (outlet === null) {
      throw failure("MLRunInvalidArgumentError", `Field '${field}' exists but its value is None.`);
    }
    if (typeof outlet === "string") return [outlet];
    if (!Array.isArray(outlet) && !(outlet instanceof PyTuple)) {
      throw failure(
        "MLRunInvalidArgumentTypeError",
        `Field '${field}' must be a string or list of strings but is instead of type '${typeName(outlet)}'.`,
      );
    }
    if (!truthy(outlet)) {
      throw failure(
        "MLRunRuntimeError",
        `The value of the key '${field}' cannot be an empty ${typeName(outlet)}.`,
      );
    }
    return outlet;
  }
}

class PartitionStep extends FlowStep {
  private readonly predicate: Callable;

  constructor(init: StepInit) {
    super(init, ["storey.steps.partition.Partition"]);
    this.predicate = functionArgument(init, "predicate");
  }

  /** The predicate takes the event, and looks at its body as a rule. */
  protected override get asksFirst(): string | null {
    return "body";
  }

  protected process(event: FlowEvent): Run {
    return this.callThen(this.predicate, [event], (left) => {
      const named = { className: "Partitioned", fields: ["left", "right"] };
      event.body = new PyTuple(truthy(left) ? [event.body, null] : [null, event.body], named);
      return this.emit(event);
    });
  }
}

class CollectorStep extends FlowStep {
  private readonly expected: number;
  private readonly streams = new Map<PyValue, { chunks: FlowEvent[]; completions: number }>();

  constructor(init: StepInit) {
    super(init, ["storey.steps.collector.Collector"]);
    const expected = init.args.get("expected_completions");
    this.expected = typeof expected === "number" ? expected : 1;
    if (this.expected < 1) throw failure("ValueError", "expected_completions must be at least 1");
  }

  private stream(id: PyValue): { chunks: FlowEvent[]; completions: number } {
    const known = this.streams.get(id);
    if (known) return known;
    const made = { chunks: [], completions: 0 };
    this.streams.set(id, made);
    return made;
  }

  protected process(event: FlowEvent): Run {
    if (event.streamingStep === null) return this.emit(event);
    this.stream(event.id).chunks.push(event);
    return undefined;
  }

  override onStreamEnd(completion: StreamCompletion): Run {
    const { id } = completion.original;
    const stream = this.stream(id);
    stream.completions++;
    if (stream.completions < this.expected) return undefined;
    const collected = (stream.chunks[0] ?? completion.original).copy();
    collected.body = collectedBody(stream.chunks, completion.error);
    collected.streamingStep = null;
    collected.chunkId = null;
    collected.collected = true;
    this.streams.delete(id);
    return this.emit(collected);
  }
}

/** One chunk stands for itself; an error takes the place of what came. */
function collectedBody(chunks: readonly FlowEvent[], error: string | null): PyValue {
  if (error !== null) return new Map<PyValue, PyValue>([["error", error]]);
  return chunks.length === 1 ? chunks[0].body : chunks.map((chunk) => chunk.body);
}

const MAPPING = "Entries to copy: a list of names, or a dict of attribute to key.";

export const SHAPE_STEPS: readonly StepClass[] = [
  {
    names: ["storey.Rename", "storey.flow.Rename"],
    meaning: "Renames entries of the body.",
    args: [required("mapping", "Dict of old name to new name.")],
    open: true,
    make: (init) => new RenameStep(init),
  },
  {
    names: ["storey.flow.ReifyMetadata", "storey.ReifyMetadata"],
    meaning: "Copies the event's attributes (id, key, ...) into the body.",
    args: [required("mapping", MAPPING)],
    open: true,
    make: (init) => new ReifyMetadataStep(init),
  },
  {
    names: ["storey.flow.DropColumns", "storey.DropColumns"],
    meaning: "Removes entries from the body.",
    args: [required("columns", "Name or list of names.")],
    open: true,
    make: (init) => new DropColumnsStep(init),
  },
  {
    names: ["storey.Choice", "storey.flow.Choice"],
    meaning: "Sends each event to the next steps that `select_outlets` names.",
    args: [],
    open: true,
    make: (init) => new ChoiceStep(init),
  },
  {
    names: ["mlrun.serving.steps.ChoiceByField"],
    meaning: "Sends each event to the next steps that a field of its body names.",
    args: [required("field_name", "Field that holds a name or a list of names.")],
    open: true,
    make: (init) => new ChoiceByFieldStep(init),
  },
  {
    names: ["storey.steps.partition.Partition", "storey.steps.Partition", "storey.Partition"],
    meaning: "Makes the body a pair (left, right): left holds it where the predicate is true.",
    args: [required("predicate", "Function of the event.")],
    open: true,
    make: (init) => new PartitionStep(init),
  },
  {
    names: ["storey.Collector", "storey.steps.Collector", "storey.steps.collector.Collector"],
    meaning: "Puts the chunks of a stream together into one event.",
    args: [{ name: "expected_completions", default: 1, meaning: "Ends of the stream to wait for." }],
    open: true,
    make: (init) => new CollectorStep(init),
  },
];
