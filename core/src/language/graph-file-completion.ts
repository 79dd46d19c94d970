import { fieldsOf } from "./field";
import type { GraphFile } from "./graph-file";
import { type Completion, type Offer, classOffers, functionOffers } from "./offer";
import { type Position, offsetAt, rangeAt } from "./position";
import { classText } from "./step-class";
import { type FileCursor, jsonCursor, yamlCursor } from "./yaml-cursor";
import type { Step, StepKind } from "../model/graph";
import { isChildKind } from "../model/schema";
import { GRAPH_FILE_CELL } from "../source";

/**
 * What may be typed at a place of a graph file. In JSON only what a schema can't know: steps, classes and functions
 * of the code (the editor completes the rest itself).
 */
export function graphFileCompletionsAt(
  file: GraphFile,
  position: Position,
  language: "yaml" | "json",
): readonly Completion[] {
  const text = file.cells[0]?.source ?? "";
  if (position.cellId !== GRAPH_FILE_CELL) return [];
  const offset = offsetAt(text, position.line, position.column);
  const cursor = language === "yaml" ? yamlCursor(text, offset) : jsonCursor(text, offset);
  if (!cursor) return [];
  const range = rangeAt({ id: GRAPH_FILE_CELL, index: 0, text }, cursor.from, cursor.to);
  return offersAt(file, cursor, language).map((offer) => ({ ...offer, range }));
}

const FUNCTION_FIELDS: Readonly<Record<string, readonly string[] | undefined>> = {
  "": ["kind", "metadata", "spec"],
  metadata: ["name", "project"],
  spec: ["graph", "parameters", "function_refs", "load_mode"],
};

function offersAt(file: GraphFile, cursor: FileCursor, language: "yaml" | "json"): readonly Offer[] {
  const place = placeOf(cursor.path);
  if (cursor.key !== null) return place ? valueOffers(file, cursor, place, language) : [];
  if (language === "json") return [];
  const own = FUNCTION_FIELDS[cursor.path.join(".")];
  const isNew =
    cursor.path.length === 0 &&
    !/^(steps|routes|engine|graph)$/m.test([...cursor.siblings.keys()].join("\n"));
  const ofFunction =
    own && (cursor.path.length > 0 || isNew) ? own.map((name) => entryOffer(name, "function", "")) : [];
  const ofGraph = place ? keyOffers(file, cursor, place) : [];
  return [...ofFunction, ...ofGraph].filter(({ label }) => !cursor.siblings.has(label));
}

type Place =
  | { readonly kind: "root" }
  | { readonly kind: "children" }
  | { readonly kind: "step"; readonly path: readonly string[] }
  | { readonly kind: "arguments"; readonly step: readonly string[] };

/** Which part of the graph a path leads to; null for what is outside of it. */
function placeOf(path: readonly string[]): Place | null {
  const at = path[0] === "spec" && path[1] === "graph" ? 2 : path[0] === "graph" ? 1 : 0;
  const rest = path.slice(at);
  if (rest.length === 0) return { kind: "root" };
  const step: string[] = [];
  for (let i = 0; i < rest.length; i += 2) {
    if (rest[i] !== "steps" && rest[i] !== "routes") {
      return rest[i] === "class_args" && i === rest.length - 1 && step.length > 0
        ? { kind: "arguments", step }
        : null;
    }
    const name = rest[i + 1];
    if (name === undefined) return { kind: "children" };
    step.push(name);
  }
  return { kind: "step", path: step };
}

function kindOf(siblings: ReadonlyMap<string, string>, isRoot: boolean): StepKind {
  const kind = siblings.get("kind");
  if (isRoot) return kind === "router" ? "router" : "root";
  return isChildKind(kind) ? kind : "task";
}

function keyOffers(file: GraphFile, { siblings }: FileCursor, place: Place): readonly Offer[] {
  if (place.kind === "children") return [];
  if (place.kind === "arguments") return argumentOffers(file, place.step);
  const kind = kindOf(siblings, place.kind === "root");
  return fieldsOf(kind).map(({ name, meaning }) => entryOffer(name, kind, meaning));
}

function entryOffer(name: string, detail: string, documentation: string): Offer {
  return { label: name, kind: "argument", detail, documentation, insert: `${name}: ` };
}

/** The arguments of the class of a step that stands in the graph. */
function argumentOffers({ parsed }: GraphFile, path: readonly string[]): readonly Offer[] {
  let step: Step | undefined = parsed.graphs[0]?.graph.root;
  for (const key of path) step = step?.children.get(key);
  const known = step?.className == null ? null : classText(parsed, step.className);
  return (known?.arguments ?? [])
    .filter(({ name }) => name !== "context" && name !== "name")
    .map(({ name, meaning }) => entryOffer(name, known?.name ?? "", meaning));
}

const NAMES_STEPS = new Set(["after", "before", "cycle_from", "on_error", "base_step", "final_step"]);

function valueOffers(
  file: GraphFile,
  { key, siblings, path }: FileCursor,
  place: Place,
  language: "yaml" | "json",
): readonly Offer[] {
  const name = key ?? "";
  const context = { cells: file.cells, parsed: file.parsed };
  if (place.kind === "arguments") return /^_[a-z]/.test(name) ? functionOffers(context) : [];
  if (place.kind === "children") return [];
  if (NAMES_STEPS.has(name)) return siblingSteps(file, place, path[path.length - 1]);
  if (name === "handler") return handlerOffers(file, siblings.get("class_name") ?? "");
  if (name === "class_name") {
    return classOffers(context, false)
      .filter(({ detail }) => language === "yaml" || detail === "notebook")
      .map((offer) =>
        offer.insert.startsWith("*") && language === "yaml"
          ? { ...offer, insert: `"${offer.insert}"` }
          : offer,
      );
  }
  if (language === "json") return [];
  const field = fieldsOf(kindOf(siblings, place.kind === "root")).find((f) => f.name === name);
  return (field?.values ?? []).map((value) => ({
    label: value,
    kind: "value",
    detail: name,
    documentation: field?.meaning ?? "",
    insert: value,
  }));
}

/** The steps beside the one that is written. */
function siblingSteps({ parsed }: GraphFile, place: Place, own: string | undefined): readonly Offer[] {
  let parent: Step | undefined = parsed.graphs[0]?.graph.root;
  for (const key of place.kind === "step" ? place.path.slice(0, -1) : []) parent = parent?.children.get(key);
  return [...(parent?.children.values() ?? [])]
    .filter(({ key }) => place.kind === "root" || key !== own)
    .map((step) => ({
      label: step.key,
      kind: "step" as const,
      detail: step.className ?? step.handler ?? step.kind,
      documentation: "Step of the graph.",
      insert: step.key,
    }));
}

function handlerOffers(file: GraphFile, className: string): readonly Offer[] {
  const definition = file.parsed.definitions.get(className);
  if (className === "") return functionOffers({ cells: file.cells, parsed: file.parsed });
  return (definition?.members ?? [])
    .filter((name) => !name.startsWith("__"))
    .map((name) => ({
      label: name,
      kind: "method",
      detail: className,
      documentation: `Method of ${className}.`,
      insert: name,
    }));
}
