import {
  type Fetch,
  type PyMap,
  type PyValue,
  decodeUtf8,
  dict,
  dumpJson,
  encodeUtf8,
  parseJson,
} from "@graphcell/core";

interface Answer {
  readonly status: number;
  readonly type: string;
  readonly body: string;
}

/** The recorder's local test server, without a network: the same paths, the same answers, the same log. */
export class HttpServer {
  readonly log: PyMap[] = [];
  private readonly tries = new Map<string, number>();

  readonly fetch: Fetch = (request) => {
    const url = /^https?:\/\/[^/]+(.*)$/.exec(request.url);
    const path = url?.[1] || "/";
    const body = request.body ? (decodeUtf8(request.body) ?? "") : "";
    const kept = [...request.headers]
      .map(([name, value]) => [name.toLowerCase(), value] as const)
      .filter(([name]) => name.startsWith("mlrun") || name.startsWith("x-") || name === "content-type")
      .sort(([a], [b]) => (a < b ? -1 : 1));
    this.log.push(dict({ method: request.method, path, headers: new Map<PyValue, PyValue>(kept), body }));
    if (path.startsWith("/slow") && request.timeoutMs !== null && request.timeoutMs < 1000) {
      return Promise.reject(Object.assign(new Error("timed out"), { name: "TimeoutError" }));
    }
    const { status, type, body: out } = this.answer(request.method, path, body);
    return Promise.resolve({ status, headers: new Map([["content-type", type]]), body: encodeUtf8(out) });
  };

  private answer(method: string, path: string, body: string): Answer {
    const parts = path
      .split("?")[0]
      .replace(/^\/+|\/+$/g, "")
      .split("/");
    const json = (value: PyValue): Answer => ({
      status: 200,
      type: "application/json",
      body: dumpJson(value),
    });
    const text = (words: string, status = 200): Answer => ({ status, type: "text/plain", body: words });
    switch (parts[0]) {
      case "status":
        return text(`status ${parts[1]}`, Number(parts[1]));
      case "flaky": {
        const tries = (this.tries.get(path) ?? 0) + 1;
        this.tries.set(path, tries);
        return tries <= Number(parts[1]) ? text("try again", 503) : json(dict({ attempts: tries }));
      }
      case "text":
        return text("plain words");
      case "textjson":
        return text('{"sent_as": "text"}');
      case "empty":
        return text("");
      case "slow":
        return json(dict({ slow: true }));
      case "double":
        return json(double(parseJson(body)));
      default:
        return json(dict({ method, path, body: body === "" ? null : jsonOrText(body) }));
    }
  }
}

function jsonOrText(body: string): PyValue {
  try {
    return parseJson(body);
  } catch {
    return body;
  }
}

/** Python's `value * 2`. */
function double(value: PyValue): PyValue {
  if (Array.isArray(value)) return [...value, ...value];
  if (typeof value === "number") return value * 2;
  return typeof value === "string" ? value + value : value;
}
