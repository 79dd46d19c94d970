/** How the client reaches a dashboard: authorities, proxies, prefixes, on real HTTP. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { type Authentication, Dashboard } from "@graphcell/core/nuclio";
import { ClusterHttp } from "@graphcell/kernel-bridge/node";
import type { StandInDashboard } from "../support/dashboard";
import { type Setup, quick, standInWithClient } from "../support/dashboard/client";
import { startProxy } from "../support/forward-proxy";

const TLS = join(__dirname, "../nuclio/tls");
const pem = (name: string): Buffer => readFileSync(join(TLS, name));

let standIn: StandInDashboard;
afterEach(() => standIn.stop());

async function set(setup: Setup = {}): Promise<Dashboard> {
  const made = await standInWithClient(setup);
  standIn = made.standIn;
  return made.dashboard;
}

describe("TLS, proxies and prefixes", () => {
  const server = { key: pem("server.key"), cert: pem("server.pem") };
  const ca = join(TLS, "ca.pem");

  test("an authority that is not known is told, and one that the connection names is taken", async () => {
    const dashboard = await set({ tls: server });
    await expect(dashboard.version()).rejects.toMatchObject({
      code: "GC_CLUSTER_TLS",
      message: expect.stringContaining("authority that is not known") as string,
    });
    await standIn.stop();
    expect(await (await set({ tls: server, connection: { ca } })).version()).toBe("latest");
  });

  test.each([
    ["expired", "has expired"],
    ["future", "is not valid yet"],
  ])("a certificate that is %s is told, with the clock as a reason", async (name, text) => {
    const tls = { key: pem("server.key"), cert: pem(`${name}.pem`) };
    const dashboard = await set({ tls, connection: { ca } });
    const failure = await dashboard.version().catch((error: unknown) => error);
    expect(String(failure)).toContain(text);
    expect(String(failure)).toContain("clock");
  });

  test("a client certificate is shown where one is asked for", async () => {
    const tls = { ...server, ca: pem("ca.pem"), requestCert: true, rejectUnauthorized: true };
    const without = await set({ tls, connection: { ca } });
    await expect(without.version()).rejects.toMatchObject({
      code: expect.stringMatching(/GC_CLUSTER_(TLS|LOST)/) as string,
    });
    await standIn.stop();
    const authentication: Authentication = {
      kind: "certificate",
      certificate: join(TLS, "client.pem"),
      key: join(TLS, "client.key"),
    };
    expect(await (await set({ tls, authentication, connection: { ca } })).version()).toBe("latest");
  });

  test("a file of certificates that is missing is named", async () => {
    const dashboard = await set({ tls: server, connection: { ca: "/nowhere/ca.pem" } });
    await expect(dashboard.version()).rejects.toMatchObject({
      message: expect.stringContaining("/nowhere/ca.pem") as string,
    });
  });

  test("a dashboard below a path is reached there", async () => {
    const dashboard = await set({ prefix: "/nuclio" });
    expect(dashboard.connection.url).toMatch(/\/nuclio$/);
    expect(await dashboard.version()).toBe("latest");
  });

  test.each([
    ["as they are", undefined, /^GET http:\/\/dashboard\.test/],
    ["in a tunnel where they are secret", server, /^CONNECT dashboard\.test/],
  ])("requests go through a proxy, %s", async (_name, tls, first) => {
    const proxy = await startProxy();
    try {
      const direct = await set(tls ? { tls } : {});
      const url = standIn.url.replace("localhost", "dashboard.test");
      const options = { ca: tls ? ca : null, proxy: proxy.url, authentication: { kind: "none" as const } };
      const through = new Dashboard({
        connection: { ...direct.connection, ...options, url },
        http: new ClusterHttp(options),
        clock: quick,
        headers: () => Promise.resolve({}),
      });
      expect(await through.version()).toBe("latest");
      expect(proxy.asked[0]).toMatch(first);
    } finally {
      await proxy.stop();
    }
  });
});
