import { execFile } from "node:child_process";
import { mkdir, readFile, readdir, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { promisify } from "node:util";
import { GraphcellError } from "@graphcell/core";
import type { FolderEntry, FolderPort } from "@graphcell/core/nuclio";

/** A folder of this machine. */
export class DiskFolder implements FolderPort {
  constructor(private readonly folder: string) {}

  async read(path: string): Promise<string | null> {
    try {
      return await readFile(join(this.folder, path), "utf8");
    } catch (error) {
      // Whoever takes another failure for an absent file would write over it.
      if (codeOf(error) === "ENOENT") return null;
      throw new GraphcellError(
        "GC_FILE",
        `${path} can't be read (${codeOf(error) ?? "no reason given"}).`,
        "Make sure that it is a file that you may read.",
      );
    }
  }

  async write(path: string, text: string): Promise<void> {
    const file = join(this.folder, path);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, text);
  }

  async list(path: string): Promise<readonly FolderEntry[]> {
    const entries = await readdir(join(this.folder, path), { withFileTypes: true }).catch(() => []);
    return entries.map((entry) => ({ name: entry.name, isFolder: entry.isDirectory() }));
  }
}

function codeOf(error: unknown): string | null {
  const hasCode = typeof error === "object" && error !== null && "code" in error;
  return hasCode && typeof error.code === "string" ? error.code : null;
}

/** Text of a file as a revision of git has it. Throws `GraphcellError` where git has none. */
export async function fileAtRevision(path: string, revision: string): Promise<string> {
  try {
    const place = `${revision}:./${basename(path)}`;
    const { stdout } = await promisify(execFile)("git", ["show", "--end-of-options", place], {
      cwd: dirname(path),
      maxBuffer: 256 * 1024 * 1024,
    });
    return stdout;
  } catch (error) {
    const missing = codeOf(error) === "ENOENT";
    throw new GraphcellError(
      "GC_GIT",
      missing
        ? "There is no git on this machine."
        : `Git has no ${basename(path)} at revision "${revision}".`,
      missing ? "Install it." : "Name a revision in which the file is: HEAD, a branch, a tag.",
    );
  }
}
