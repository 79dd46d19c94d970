/** One step's part in an event's way. */
export interface Visit {
  /** Number of the step. */
  readonly step: number;
  readonly emitted: number;
  readonly handledBy: string | null;
}

/** Ways longer than this are told up to here: a loop's rounds look alike. */
const LONGEST = 10_000;
/** Different ways that are told apart; the rest counts as the way that it shares the beginning with. */
const MOST = 20_000;

/** A place in the tree of all ways that events took: who comes here again goes on from the same place. */
export class PathNode {
  /** Events whose way ended here. */
  ended = 0;
  private readonly next = new Map<number | string, PathNode>();
  private lastKey: number | string = -1;
  private lastNode: PathNode | null = null;

  constructor(
    private readonly paths: Paths,
    readonly before: PathNode | null,
    readonly visit: Visit | null,
    private readonly depth: number,
  ) {}

  /** Goes on to a step. */
  to(step: number, emitted: number, handledBy: string | null = null): PathNode {
    const key =
      handledBy === null && emitted < 4096 ? step * 4096 + emitted : `${step} ${emitted} ${handledBy ?? ""}`;
    if (key === this.lastKey && this.lastNode !== null) return this.lastNode;
    const node = this.next.get(key) ?? this.grow(key, { step, emitted, handledBy });
    this.lastKey = key;
    this.lastNode = node;
    return node;
  }

  private grow(key: number | string, visit: Visit): PathNode {
    if (this.depth >= LONGEST || this.paths.size >= MOST) return this;
    const node = new PathNode(this.paths, this, visit, this.depth + 1);
    this.paths.size++;
    this.next.set(key, node);
    return node;
  }

  /** Visits from the beginning to here. */
  get visits(): readonly Visit[] {
    const visits: Visit[] = [];
    if (this.visit !== null) visits.push(this.visit);
    for (let at = this.before; at?.visit; at = at.before) visits.push(at.visit);
    return visits.reverse();
  }

  *all(): Iterable<PathNode> {
    const waiting: PathNode[] = [this];
    for (let node = waiting.pop(); node; node = waiting.pop()) {
      yield node;
      waiting.push(...node.next.values());
    }
  }
}

/** The ways that the events of a run took, and how many took each. */
export class Paths {
  size = 0;
  readonly root: PathNode = new PathNode(this, null, null, 0);

  /** Ways that events took to their end, with their number. */
  *ways(): Iterable<{ readonly visits: readonly Visit[]; readonly count: number }> {
    for (const node of this.root.all()) if (node.ended > 0) yield { visits: node.visits, count: node.ended };
  }
}
