import type { Derived } from "./derive";
import { renames } from "../draw/renames";
import type { Picture } from "../draw/picture";

/** The step that is chosen. It stays the same one while its name is typed. */
export class ChosenStep {
  id: string | null = null;
  private before: { readonly graph: string; readonly picture: Picture } | null = null;

  /** Its name in a graph as that is now. */
  in(graph: string, { picture, steps }: Derived): string | null {
    const { before } = this;
    if (this.id !== null && !steps.has(this.id) && before?.graph === graph) {
      for (const [now, then] of renames(before.picture, picture)) {
        if (then !== this.id) continue;
        this.id = now;
        break;
      }
    }
    this.before = { graph, picture };
    return this.id;
  }
}
