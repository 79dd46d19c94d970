import { mkdir, readFile, readdir, writeFile } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import {
  type DeployedFunction,
  type EarlierVersion,
  type VersionStore,
  decodeFunction,
} from "@graphcell/core/nuclio";

/** What functions were before each push, on this machine: files that only the user may read. */
export class History implements VersionStore {
  constructor(
    private readonly connection: string,
    private readonly namespace: string | null,
  ) {}

  private folder(name: string): string {
    const state = process.env["XDG_STATE_HOME"] || join(homedir(), ".local", "state");
    const parts = [this.connection, this.namespace ?? "default", name].map((part) =>
      encodeURIComponent(part),
    );
    return join(state, "graphcell", "history", ...parts);
  }

  async save(before: DeployedFunction): Promise<void> {
    const folder = this.folder(before.name);
    await mkdir(folder, { recursive: true, mode: 0o700 });
    const at = new Date().toISOString().replaceAll(":", "-");
    const { name, namespace, labels, annotations, spec } = before;
    const text = JSON.stringify({ metadata: { name, namespace, labels, annotations }, spec }, null, 2);
    await writeFile(join(folder, `${at}.json`), text, { mode: 0o600 });
  }

  /** Versions of a function, newest first. */
  async versions(name: string): Promise<readonly EarlierVersion[]> {
    const folder = this.folder(name);
    const files = await readdir(folder).catch(() => [] as string[]);
    return files
      .filter((file) => file.endsWith(".json"))
      .sort()
      .reverse()
      .map((file) => ({
        at: file.slice(0, -5),
        read: async () => decodeFunction(JSON.parse(await readFile(join(folder, file), "utf8"))),
      }));
  }
}
