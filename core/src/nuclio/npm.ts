import type { Problem } from "../model/problem";
import type { ScriptModules } from "../script/source";
import type { FunctionSettings } from "./deploy-settings";

/** Build commands that install packages where Nuclio's nodejs runtime looks for them. */
export function npmCommand(requirements: readonly string[]): readonly string[] {
  if (requirements.length === 0) return [];
  const words = requirements.map((one) => (/^[\w.@/^~-]+$/.test(one) ? one : JSON.stringify(one)));
  return [`npm install --global ${words.join(" ")}`];
}

/** Imports of a function's files that nothing brings. */
export function importProblems(
  { entry, packages, missing }: ScriptModules,
  { requirements = [], commands = [], baseImage, image }: FunctionSettings,
): readonly Problem[] {
  const listed = new Set(requirements.map((one) => one.replace(/(?<=.)@.*$/, "")));
  const absent = packages.filter(
    (name) => !listed.has(name) && !commands.some((command) => command.split(/\s+/).some(named(name))),
  );
  const common = { code: "deploy-missing-requirement", step: null, range: null } as const;
  return [
    ...missing.map(({ from, path }): Problem => ({
      ...common,
      severity: "error",
      message: `${from} imports "${path}", which is not there.`,
      remedy: "Only files beside the notebook go with the function.",
    })),
    ...absent.map((name): Problem => ({
      ...common,
      // What an image of the user's own brings, only the user knows.
      severity: baseImage === undefined && image === undefined ? "error" : "info",
      message: `${entry} imports the package "${name}", which nothing installs.`,
      remedy: `Add ${name} to requirements in graphcell.deploy.yaml.`,
    })),
  ];
}

function named(name: string): (word: string) => boolean {
  return (word) => word === name || word.startsWith(`${name}@`);
}
