import type { ModuleBody } from "./runtime";

/** The bodies of modules that are at hand as text. Runs nothing of theirs; lines in stacks are those of the files. */
export function bodiesOf(modules: ReadonlyMap<string, string>): ReadonlyMap<string, ModuleBody> {
  return new Map(
    [...modules].map(([path, code]) => [
      path,
      // An indirect eval sees no more than a script of its own would.
      (module, exports, require) => {
        const body = (0, eval)(moduleText(path, code)) as ModuleBody;
        body(module, exports, require);
      },
    ]),
  );
}

function moduleText(path: string, code: string): string {
  return `(function (module, exports, require) {${code}\n})\n//# sourceURL=${path.replaceAll(/\s/g, "_")}`;
}
