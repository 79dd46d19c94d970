import { fieldsOf } from "./field";
import { type ClassText, libraryClass } from "./step-class";
import type { StepKind } from "../model/graph";
import { CHILD_KINDS, schemaOf } from "../model/schema";
import { STEP_CLASSES } from "../steps/registry";

export type JsonSchema = { readonly [key: string]: unknown };

/**
 * The JSON schema (draft 7) of a graph file: a function, a serving spec or a bare graph. Made from the tables that
 * the checker and the engine use, so that all of them agree. It allows what MLRun drops: only types are wrong.
 */
export function graphFileSchema(): JsonSchema {
  const root = { $ref: "#/definitions/root" };
  return {
    $schema: "http://json-schema.org/draft-07/schema#",
    title: "MLRun serving graph",
    type: "object",
    if: { required: ["spec"] },
    then: { $ref: "#/definitions/function" },
    else: { if: { required: ["graph"] }, then: { properties: { graph: root } }, else: root },
    definitions: {
      function: functionSchema(root),
      root: rootSchema(),
      ...Object.fromEntries([...CHILD_KINDS].map((kind) => [kind, kindSchema(kind as StepKind)])),
      step: stepSchema(),
      class_name: classNameSchema(),
      class_args: { allOf: CLASS_ARGUMENTS },
    },
  };
}

function functionSchema(graph: JsonSchema): JsonSchema {
  return {
    type: "object",
    properties: {
      kind: { description: "Kind of the function.", enum: ["serving"], type: "string" },
      metadata: {
        type: "object",
        properties: {
          name: { type: "string", description: "Name of the function." },
          project: { type: "string", description: "Project that it belongs to." },
        },
      },
      spec: {
        type: "object",
        properties: {
          graph,
          parameters: { type: ["object", "null"], description: "Parameters of the function, for its steps." },
          function_refs: { type: ["object", "null"], description: "Child functions by name." },
          load_mode: { type: ["string", "null"], description: "When models are loaded: `sync` or `async`." },
        },
      },
    },
  };
}

function rootSchema(): JsonSchema {
  const asRouter = { properties: { kind: { const: "router" } }, required: ["kind"] };
  return { if: asRouter, then: { $ref: "#/definitions/router" }, else: kindSchema("root") };
}

/** A step by its kind; a task when it says none. */
function stepSchema(): JsonSchema {
  const others = [...CHILD_KINDS].filter((kind) => kind !== "task");
  const rest: JsonSchema = { $ref: "#/definitions/task" };
  return others.reduceRight<JsonSchema>(
    (otherwise, kind) => ({
      if: { properties: { kind: { const: kind } }, required: ["kind"] },
      then: { $ref: `#/definitions/${kind}` },
      else: otherwise,
    }),
    rest,
  );
}

function kindSchema(kind: StepKind): JsonSchema {
  const { children, fields } = schemaOf(kind);
  const properties = Object.fromEntries(
    fieldsOf(kind).map(({ name, meaning, schema, values }) => {
      const description = meaning === "" ? {} : { description: meaning };
      if (name === "class_name") return [name, { $ref: "#/definitions/class_name", ...description }];
      if (name === children) {
        return [
          name,
          { type: ["object", "null"], additionalProperties: { $ref: "#/definitions/step" }, ...description },
        ];
      }
      const strings = schema?.type === "string" && values.length > 0 ? { enum: [...values, null] } : {};
      return [name, { ...nullable(schema), ...strings, ...description }];
    }),
  );
  const classes = fields.includes("class_args") ? { allOf: [{ $ref: "#/definitions/class_args" }] } : {};
  return { type: "object", properties, ...classes };
}

function nullable(schema: ReturnType<typeof fieldsOf>[number]["schema"]): JsonSchema {
  if (schema === null) return {};
  const types = typeof schema.type === "string" ? [schema.type] : schema.type;
  return { ...schema, type: [...types, "null"] };
}

function classNameSchema(): JsonSchema {
  const names = STEP_CLASSES.map(libraryClass).map((text) => ({
    const: text.name,
    description: descriptionOf(text),
  }));
  return { anyOf: [{ oneOf: names }, { type: ["string", "null"] }] };
}

function descriptionOf({ meaning, reason }: ClassText): string {
  return reason === null ? meaning : `${meaning} ${reason}.`;
}

/** The arguments of each class of the library, once its name stands in the step. */
const CLASS_ARGUMENTS: readonly JsonSchema[] = STEP_CLASSES.filter((row) => row.args.length > 0).map(
  (row) => ({
    if: { properties: { class_name: { enum: row.names } }, required: ["class_name"] },
    then: {
      properties: {
        class_args: {
          properties: Object.fromEntries(
            libraryClass(row).arguments.map((a) => [
              a.name,
              a.meaning === "" ? {} : { description: a.meaning },
            ]),
          ),
        },
      },
    },
  }),
);
