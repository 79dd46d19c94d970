import { codeOf } from "./context";
import type { StepClass } from "../engine/runtime";
import type { Definition, ParsedNotebook } from "../notebook/parsed";
import { COMMON_ARGS } from "../steps/argument";
import { STEP_CLASSES, stepClass } from "../steps/registry";
import { shortRepr } from "../value/bounded";

/** An argument of a step's class, for completion and hover. */
export interface ClassArgument {
  readonly name: string;
  readonly required: boolean;
  readonly meaning: string;
  /** Its default as Python writes it; null where there is none. */
  readonly value: string | null;
}

/** A class as it is shown: one of the notebook, or one of the library. */
export interface ClassText {
  readonly name: string;
  readonly meaning: string;
  readonly arguments: readonly ClassArgument[];
  /** Why it can't be simulated; null when it can. */
  readonly reason: string | null;
}

/** What is known of the class that a name stands for: in a string its dotted path, in code also as it is imported. */
export function classText(parsed: ParsedNotebook, name: string): ClassText | null {
  const own = codeOf(parsed, name);
  if (own?.kind === "class") return ownClass(parsed, own);
  const row = libraryRow(parsed, name);
  return row ? libraryClass(row) : null;
}

/** The registry's row of a name: `storey.Filter`, `Filter` after `from storey import Filter`, `s.Filter`. */
export function libraryRow(parsed: ParsedNotebook, name: string): StepClass | undefined {
  const [root = "", ...rest] = name.split(".");
  const module = parsed.definitions.get(root)?.module;
  const path = module === undefined ? name : [module, ...rest].join(".");
  const found = stepClass(path) ?? stepClass(name);
  if (found || !/^(storey|mlrun)\./.test(path)) return found;
  // The same class is found in several modules.
  const last = path.slice(path.lastIndexOf(".") + 1);
  const library = path.slice(0, path.indexOf(".") + 1);
  return STEP_CLASSES.find((row) => row.names.some((n) => n.startsWith(library) && n.endsWith(`.${last}`)));
}

export function libraryClass(row: StepClass): ClassText {
  const common = row.open ? COMMON_ARGS.filter((c) => row.args.every((a) => a.name !== c.name)) : [];
  return {
    name: row.names[0],
    meaning: row.meaning,
    arguments: [...row.args, ...common].map(({ name, default: value, meaning }) => ({
      name,
      required: value === undefined,
      meaning,
      value: value === undefined || value === null ? null : shortRepr(value, 40),
    })),
    reason: row.reason ?? null,
  };
}

function ownClass(parsed: ParsedNotebook, own: Definition): ClassText {
  const base = own.bases?.map((b) => libraryRow(parsed, b)).find((row) => row !== undefined);
  const inherited = base ? libraryClass(base).arguments : [];
  const given = own.constructorParameters ?? null;
  const args = (given ?? []).filter((p) => !p.name.startsWith("*"));
  const passesOn = given === null || given.some((p) => p.name.startsWith("**"));
  const mine = args.map(({ name, required }) => ({ name, required, meaning: "", value: null }));
  return {
    name: own.name,
    meaning: base ? `Class of the notebook; a ${base.names[0]}.` : "Class of the notebook.",
    arguments: [
      ...mine.filter(({ name }) => name !== "context"),
      ...(passesOn ? inherited.filter((a) => mine.every((m) => m.name !== a.name)) : []),
    ],
    reason: null,
  };
}
