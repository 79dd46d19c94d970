import { type LanguageContext } from "./context";
import type { Bracket } from "./cursor";
import { type ClassText, classText, libraryClass } from "./step-class";
import { ARGUMENT_MEANINGS } from "./verb";
import type { Definition, ParsedGraph } from "../notebook/parsed";
import type { SourceRange } from "../source";
import { STEP_CLASSES } from "../steps/registry";

export interface Completion {
  readonly label: string;
  readonly kind: "class" | "function" | "method" | "step" | "argument" | "value";
  /** A few words beside the label. */
  readonly detail: string;
  /** One or more sentences, Markdown. */
  readonly documentation: string;
  /** Text that takes the place of `range`. */
  readonly insert: string;
  readonly range: SourceRange;
}

/** A completion before it is known where it goes. */
export type Offer = Omit<Completion, "range">;

export function stepOffers(
  graphs: readonly ParsedGraph[],
  without: ReadonlySet<string> = new Set(),
): readonly Offer[] {
  return graphs.flatMap((graph) =>
    [...graph.graph.steps.values()]
      .filter((step) => !without.has(step.key))
      .map((step) => ({
        label: step.key,
        kind: "step" as const,
        detail: step.className ?? step.handler ?? step.kind,
        documentation: `Step of the graph "${graph.name}".`,
        insert: step.key,
      })),
  );
}

/** Classes for a step; `code` for a name outside of strings, where only the notebook's own stand without a module. */
export function classOffers({ parsed, kernelNames }: LanguageContext, code: boolean): readonly Offer[] {
  const mine = ownDefinitions(parsed.definitions.values(), ["class"]).map((d) =>
    classOffer(classText(parsed, d.name), d.name),
  );
  const known = new Set(parsed.definitions.keys());
  const ofKernel = [...(kernelNames ?? [])].filter(
    (name) => /^[A-Z]/.test(name) && !known.has(name) && !code,
  );
  const library = code
    ? []
    : STEP_CLASSES.filter((row) => row.reason === undefined).map((row) =>
        classOffer(libraryClass(row), row.names[0]),
      );
  const special: Offer[] = code
    ? []
    : [
        {
          label: "*",
          kind: "value",
          detail: "router",
          documentation: "A router; `*Class` one of that class.",
          insert: "*",
        },
        {
          label: "$queue",
          kind: "value",
          detail: "queue",
          documentation: "A queue or stream between functions.",
          insert: "$queue",
        },
        {
          label: "$remote",
          kind: "value",
          detail: "remote",
          documentation: "Calls a URL.",
          insert: "$remote",
        },
      ];
  return [
    ...mine,
    ...ofKernel.map((name): Offer => ({
      label: name,
      kind: "class",
      detail: "kernel",
      documentation: "Defined in the kernel.",
      insert: name,
    })),
    ...special,
    ...library,
  ];
}

function classOffer(text: ClassText | null, name: string): Offer {
  const args = (text?.arguments ?? []).filter((a) => a.required || a.meaning === "" || a.value !== null);
  const shown = args.slice(0, 6).map((a) => (a.value === null ? a.name : `${a.name}=${a.value}`));
  return {
    label: name,
    kind: "class",
    detail: /^(storey|mlrun)\./.exec(name)?.[1] ?? "notebook",
    documentation: `${text?.meaning ?? ""}${shown.length > 0 ? `\n\n\`${shown.join(", ")}\`` : ""}`,
    insert: name,
  };
}

function ownDefinitions(
  all: Iterable<Definition>,
  kinds: readonly Definition["kind"][],
): readonly Definition[] {
  return [...all].filter((d) => kinds.includes(d.kind)).reverse();
}

export function functionOffers({ parsed }: LanguageContext): readonly Offer[] {
  return ownDefinitions(parsed.definitions.values(), ["function", "lambda"]).map((d) => ({
    label: d.name,
    kind: "function",
    detail: `(${(d.members ?? []).join(", ")})`,
    documentation: "Function of the notebook.",
    insert: d.name,
  }));
}

export function classArguments(text: ClassText, call: Bracket): readonly Offer[] {
  return text.arguments
    .filter(({ name }) => !call.given.has(name) && name !== "context" && name !== "name")
    .map(({ name, required, meaning, value }) => ({
      label: `${name}=`,
      kind: "argument",
      detail: required
        ? `${text.name}, must be given`
        : value === null
          ? text.name
          : `${text.name}, ${value}`,
      documentation: meaning,
      insert: `${name}=`,
    }));
}

export function argumentOffer(name: string): Offer {
  return {
    label: `${name}=`,
    kind: "argument",
    detail: "MLRun",
    documentation: ARGUMENT_MEANINGS.get(name) ?? "",
    insert: `${name}=`,
  };
}
