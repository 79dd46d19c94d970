import { GraphcellError } from "../errors";
import type { Notice } from "./state";

/** What needs the user's eye now, each sentence once, until it is dismissed or no longer so. */
export class Notices {
  private list: readonly Notice[] = [];

  get all(): readonly Notice[] {
    return this.list;
  }

  /** Puts a notice last, in place of one of the same id. */
  add(notice: Notice): void {
    this.remove(notice.id);
    this.list = [...this.list, notice];
  }

  remove(id: string): void {
    this.list = this.list.filter((notice) => notice.id !== id);
  }

  /** Tells of an error that ended what the user asked for. */
  tell(error: unknown): void {
    const known = error instanceof GraphcellError;
    const message = error instanceof Error ? error.message : String(error);
    this.add({
      id: `${known ? error.code : "error"}:${message}`,
      severity: "error",
      message,
      remedy: known ? error.remedy : "Try again; if it stays, please report it.",
      action: null,
    });
  }

  /** What was told of errors with this code is no longer so. */
  settled(code: string): void {
    this.list = this.list.filter(({ id }) => !id.startsWith(`${code}:`));
  }
}
