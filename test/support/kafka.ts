import { type ChildProcess, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { createWriteStream, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { type AddressInfo, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** A real broker, alone on this machine. */
export interface Broker {
  /** `127.0.0.1:port`. */
  readonly address: string;
  stop(): Promise<void>;
}

/** Folder with Kafka's jars, which `npm test` fetches; null where that can't be. */
export const KAFKA_JARS = process.env["GRAPHCELL_KAFKA_JARS"] || null;

const JAVA = [
  "-Xmx128m",
  "-Xms32m",
  "-XX:+UseSerialGC",
  "-XX:TieredStopAtLevel=1",
  "-XX:MaxMetaspaceSize=96m",
];
const LOG = [
  "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn",
  "-Dorg.slf4j.simpleLogger.log.kafka.server.KafkaRaftServer=info",
];

export async function startBroker(jars: string): Promise<Broker> {
  const folder = mkdtempSync(join(tmpdir(), "graphcell-kafka-"));
  const [port, controller] = [await freePort(), await freePort()];
  const config = join(folder, "server.properties");
  writeFileSync(config, properties(folder, port, controller));
  const java = (...args: string[]): string[] => [...JAVA, ...LOG, "-cp", join(jars, "*"), ...args];
  const id = randomBytes(16).toString("base64url").replace(/^-/, "A");
  await ended(
    spawn("java", java("kafka.tools.StorageTool", "format", "--cluster-id", id, "--config", config)),
  );
  const log = join(folder, "broker.log");
  const broker = spawn("java", java("kafka.Kafka", config), { stdio: ["ignore", "pipe", "pipe"] });
  const to = createWriteStream(log);
  broker.stdout.pipe(to);
  broker.stderr.pipe(to);
  await started(broker, log);
  return {
    address: `127.0.0.1:${String(port)}`,
    async stop() {
      broker.kill("SIGTERM");
      if (broker.exitCode === null) await new Promise((resolve) => broker.once("exit", resolve));
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function properties(folder: string, port: number, controller: number): string {
  return [
    "process.roles=broker,controller",
    "node.id=1",
    `controller.quorum.voters=1@127.0.0.1:${String(controller)}`,
    `listeners=PLAINTEXT://127.0.0.1:${String(port)},CONTROLLER://127.0.0.1:${String(controller)}`,
    `advertised.listeners=PLAINTEXT://127.0.0.1:${String(port)}`,
    "controller.listener.names=CONTROLLER",
    "listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT",
    "inter.broker.listener.name=PLAINTEXT",
    `log.dirs=${join(folder, "data")}`,
    "offsets.topic.replication.factor=1",
    "offsets.topic.num.partitions=1",
    "transaction.state.log.replication.factor=1",
    "transaction.state.log.min.isr=1",
    "group.initial.rebalance.delay.ms=0",
    "auto.create.topics.enable=false",
    "log.cleaner.enable=false",
    "",
  ].join("\n");
}

function ended(child: ChildProcess): Promise<void> {
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("exit", (code) =>
      code === 0 ? resolve() : reject(new Error(`Kafka's storage could not be formatted (${String(code)}).`)),
    );
  });
}

/** Waits for the line by which a broker says that it takes connections. */
async function started(broker: ChildProcess, log: string): Promise<void> {
  while (broker.exitCode === null) {
    if (existsSync(log) && readFileSync(log, "utf8").includes("Kafka Server started")) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error(`The broker did not come up:\n${readFileSync(log, "utf8").slice(-2000)}`);
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => resolve(port));
    });
  });
}
