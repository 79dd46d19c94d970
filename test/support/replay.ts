import {
  type Connection,
  Dashboard,
  type HttpAnswer,
  type HttpPort,
  type HttpRequest,
  explainAnswer,
  explainFunction,
  decodeFunction,
  type Explained,
  ClusterError,
} from "@graphcell/core/nuclio";
import { type RecordedAnswer, type RecordedExchange, recorded } from "./recorded";

export const CONNECTION: Connection = {
  name: "dev",
  url: "http://dashboard:8070",
  namespace: "nuclio",
  authentication: { kind: "none" },
  ca: null,
  proxy: null,
  project: null,
  functionHost: null,
  metrics: null,
};

/** A clock that jumps: nothing waits. */
export const jumpingClock = () => {
  let now = 0;
  return {
    now: () => now,
    random: () => 0.5,
    sleep: (ms: number) => {
      now += ms;
      return Promise.resolve();
    },
  };
};

export function bytesOf(answer: RecordedAnswer): Uint8Array {
  const text =
    answer.bodyText ?? (answer.body === undefined || answer.body === null ? "" : JSON.stringify(answer.body));
  return Buffer.from(text);
}

/** Answers every request as the recording did, its last answer again and again. */
export class ReplayPort implements HttpPort {
  readonly sent: HttpRequest[] = [];

  constructor(private readonly answers: readonly RecordedAnswer[]) {}

  send(request: HttpRequest): Promise<HttpAnswer> {
    const answer = this.answers[Math.min(this.sent.length, this.answers.length - 1)];
    this.sent.push(request);
    if (!answer) throw new Error("the recording has no answer");
    const headers = new Map(Object.entries(answer.headers));
    return Promise.resolve({ status: answer.status, headers, body: bytesOf(answer) });
  }

  async stream(
    request: HttpRequest,
    onChunk: (chunk: Uint8Array) => void,
  ): Promise<Omit<HttpAnswer, "body">> {
    const answer = await this.send(request);
    // One byte at a time: characters come in pieces.
    for (const byte of answer.body) onChunk(Uint8Array.of(byte));
    return answer;
  }
}

export function replayed(exchange: RecordedExchange): { dashboard: Dashboard; port: ReplayPort } {
  const port = new ReplayPort(exchange.answers);
  const dashboard = new Dashboard({
    connection: CONNECTION,
    http: port,
    clock: jumpingClock(),
    headers: () => Promise.resolve({}),
  });
  return { dashboard, port };
}

const WORDS: Explained = {
  name: "words",
  lines: [],
  steps: ["clean", "score"],
  calls: new Map([
    ["clean", "Clean"],
    ["score", "Score"],
  ]),
  queue: null,
};

/** Makes the client meet a recorded exchange as it would in use; gives what it tells a person, null when all is well. */
export async function meet(
  name: string,
): Promise<{ readonly sentence: string; readonly remedy: string } | null> {
  const exchange = recorded(name);
  const { dashboard } = replayed(exchange);
  try {
    return await met(dashboard, exchange);
  } catch (error) {
    if (!(error instanceof ClusterError)) throw error;
    return { sentence: error.message, remedy: error.remedy };
  }
}

async function met(
  dashboard: Dashboard,
  exchange: RecordedExchange,
): Promise<{ readonly sentence: string; readonly remedy: string } | null> {
  const { method, path, headers } = exchange.request;
  const parts = path.replace(/\?.*$/, "").split("/").slice(2);
  const body = exchange.request.body as { metadata?: { name?: string }; spec?: unknown } | undefined;
  const name = headers["x-nuclio-function-name"] ?? parts[1] ?? body?.metadata?.name ?? "";
  const last = exchange.answers[exchange.answers.length - 1];
  switch (`${method} ${parts[0] ?? ""}`) {
    case "GET functions":
      if (parts[2] === "replicas") await dashboard.replicas(name);
      else if (parts[2] === "logs" && path.includes("follow=false"))
        await dashboard.log(name, parts[3] ?? "", 100);
      else if (parts[2] === "logs")
        await dashboard.followLog(name, "r", "5m", () => undefined, {
          cancelled: false,
          onCancel: () => ({ dispose() {} }),
        });
      else if (parts[1] === undefined) await dashboard.functions(null);
      else await dashboard.function(name);
      break;
    case "POST functions":
    case "PUT functions":
      await dashboard.deploy(
        {
          metadata: { name: body?.metadata?.name ?? "", labels: { "nuclio.io/project-name": "rec-project" } },
          spec: {},
        },
        method === "POST" ? "create" : "update",
      );
      break;
    case "PATCH functions":
      await dashboard.setState(name, "ready");
      break;
    case "DELETE functions":
      await dashboard.delete(name);
      break;
    case "GET projects":
      if (parts[1] === undefined) await dashboard.projects();
      else await dashboard.hasProject(parts[1]);
      break;
    case "POST projects":
      await dashboard.createProject(body?.metadata?.name ?? "", "");
      break;
    case "GET frontend_spec":
      await dashboard.frontendSpec();
      break;
    case "GET versions":
      await dashboard.version();
      break;
    case "GET api_gateways":
      await dashboard.gateways("rec-project");
      break;
    case "POST api_gateways":
      await dashboard.setGateway("g", "rec-project", {}, false);
      break;
    default:
      if (parts[0] === "function_invocations") {
        const answer = await dashboard.invoke(name, { method: "POST", path: "/", headers: {}, body: null });
        if (answer.status < 400) return null;
        return explainAnswer(answer.status, Buffer.from(answer.body).toString(), WORDS);
      }
      if (last && last.status >= 400 && !path.startsWith("/api/")) {
        return explainAnswer(last.status, Buffer.from(bytesOf(last)).toString(), WORDS);
      }
      return null;
  }
  const deployed = decodeFunction(last?.body);
  if (deployed && ["error", "unhealthy"].includes(deployed.state)) return explainFunction(deployed, WORDS);
  return null;
}
