/** Jupyter servers and kernels from Node: the command, tests, and VS Code's extension host. */
export { findPython, probePython } from "./python";
export type { FindPythonOptions, PythonInfo } from "./python";
export { joinServer, randomToken, startServer } from "./start";
export type { StartServerOptions } from "./start";
export type { JupyterServer, RunningKernel, StartKernelOptions } from "./server";
export { nodeHost } from "./socket";
export { ClusterHttp, systemClock } from "./cluster-http";
export type { TransportOptions } from "./cluster-http";
export { EmbeddedKernel, hasEmbeddedPython } from "./embedded/kernel";
export type { EmbeddedOptions } from "./embedded/kernel";
export { DiskFolder, fileAtRevision } from "./folder";
export { nodeScriptWorker } from "./script-worker";
export { History } from "./history";
export { connectionsPath, loadConnections, printedSecret } from "./connections";
export { brokerTakesCommits } from "./kafka-probe";
export { connectLoopback } from "./loopback";
