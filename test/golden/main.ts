import { type Case, readCases } from "./case";
import { liveExecutor } from "./live";
import { type CaseResult, runCase } from "./runner";

export interface GoldenOptions {
  /** The project's folder: its Python runs live cases. */
  readonly root: string;
  readonly dir: string;
  readonly live: boolean;
  readonly json: boolean;
  /** Only cases of this kind, or whose id holds this text. */
  readonly kind: string | null;
  readonly match: string | null;
  /** Ids of cases that are known to differ: the run is good when these, and no others, do. */
  readonly open: readonly string[];
}

/** Runs the cases of a folder, prints how they went, and gives the exit code. */
export async function golden(options: GoldenOptions): Promise<number> {
  const cases = readCases(options.dir).filter((one) => wanted(one, options));
  const live = options.live ? await liveExecutor(options.root) : null;
  const results: CaseResult[] = [];
  try {
    for (const one of cases) {
      const result = await runCase(one, live?.executorFor ?? null);
      results.push(result);
      const shown = !options.json && result.passed === false && !options.open.includes(result.id);
      if (shown) await write(`${told(result).join("\n")}\n`);
    }
  } finally {
    await live?.close();
  }
  return options.json ? tellJson(results) : tell(results, options.open);
}

async function tellJson(results: readonly CaseResult[]): Promise<number> {
  const summary = countsOf(results);
  await write(`${JSON.stringify({ ...summary, cases: results }, null, 1)}\n`);
  return summary.failed === 0 ? 0 : 1;
}

async function tell(results: readonly CaseResult[], open: readonly string[]): Promise<number> {
  const known = results.filter((r) => r.passed === false && open.includes(r.id)).map((r) => r.id);
  const mended = results.filter((r) => r.passed === true && open.includes(r.id)).map((r) => r.id);
  const { passed, failed, skipped } = countsOf(results);
  if (known.length > 0) await write(`known to differ: ${known.join(", ")}\n`);
  if (mended.length > 0) await write(`no longer differ, to be taken from open.json: ${mended.join(", ")}\n`);
  const wrong = failed - known.length + mended.length;
  await write(`${passed} passed, ${wrong} failed, ${skipped + known.length} skipped\n`);
  return wrong === 0 ? 0 : 1;
}

function countsOf(results: readonly CaseResult[]): { passed: number; failed: number; skipped: number } {
  const count = (passed: boolean | null): number => results.filter((r) => r.passed === passed).length;
  return { passed: count(true), failed: count(false), skipped: count(null) };
}

function wanted(one: Case, { kind, match }: GoldenOptions): boolean {
  return (kind === null || one.kind === kind) && (match === null || one.id.includes(match));
}

/** Differences shown of one case. */
const SHOWN = 12;

function told(result: CaseResult): string[] {
  const lines = [`${result.id} (${result.kind})`];
  lines.push(...result.differences.slice(0, SHOWN).map((text) => `  ${text}`));
  const more = result.differences.length - SHOWN;
  if (more > 0) lines.push(`  and ${more} more`);
  return lines;
}

/** Writes and waits until it is out: the process may end right after. */
function write(text: string): Promise<void> {
  return new Promise((resolve, reject) => {
    process.stdout.write(text, (error) => (error ? reject(error) : resolve()));
  });
}
