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

  constructor(private readonly terminal: Terminal) {}

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
