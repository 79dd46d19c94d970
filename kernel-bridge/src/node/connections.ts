import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { GraphcellError } from "@graphcell/core";
import { type Connections, type SecretSource, readConnections } from "@graphcell/core/nuclio";

/** The user's own file of connections. */
export function connectionsPath(env: NodeJS.ProcessEnv = process.env): string {
  const given = env["GRAPHCELL_CONNECTIONS"];
  if (given !== undefined && given !== "") return given;
  if (process.platform === "win32") return join(env["APPDATA"] ?? homedir(), "graphcell", "connections.yaml");
  return join(env["XDG_CONFIG_HOME"] || join(homedir(), ".config"), "graphcell", "connections.yaml");
}

/** The connections that there are; none where the file is missing. Throws `GraphcellError` for one that is wrong. */
export async function loadConnections(): Promise<Connections> {
  const path = connectionsPath();
  let text = "";
  try {
    text = await readFile(path, "utf8");
  } catch (error) {
    const missing = typeof error === "object" && error !== null && "code" in error && error.code === "ENOENT";
    if (!missing)
      throw new GraphcellError("GC_CONNECTIONS", `${path} can't be read.`, "Check its permissions.");
  }
  return readConnections(text, path);
}

/** What a program prints as the secret of a connection. What it prints when it fails is never told. */
export async function printedSecret(name: string, { command = [] }: SecretSource): Promise<string> {
  const [program = "", ...args] = command;
  try {
    const { stdout } = await promisify(execFile)(program, args, { timeout: 60_000 });
    return stdout.replace(/\r?\n$/, "");
  } catch {
    throw new GraphcellError(
      "GC_SECRET",
      `The program "${program}" gave no secret for connection "${name}".`,
      "Run it by hand to see why.",
    );
  }
}
