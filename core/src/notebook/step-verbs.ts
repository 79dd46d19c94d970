import type { StepBuilder } from "../model/builder";
import type { PyValue } from "../value/value";
import { ArgumentReader } from "./argument";
import { type Building, rootOf } from "./building";
import { namedBy, namedInStep, namedStep } from "./mention";
import { type PreparedCall, prepareCall } from "./step-call";
import { type StepHost, type Verbs, hostOf } from "./step-host";
import { type CallArgs, Datum, Mapping, NONE, type Place, Sequence, type Val, isText } from "./values";

/** Calls MLRun's verbs on step objects, and notes where each new step comes from. */
export class StepVerbs implements Verbs {
  constructor(private readonly building: Building) {}

  host(builder: StepBuilder): StepHost {
    return hostOf(builder, this.building, this);
  }

  invoke(host: StepHost, method: string, args: CallArgs, at: Place): Val {
    const { building } = this;
    const receiver = host.builder;
    const runner = receiver.kind === "model_runner" && method === "add_model";
    const call = prepareCall(runner ? "runner_add_model" : method, args, at);
    let noted = false;
    const value = building.attempt<Val>(
      at,
      () => {
        if (method === "clear_children" || method === "set_flow") building.removed(receiver, null);
        const made = receiver.invoke(method, call.positional, call.keyword);
        building.touch(receiver, at);
        this.noteResult(host, method, args, at, call, made);
        noted = true;
        return made ? this.host(made) : NONE;
      },
      host,
    );
    // A call that raises names steps all the same.
    if (!noted) building.mention(receiver, call.named);
    return value;
  }

  private noteResult(
    host: StepHost,
    method: string,
    args: CallArgs,
    at: Place,
    call: PreparedCall,
    made: StepBuilder | null,
  ): void {
    const { building } = this;
    const receiver = host.builder;
    if (method === "set_flow") {
      call.note(building, rootOf(receiver));
      this.noteFlow(receiver, args, at);
      return;
    }
    const step = made && made !== receiver ? made : this.newStep(receiver, method);
    if (step) building.created(step, call.origin);
    else building.doubt(receiver);
    call.note(building, step ?? receiver);
  }

  /** The error step that `error_handler` made beside the step that it returns. */
  private newStep(receiver: StepBuilder, method: string): StepBuilder | null {
    if (method !== "error_handler") return null;
    const owner = receiver.parent ?? receiver;
    const handler = receiver.getAttribute("on_error");
    const found = typeof handler === "string" ? owner.children.get(handler) : undefined;
    return found ?? null;
  }

  /** Each step of `set_flow([...])` comes from its item. */
  private noteFlow(receiver: StepBuilder, args: CallArgs, at: Place): void {
    const list = args.positional[0]?.value ?? args.keyword.get("steps")?.value;
    const items = list instanceof Sequence ? list.items : [];
    [...receiver.children.values()].forEach((step, i) => {
      const item = items[i];
      const reference =
        item instanceof Datum ? item.at : item instanceof Mapping ? placeIn(item, "class_name") : null;
      const name = item instanceof Mapping ? placeIn(item, "name") : null;
      this.building.created(step, { created: reference ?? at, reference, name });
      if (item) this.building.mention(step, namedInStep(item));
    });
  }

  assign(host: StepHost, name: string, value: Val, at: Place): void {
    const { building } = this;
    building.attempt(
      at,
      () => {
        const reader = new ArgumentReader();
        const given = reader.read({ value, at });
        for (const m of reader.missing)
          building.note(host.builder, { what: name + m.path, reason: m.reason, at: m.at });
        building.touch(host.builder, at);
        building.mention(host.builder, namedBy(name, value, at));
        const [attribute = "", entry] = name.split(".", 2);
        if (entry === undefined) host.builder.setAttribute(attribute, given);
        else {
          const old = host.builder.getAttribute(attribute);
          const entries = new Map<PyValue, PyValue>(old instanceof Map ? old : []);
          entries.set(entry, given as PyValue);
          host.builder.setAttribute(attribute, entries);
        }
      },
      undefined,
    );
  }

  /** Notes the origins of all steps that a dictionary describes. */
  noteDict(root: StepBuilder, dict: Val, at: Place): void {
    for (const [key, child] of root.children) {
      const described = entriesOf(dict).find(([name]) => isText(name) && name.value === key);
      const place = described?.[0] instanceof Datum ? described[0].at : null;
      const struct = described?.[1];
      const reference = struct ? (placeIn(struct, "class_name") ?? placeIn(struct, "handler")) : null;
      this.building.created(child, { created: place ?? at, reference, name: place });
      if (described) this.building.mention(child, [...namedStep(described[0], true), ...namedInStep(struct)]);
      if (child.children.size > 0 && struct) this.noteDict(child, struct, at);
    }
  }
}

function entriesOf(dict: Val): readonly (readonly [Val, Val])[] {
  if (!(dict instanceof Mapping)) return [];
  const children = dict.text("steps") ?? dict.text("routes");
  return children instanceof Mapping ? children.pairs() : [];
}

/** Where a text entry of a dictionary is written. */
export function placeIn(dict: Val, name: string): Place | null {
  const value = dict instanceof Mapping ? dict.text(name) : undefined;
  return value instanceof Datum && value.value !== null ? value.at : null;
}
