import { type PushProgress, cleanLog } from "@graphcell/core/nuclio";
import { Progress, type Terminal } from "../terminal";

const WORDS: Readonly<Record<PushProgress["phase"], string>> = {
  waiting: "waiting",
  unchanged: "unchanged",
  sending: "sending",
  building: "building",
  starting: "starting",
  ready: "ready",
  failed: "failed",
  left: "left",
};

/** Shows a push on standard error: one line that is written over, and on wish each line of its log. */
export class PushTerminal {
  private readonly line: Progress;

  constructor(
    private readonly terminal: Terminal,
    private readonly verbose: boolean,
  ) {
    this.line = new Progress(terminal);
  }

  show({ name, phase, elapsedMs, logs, note }: PushProgress): void {
    if (this.verbose || this.terminal.showsProgress) {
      for (const log of logs) this.write(`${name}  ${log.message}`);
      if (note !== undefined) this.write(`${name}  ${note}`);
    }
    this.line.say(`${name}: ${WORDS[phase]}, ${Math.round(elapsedMs / 1000)} s`);
  }

  private write(text: string): void {
    this.line.clear();
    this.terminal.err(`${cleanLog(text)}\n`);
  }

  end(): void {
    this.line.clear();
  }
}
