import { connect } from "node:net";

/** Number of the request that asks a broker which requests it takes, and of the one that commits offsets. */
const API_VERSIONS = 18;
const OFFSET_COMMIT = 8;
/** The version of it that Nuclio's Kafka trigger sends. */
const NUCLIO_COMMITS_WITH = 1;

/**
 * Whether a broker takes the commits of Nuclio's Kafka trigger: Kafka 4 does not. Null where the broker can't be asked
 * from here, which says nothing of the cluster's own way to it.
 */
export async function brokerTakesCommits(address: string, timeoutMs = 3000): Promise<boolean | null> {
  const answer = await apiVersions(address, timeoutMs);
  if (answer === null) return null;
  const lowest = answer.get(OFFSET_COMMIT);
  return lowest === undefined ? null : lowest <= NUCLIO_COMMITS_WITH;
}

/** Lowest version of each request that a broker takes, by the request's number. */
function apiVersions(address: string, timeoutMs: number): Promise<ReadonlyMap<number, number> | null> {
  const match = /^(.*):(\d+)$/.exec(address);
  if (!match) return Promise.resolve(null);
  return new Promise((resolve) => {
    const socket = connect(Number(match[2]), match[1]?.replace(/^\[|\]$/g, "") ?? "");
    let got = Buffer.alloc(0);
    const end = (value: ReadonlyMap<number, number> | null): void => {
      socket.destroy();
      resolve(value);
    };
    socket.setTimeout(timeoutMs, () => end(null));
    socket.on("error", () => end(null));
    socket.on("close", () => resolve(null));
    socket.on("connect", () => socket.write(request()));
    socket.on("data", (chunk) => {
      got = Buffer.concat([got, chunk]);
      if (got.length >= 4 && got.length >= 4 + got.readInt32BE(0)) end(lowestVersions(got));
    });
  });
}

/** Version 0 of the request: length, its number, its version, a number of ours, our name. */
function request(): Buffer {
  const name = Buffer.from("graphcell");
  const body = Buffer.alloc(10);
  body.writeInt16BE(API_VERSIONS, 0);
  body.writeInt16BE(0, 2);
  body.writeInt32BE(1, 4);
  body.writeInt16BE(name.length, 8);
  const length = Buffer.alloc(4);
  length.writeInt32BE(body.length + name.length, 0);
  return Buffer.concat([length, body, name]);
}

/** The answer: length, our number, an error, and for each request its number, lowest and highest version. */
function lowestVersions(answer: Buffer): ReadonlyMap<number, number> | null {
  if (answer.length < 14 || answer.readInt16BE(8) !== 0) return null;
  const count = answer.readInt32BE(10);
  const found = new Map<number, number>();
  for (let i = 0; i < count && 14 + i * 6 + 6 <= answer.length; i++) {
    found.set(answer.readInt16BE(14 + i * 6), answer.readInt16BE(16 + i * 6));
  }
  return found;
}
