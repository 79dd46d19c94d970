import type { Problem } from "../model/problem";
import { imageHas, packageOf } from "./python-names";
import type { ImportedModule } from "./source";

/** What is known of where a function's modules come from. */
export interface ImageContent {
  readonly image: string;
  readonly requirements: readonly string[];
  readonly commands: readonly string[];
  /** Modules that are files beside the notebook. */
  readonly localModules: ReadonlySet<string>;
}

/** Modules that the source imports and nothing brings. */
export function requirementProblems(
  modules: readonly ImportedModule[],
  content: ImageContent,
): readonly Problem[] {
  const problems = new Map<string, Problem>();
  for (const { module, range } of modules) {
    const root = module.split(".")[0] ?? "";
    const made = problemOf(module, root, content);
    if (made !== null && !problems.has(root)) problems.set(root, { ...made, range });
  }
  return [...problems.values()];
}

function problemOf(module: string, root: string, content: ImageContent): Problem | null {
  const problem = (severity: Problem["severity"], message: string, remedy: string): Problem => ({
    code: "deploy-missing-requirement",
    severity,
    step: null,
    message,
    remedy,
    range: null,
  });
  if (root === "" || content.localModules.has(root)) {
    const name = root === "" ? module : root;
    return problem(
      "error",
      `The source imports "${name}", a file beside the notebook: only one file goes with the function.`,
      "Put what it defines into the notebook, or install it as a package with requirements or commands.",
    );
  }
  const mlrunImage = /(^|\/)mlrun\/mlrun/.test(content.image);
  if (imageHas(root, mlrunImage) || isInstalled(root, content)) return null;
  const wanted = packageOf(root);
  // What an image of the user's own brings, only the user knows.
  const severity = mlrunImage ? "warning" : "info";
  return problem(
    severity,
    `The source imports "${root}", which ${content.image} is not known to have.`,
    `Add ${wanted} to requirements in graphcell.deploy.yaml if the image lacks it.`,
  );
}

function isInstalled(root: string, { requirements, commands }: ImageContent): boolean {
  const names = new Set([root, packageOf(root)].map(canonical));
  const listed = requirements.map((line) => canonical(/^[\w.-]+/.exec(line.trim())?.[0] ?? ""));
  if (listed.some((name) => names.has(name))) return true;
  // A URL or a command may install anything under any name.
  return commands.some((command) => [...names].some((name) => canonical(command).includes(name)));
}

/** PyPI's names do not tell case, `-`, `_` and `.` apart. */
function canonical(name: string): string {
  return name.toLowerCase().replace(/[-_.]+/g, "-");
}

/** Build commands that install requirements; double quotes, since single ones break Nuclio's local platform. */
export function installCommand(requirements: readonly string[]): string | null {
  if (requirements.length === 0) return null;
  const words = requirements.map((line) =>
    /^[\w.\-[\]=~]+$/.test(line) ? line : `"${line.replace(/(["\\$`])/g, "\\$1")}"`,
  );
  return `python -m pip install ${words.join(" ")}`;
}
