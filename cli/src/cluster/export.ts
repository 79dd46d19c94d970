import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import {
  type ExportedFile,
  type FunctionPlan,
  functionFiles,
  planDeployment,
  resourceFiles,
} from "@graphcell/core/nuclio";
import { Exit, type ExitCode } from "../exit";
import { problemLine } from "../problems";
import type { Terminal } from "../terminal";
import { prepare } from "./deployment";
import { type ClusterOptions, usage } from "./options";
import { printJson, problemJson } from "./output";

/** `graphcell export`: the functions as files; on standard output where no folder is given. */
export async function exportFile(
  path: string,
  options: ClusterOptions,
  terminal: Terminal,
): Promise<ExitCode> {
  const prepared = await prepare(path, options, terminal);
  const plan = planDeployment(prepared.request);
  const problems = [...prepared.problems, ...plan.problems];
  const files = options.form === "kubernetes" ? resourceFiles(plan, imageOf(options)) : functionFiles(plan);
  if (options.json) {
    printJson(terminal, { files: files as never, problems: problems.map(problemJson) });
  } else {
    for (const problem of problems) terminal.err(`${problemLine(prepared.document, problem)}\n`);
    if (options.out === null) terminal.out(files.map(titled).join(""));
    else await write(files, options.out, terminal);
  }
  return problems.some((p) => p.severity === "error") ? Exit.wrong : Exit.done;
}

function titled({ name, text }: ExportedFile): string {
  return `# ${name}\n${text}\n`;
}

async function write(files: readonly ExportedFile[], folder: string, terminal: Terminal): Promise<void> {
  await mkdir(folder, { recursive: true });
  for (const { name, text } of files) {
    await writeFile(join(folder, name), text);
    terminal.out(`${join(folder, name)}\n`);
  }
}

/** The image of a function, as `--image FUNCTION=IMAGE` says; `IMAGE` alone is that of a single one. */
function imageOf(options: ClusterOptions): (fn: FunctionPlan) => string {
  return (fn) => {
    const given = options.image.find((one) => one.startsWith(`${fn.name}=`))?.slice(fn.name.length + 1);
    const image = given ?? options.image.find((one) => !one.includes("="));
    if (image !== undefined) return image;
    throw usage(
      `Kubernetes resources need the image of "${fn.name}": Nuclio's controller does not build.`,
      `Build it (nuctl build), then give --image ${fn.name}=IMAGE.`,
    );
  };
}
