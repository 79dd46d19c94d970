import { type Contents, ServerConnection } from "@jupyterlab/services";
import type { FolderEntry, FolderPort } from "@graphcell/core/nuclio";

/** Path of the folder of a file, with a slash at its end; empty for the server's own. */
export function folderOf(path: string): string {
  return path.slice(0, path.lastIndexOf("/") + 1);
}

/** A folder of Jupyter's contents. */
export class LabFolder implements FolderPort {
  constructor(
    private readonly contents: Contents.IManager,
    private readonly base: () => string,
  ) {}

  async read(path: string): Promise<string | null> {
    // A look at the folder first: Jupyter writes each file that is asked for in vain to the browser's console.
    const slash = path.lastIndexOf("/");
    const beside = await this.list(path.slice(0, Math.max(0, slash)));
    if (!beside.some(({ name, isFolder }) => !isFolder && name === path.slice(slash + 1))) return null;
    const options = { type: "file", format: "text", content: true } as const;
    const { content } = await this.contents.get(this.base() + path, options);
    return typeof content === "string" ? content : null;
  }

  async write(path: string, text: string): Promise<void> {
    await this.contents.save(this.base() + path, { type: "file", format: "text", content: text });
  }

  async list(path: string): Promise<readonly FolderEntry[]> {
    try {
      const folder = await this.contents.get(this.base() + path, { type: "directory", content: true });
      const entries: readonly Contents.IModel[] = Array.isArray(folder.content) ? folder.content : [];
      return entries.map(({ name, type }) => ({ name, isFolder: type === "directory" }));
    } catch (error) {
      // Whoever takes another failure for an absent file would write over it.
      if (error instanceof ServerConnection.ResponseError && error.response.status === 404) return [];
      throw error;
    }
  }
}
