/** The client on real HTTP, against the stand-in dashboard: oddities of the real one, and all that may go wrong. */
import { CancelSource } from "@graphcell/core";
import {
  type Authentication,
  Dashboard,
  type DeploymentPlan,
  type PushProgress,
  type PushResult,
  callFunction,
  preflight,
  pushDeployment,
} from "@graphcell/core/nuclio";
import { ClusterHttp } from "@graphcell/kernel-bridge/node";
import type { StandInDashboard } from "../support/dashboard";
import { SECRET, type Setup, quick, standInWithClient } from "../support/dashboard/client";
import { planOf } from "../support/deployment";

let standIn: StandInDashboard;
afterEach(() => standIn.stop());

async function set(setup: Setup = {}): Promise<Dashboard> {
  const made = await standInWithClient(setup);
  standIn = made.standIn;
  return made.dashboard;
}

interface Pushed {
  readonly result: PushResult;
  readonly progress: readonly PushProgress[];
}

async function push(
  dashboard: Dashboard,
  plan: (addresses: ReadonlyMap<string, string>) => DeploymentPlan,
  more: Partial<Parameters<typeof pushDeployment>[0]> = {},
): Promise<Pushed> {
  const progress: PushProgress[] = [];
  const result = await pushDeployment({
    dashboard,
    plan,
    id: "push-1",
    onProgress: (p) => progress.push(p),
    ...more,
  });
  return { result, progress };
}

const deployments = (): number => standIn.functions.accepted.length;
const one = () => planOf("line");
const two = () => planOf("two");

describe("a push", () => {
  test("creates the function, follows it to ready and tells each log line once", async () => {
    const { result, progress } = await push(await set(), one);
    expect(result).toMatchObject({ ok: true, summary: 'Ready: "words".' });
    const lines = progress.flatMap((p) => p.logs.map((line) => line.message));
    expect(lines).toEqual([...new Set(lines)]);
    expect(lines[0]).toBe("Deploying function");
    expect(lines).toContain("Build complete");
    expect(progress.map((p) => p.phase).filter((phase, i, all) => phase !== all[i - 1])).toEqual([
      "sending",
      "building",
      "starting",
      "ready",
    ]);
  });

  test("updates what is there, and does nothing for what is as it is written", async () => {
    const dashboard = await set();
    await push(dashboard, one);
    const again = await push(dashboard, one);
    expect(again.result.functions[0].phase).toBe("unchanged");
    expect(deployments()).toBe(1);
    const changed = await push(dashboard, () => planOf("line", { defaults: { env: { A: "1" } } }));
    expect(changed.result.ok).toBe(true);
    expect(standIn.seen.filter((r) => r.method === "PUT")).toHaveLength(1);
    expect((await push(dashboard, one, { force: true })).result.functions[0].phase).toBe("ready");
  });

  test("sends children first, and the parent only when they are up", async () => {
    const dashboard = await set();
    standIn.functions.endings.set("words-scorer", "075-import-fails-poll");
    const { result } = await push(dashboard, two);
    expect(result.ok).toBe(false);
    expect(result.functions.map((f) => [f.name, f.phase])).toEqual([
      ["words-scorer", "failed"],
      ["words", "waiting"],
    ]);
    expect(result.functions[0].explanation?.sentence).toContain('has no module "no_such_module"');
    expect(result.summary).toContain('Not sent: "words"');
    standIn.functions.endings.delete("words-scorer");
    const fixed = await push(dashboard, two);
    expect(fixed.result.summary).toBe('Ready: "words-scorer", "words".');
  });

  test("redeploys one function of several alone", async () => {
    const dashboard = await set();
    await push(dashboard, two);
    const { result } = await push(dashboard, two, { only: ["scorer"], force: true });
    expect(result.functions.map((f) => f.name)).toEqual(["words-scorer"]);
    expect(deployments()).toBe(3);
  });

  test("a failure tells cell and line", async () => {
    const dashboard = await set();
    standIn.functions.endings.set("words", "075-import-fails-poll");
    const { result } = await push(dashboard, one);
    expect(result.functions[0].explanation).toMatchObject({ place: { cell: 0, line: 1 } });
    expect(result.functions[0].explanation?.raw).not.toMatch(new RegExp(String.fromCharCode(27)));
  });

  test("a name that another project has is refused before anything is sent", async () => {
    const dashboard = await set();
    standIn.projects.add("other");
    await push(dashboard, () => planOf("line", { project: "other" }));
    const { result } = await push(dashboard, one);
    expect(result.functions[0].explanation?.sentence).toContain('taken by a function of project "other"');
    expect(deployments()).toBe(1);
  });

  test("a version that somebody else wrote in between is not overwritten unasked", async () => {
    const dashboard = await set();
    standIn.functions.versions = true;
    await push(dashboard, one);
    const read = standIn.functions.get.bind(standIn.functions);
    standIn.functions.get = (name) => {
      const answer = read(name);
      const record = standIn.functions.records.get(name);
      if (record) record.version++;
      return answer;
    };
    const changed = (): DeploymentPlan => planOf("line", { defaults: { env: { A: "1" } } });
    const { result } = await push(dashboard, changed);
    expect(result.functions[0].explanation?.sentence).toBe(
      'Somebody else changed function "words" since it was read.',
    );
    expect((await push(dashboard, changed, { overwrite: true })).result.ok).toBe(true);
  });

  test("waits while the same function is being provisioned", async () => {
    const dashboard = await set();
    await push(dashboard, one, { wait: false });
    const changed = await push(dashboard, () => planOf("line", { defaults: { env: { A: "1" } } }));
    expect(changed.result.ok).toBe(true);
    expect(changed.progress.some((p) => p.note?.includes("being deployed right now"))).toBe(true);
    expect(deployments()).toBe(2);
  });

  test("can be left, and found again", async () => {
    const dashboard = await set();
    const cancel = new CancelSource();
    const { result } = await push(dashboard, one, {
      cancel,
      onProgress: (p) => p.phase === "building" && cancel.cancel(),
    });
    expect(result).toMatchObject({ cancelled: true, ok: false });
    expect(result.functions[0].phase).toBe("left");
    const found = await push(dashboard, one, { force: true });
    expect(found.result.ok).toBe(true);
  });

  test("keeps what a function was before it is overwritten", async () => {
    const dashboard = await set();
    const saved: string[] = [];
    const history = {
      save: (before: { name: string; state: string }) => Promise.resolve(void saved.push(before.state)),
    };
    await push(dashboard, one, { history });
    await push(dashboard, one, { history, force: true });
    expect(saved).toEqual(["ready"]);
  });
});

describe("connections that fail", () => {
  test("a connection that breaks after the cluster got the function makes no second deployment", async () => {
    const dashboard = await set();
    standIn.fail({ method: "POST", fault: { kind: "lose" } });
    const { result, progress } = await push(dashboard, one);
    expect(result.ok).toBe(true);
    expect(deployments()).toBe(1);
    expect(progress.some((p) => p.note?.includes("broke before it answered"))).toBe(true);
  });

  test("one that breaks before is sent again", async () => {
    const dashboard = await set();
    standIn.fail({ method: "POST", fault: { kind: "drop" } });
    expect((await push(dashboard, one)).result.ok).toBe(true);
    expect(deployments()).toBe(1);
  });

  test("a dashboard that restarts while it is polled is waited for", async () => {
    const dashboard = await set();
    let restarted = false;
    const { result } = await push(dashboard, one, {
      onProgress: (p) => {
        if (p.phase !== "building" || restarted) return;
        restarted = true;
        void standIn
          .down()
          .then(() => new Promise((r) => setTimeout(r, 20)))
          .then(() => standIn.up());
      },
    });
    expect(restarted).toBe(true);
    expect(result.ok).toBe(true);
    expect(deployments()).toBe(1);
  });

  test("a burst of 5xx and answers that end in their middle are got over", async () => {
    const dashboard = await set();
    standIn.fail({ method: "GET", times: 3, fault: { kind: "answer", status: 503 } });
    standIn.fail({ method: "GET", path: "/api/functions", fault: { kind: "cut" } });
    standIn.fail({ method: "POST", fault: { kind: "answer", status: 502 } });
    expect((await push(dashboard, one)).result.ok).toBe(true);
    expect(deployments()).toBe(1);
  });

  test("a 500 that timed out waiting goes on all the same", async () => {
    const dashboard = await set();
    const deploy = standIn.functions.deploy.bind(standIn.functions);
    standIn.functions.deploy = (...args) => {
      deploy(...args);
      return { status: 500, body: { error: "Timed out waiting for creation state to be set" } };
    };
    expect((await push(dashboard, one)).result.ok).toBe(true);
    expect(deployments()).toBe(1);
  });

  test("no answer at all is given up in time", async () => {
    const dashboard = await set();
    const slow = new Dashboard({
      connection: dashboard.connection,
      clock: quick,
      headers: () => Promise.resolve({}),
      http: {
        send: (request) => new ClusterHttp(dashboard.connection).send({ ...request, timeoutMs: 30 }),
        stream: () => Promise.reject(new Error("not used")),
      },
    });
    standIn.fail({ times: 9, fault: { kind: "hang" } });
    await expect(slow.version()).rejects.toMatchObject({ code: "GC_CLUSTER_TIMEOUT" });
  });

  test("writes are never repeated by the client itself", async () => {
    const dashboard = await set();
    standIn.fail({ method: "PATCH", fault: { kind: "lose" } });
    await push(dashboard, one);
    await expect(dashboard.setState("words", "ready")).rejects.toMatchObject({ code: "GC_CLUSTER_LOST" });
    expect(standIn.seen.filter((r) => r.method === "PATCH")).toHaveLength(1);
  });

  test("nobody listens, and a host that is not known", async () => {
    const dashboard = await set();
    await standIn.down();
    await expect(dashboard.version()).rejects.toMatchObject({ code: "GC_CLUSTER_UNREACHABLE" });
    const lost = new Dashboard({
      connection: { ...dashboard.connection, url: "http://no-such-host.invalid" },
      http: new ClusterHttp(dashboard.connection),
      clock: quick,
      headers: () => Promise.resolve({}),
    });
    await expect(lost.version()).rejects.toMatchObject({ code: "GC_CLUSTER_UNREACHABLE" });
  });
});

describe("who the user is", () => {
  const header = (name: string, value: string) => (headers: Readonly<Record<string, string>>) =>
    headers[name] === value;

  test.each<[string, Authentication, string, string]>([
    ["bearer", { kind: "bearer" }, "authorization", `Bearer ${SECRET}`],
    [
      "basic",
      { kind: "basic", username: "me" },
      "authorization",
      `Basic ${Buffer.from(`me:${SECRET}`).toString("base64")}`,
    ],
    ["header", { kind: "header", header: "X-Token" }, "x-token", SECRET],
    ["cookie", { kind: "cookie", cookie: "session" }, "cookie", `session=${SECRET}`],
  ])("is proved by %s", async (_name, authentication, name, value) => {
    const dashboard = await set({ authentication, requires: header(name, value) });
    expect(await dashboard.functions(null)).toEqual([]);
    expect(await dashboard.version()).toBe("latest");
  });

  test("a refusal without a body is told, and its secret is nowhere in it", async () => {
    const dashboard = await set({ authentication: { kind: "bearer" }, requires: () => false });
    const failure = await dashboard.functions(null).catch((error: unknown) => error);
    expect(failure).toMatchObject({ code: "GC_CLUSTER_AUTH" });
    expect(JSON.stringify(failure) + String(failure)).not.toContain(SECRET);
  });

  test.each([
    [{ kind: "answer" as const, status: 302, headers: { location: "https://sso.example/login?from=x" } }],
    [{ kind: "answer" as const, status: 200, body: "<!doctype html><title>Sign in</title>" }],
  ])("a login page is named as such (%#)", async (fault) => {
    const dashboard = await set();
    standIn.fail({ times: 9, fault });
    await expect(dashboard.functions(null)).rejects.toMatchObject({ code: "GC_CLUSTER_LOGIN" });
  });

  test("a page that is no login is named too", async () => {
    const dashboard = await set();
    standIn.fail({
      times: 9,
      fault: { kind: "answer", status: 200, body: "<html><title>Welcome to nginx!</title>" },
    });
    await expect(dashboard.functions(null)).rejects.toMatchObject({ code: "GC_CLUSTER_NOT_NUCLIO" });
  });

  test("credentials never reach a function", async () => {
    const dashboard = await set({ authentication: { kind: "bearer" } });
    await push(dashboard, one);
    const deployed = await dashboard.function("words");
    if (!deployed) throw new Error("no function");
    let got: Readonly<Record<string, string>> = {};
    standIn.answerCall = (call) => {
      got = call.headers;
      return { status: 200, body: {} };
    };
    const call = {
      method: "POST",
      path: "/",
      headers: { "content-type": "application/json" },
      body: Buffer.from("{}"),
    };
    const http = new ClusterHttp(dashboard.connection);
    const answer = await callFunction(dashboard, http, deployed, call);
    expect(answer.status).toBe(200);
    expect(got["authorization"]).toBeUndefined();
    const hidden = { ...deployed, externalUrls: [] };
    await expect(callFunction(dashboard, http, hidden, call)).rejects.toMatchObject({
      code: "GC_CLUSTER_CREDENTIALS",
    });
  });
});

describe("the dashboard's oddities", () => {
  test("what it accepts has an empty body, and an empty collection is an object", async () => {
    const dashboard = await set();
    expect(await dashboard.functions("default")).toEqual([]);
    expect(await dashboard.function("nothing")).toBeNull();
  });

  test("deleting what is not there is well", async () => {
    const dashboard = await set();
    await expect(dashboard.delete("nothing")).resolves.toBeUndefined();
  });

  test("what is being built is deleted only by force", async () => {
    const dashboard = await set();
    await push(dashboard, one, { wait: false });
    await expect(dashboard.delete("words")).rejects.toMatchObject({ code: "GC_CLUSTER_BUSY" });
    await dashboard.delete("words", true);
    expect(await dashboard.function("words")).toBeNull();
  });

  test("one line of a log is asked for as two: one would be read as yes", async () => {
    const dashboard = await set();
    await push(dashboard, one);
    standIn.log = "a\nb\nc\nd\n";
    expect(await dashboard.log("words", "nuclio-words", 1)).toBe("c\nd\n");
  });

  test("a followed log comes as it is written, characters whole, until it is left", async () => {
    const dashboard = await set();
    await push(dashboard, one);
    standIn.log = "first\n";
    const cancel = new CancelSource();
    let text = "";
    const following = dashboard.followLog(
      "words",
      "nuclio-words",
      "5m",
      (more) => {
        text += more;
        if (text === "first\n") standIn.write("größer\n");
        if (text.endsWith("größer\n")) cancel.cancel();
      },
      cancel,
    );
    await following.catch((error: unknown) => expect(error).toMatchObject({ code: "GC_CANCELLED" }));
    expect(text).toBe("first\ngrößer\n");
  });

  test("preflight tells a missing project, a quote and a size that the local platform can't take", async () => {
    const dashboard = await set();
    const plan = planOf("line", {
      project: "nobody",
      defaults: { env: { A: "it's", B: "x".repeat(100_000) } },
    });
    const { hasProject, problems, facts } = await preflight(dashboard, plan);
    expect(hasProject).toBe(false);
    expect(facts).toMatchObject({ version: "latest", platform: "local" });
    expect(problems.map((p) => p.code).sort()).toEqual([
      "deploy-no-project",
      "deploy-quote",
      "deploy-too-large",
    ]);
  });

  test("preflight knows a function that was deployed by somebody else", async () => {
    const dashboard = await set();
    const { config } = one().functions[0];
    await dashboard.deploy({ ...config, metadata: { ...config.metadata, annotations: {} } }, "create");
    const { problems } = await preflight(dashboard, one());
    expect(problems.map((p) => p.code).sort()).toEqual(["deploy-busy", "deploy-foreign"]);
  });
});
