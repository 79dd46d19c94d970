import { paceOf } from "@graphcell/core";

/** Where the command writes; given from outside so that tests can look. */
export interface Terminal {
  out(text: string): void;
  err(text: string): void;
  /** Progress is shown only where standard error is a terminal. */
  readonly showsProgress: boolean;
  readStdin(): Promise<string>;
}

/** One line on standard error that is written over; nothing where that is no terminal. */
export class Progress {
  private shown = false;
  private told = -Infinity;
  private begun: number | null = null;

  constructor(
    private readonly terminal: Terminal,
    private readonly now: () => number = () => performance.now(),
  ) {}

  /** How far a run is, how fast it goes and how long it will take: a few times a second. */
  events(done: number, total: number): void {
    const now = this.now();
    this.begun ??= now;
    if (done < total && now - this.told < BETWEEN) return;
    this.told = now;
    const pace = paceOf(done, total, now - this.begun);
    const counts = `Event ${done.toLocaleString("en-US")} of ${total.toLocaleString("en-US")}`;
    this.say(pace === null ? counts : `${counts}, ${rateText(pace.perSecond)}, ${leftText(pace.leftMs)}`);
  }

  say(text: string): void {
    if (!this.terminal.showsProgress) return;
    this.terminal.err(`\r\x1b[K${text}`);
    this.shown = true;
  }

  clear(): void {
    if (this.shown) this.terminal.err("\r\x1b[K");
    this.shown = false;
  }
}

/** Milliseconds between two lines of progress. */
const BETWEEN = 100;

function rateText(perSecond: number): string {
  return `${Number(perSecond.toPrecision(3)).toLocaleString("en-US")} a second`;
}

function leftText(ms: number): string {
  const seconds = Math.max(1, Math.round(ms / 1000));
  return seconds < 60 ? `${seconds} s left` : `${Math.floor(seconds / 60)} min ${seconds % 60} s left`;
}
