import { type AddressInfo, type Server, createServer } from "node:net";
import { brokerTakesCommits } from "@graphcell/kernel-bridge/node";

let server: Server;
afterEach(() => void server.close());

/** A broker that answers which requests it takes: their numbers and lowest versions. */
async function broker(lowest: Readonly<Record<number, number>>, error = 0): Promise<string> {
  server = createServer((socket) => {
    socket.once("data", (asked) => {
      const rows = Object.entries(lowest);
      const answer = Buffer.alloc(14 + rows.length * 6);
      answer.writeInt32BE(answer.length - 4, 0);
      answer.writeInt32BE(asked.readInt32BE(8), 4);
      answer.writeInt16BE(error, 8);
      answer.writeInt32BE(rows.length, 10);
      rows.forEach(([number, version], i) => {
        answer.writeInt16BE(Number(number), 14 + i * 6);
        answer.writeInt16BE(version, 16 + i * 6);
        answer.writeInt16BE(9, 18 + i * 6);
      });
      // In two pieces, as a network may deliver it.
      socket.write(answer.subarray(0, 5), () => socket.write(answer.subarray(5)));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return `127.0.0.1:${String((server.address() as AddressInfo).port)}`;
}

test("a broker before Kafka 4 takes the commits of Nuclio's trigger", async () => {
  expect(await brokerTakesCommits(await broker({ 0: 0, 8: 0, 18: 0 }))).toBe(true);
});

test("Kafka 4 does not", async () => {
  expect(await brokerTakesCommits(await broker({ 0: 3, 8: 2, 18: 0 }))).toBe(false);
});

test("a broker that can't be asked says nothing", async () => {
  expect(await brokerTakesCommits(await broker({ 8: 0 }, 35))).toBeNull();
  expect(await brokerTakesCommits("127.0.0.1:1")).toBeNull();
  expect(await brokerTakesCommits("no address")).toBeNull();
});

test("one that never answers is given up", async () => {
  server = createServer(() => undefined);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  expect(await brokerTakesCommits(`127.0.0.1:${String(port)}`, 50)).toBeNull();
});
