/** Exit codes of the command: what a script can tell apart. */
export const Exit = {
  done: 0,
  /** The graph or a result is wrong. */
  wrong: 1,
  /** The command was used wrongly: arguments, a file that is not what it should be. */
  usage: 2,
  /** Something outside failed: no Python, no server. */
  outside: 3,
} as const;

export type ExitCode = (typeof Exit)[keyof typeof Exit];

/** Ends the command with a sentence and a code; never shown as a stack trace. */
export class CommandError extends Error {
  constructor(
    readonly code: ExitCode,
    message: string,
    readonly remedy = "",
  ) {
    super(message);
  }
}
