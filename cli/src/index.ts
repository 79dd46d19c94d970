export { command } from "./command";
export { Exit, type ExitCode } from "./exit";
export type { Terminal } from "./terminal";
export { Progress } from "./terminal";
