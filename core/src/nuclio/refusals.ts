import { cleanLog } from "./clean-log";
import { ClusterError, type TransportError } from "./http";

/** What a request was about, for sentences. */
export interface Asked {
  readonly connection: string;
  /** For example `deploy function "words"`, behind "could not". */
  readonly action: string;
  readonly name?: string;
  readonly project?: string | null;
}

interface Row {
  readonly status?: number;
  readonly says: RegExp;
  readonly code: string;
  readonly message: (asked: Asked, match: RegExpExecArray) => string;
  readonly remedy: string;
}

const fn = (asked: Asked): string => `Function "${asked.name ?? ""}"`;

/** What the dashboard says, and what it means. The texts are those of Nuclio 1.14; the first row that fits holds. */
const ROWS: readonly Row[] = [
  {
    says: /same name/i,
    code: "GC_CLUSTER_EXISTS",
    message: (a) => `${fn(a)} exists already.`,
    remedy: "Push again to update it, or choose another name.",
  },
  {
    says: /resource version is stale/i,
    code: "GC_CLUSTER_STALE",
    message: (a) => `Somebody else changed ${fn(a).toLowerCase()} since it was read.`,
    remedy: "Look at the difference, then push again.",
  },
  {
    says: /being provisioned/i,
    code: "GC_CLUSTER_BUSY",
    message: (a) => `${fn(a)} is being deployed right now, so it can't be changed.`,
    remedy: "Wait until that deployment has ended.",
  },
  {
    says: /Project does not exist|Project not found/i,
    code: "GC_CLUSTER_NO_PROJECT",
    message: (a) => `There is no project "${a.project ?? ""}" in the cluster.`,
    remedy: "Make it (graphcell deploy --create-project), or name another one.",
  },
  {
    says: /Project contains (functions|api gateways)/i,
    code: "GC_CLUSTER_NOT_EMPTY",
    message: (a) => `Project "${a.project ?? a.name ?? ""}" still has functions or gateways.`,
    remedy: "Delete these first.",
  },
  {
    says: /Project name must adhere/i,
    code: "GC_CLUSTER_NAME",
    message: (a) => `"${a.project ?? a.name ?? ""}" can't be the name of a project.`,
    remedy: "Use lower-case letters, digits and dashes, beginning and ending with a letter or digit.",
  },
  {
    says: /naming convention/i,
    code: "GC_CLUSTER_NAME",
    message: (a) => `"${a.name ?? ""}" can't be the name of a function.`,
    remedy: "Use lower-case letters, digits and dashes, at most 56 of them.",
  },
  {
    says: /name must be provided/i,
    code: "GC_CLUSTER_NAME",
    message: () => "The request named no function.",
    remedy: "Give the function a name.",
  },
  {
    says: /Unsupported runtime(?: name)?:? ?"?([\w.:-]*)/i,
    code: "GC_CLUSTER_RUNTIME",
    message: (_, m) => `The cluster has no runtime "${m[1] ?? ""}".`,
    remedy:
      "Set runtime to one that it has, for example python:3.11 or nodejs; older clusters have older Pythons.",
  },
  {
    says: /more than one http trigger/i,
    code: "GC_CLUSTER_TRIGGERS",
    message: (a) => `${fn(a)} has two http triggers; Nuclio takes one.`,
    remedy: "Leave one of them out; settings of the default one go under http.",
  },
  {
    says: /Trigger key and name mismatch \((.*?)\)/i,
    code: "GC_CLUSTER_TRIGGERS",
    message: (_, m) => `A trigger has another name than its key (${m[1] ?? ""}).`,
    remedy: "Leave the name out: the key is the name.",
  },
  {
    says: /Explicit ack mode is not allowed/i,
    code: "GC_CLUSTER_TRIGGERS",
    message: () =>
      "Explicit acknowledgement works with workerAllocationMode static only, and the trigger says pool.",
    remedy: "Set workerAllocationMode: static, or acknowledge: disable.",
  },
  {
    says: /Min replicas must be less/i,
    code: "GC_CLUSTER_REPLICAS",
    message: (a) => `${fn(a)} has a minReplicas above its maxReplicas.`,
    remedy: "Correct one of them.",
  },
  {
    says: /must have either spec\.build\.path/i,
    code: "GC_CLUSTER_NO_SOURCE",
    message: (a) => `${fn(a)} was sent without source and image.`,
    remedy: "Give it a source, or an image to run.",
  },
  {
    says: /Timed out waiting for creation state/i,
    code: "GC_CLUSTER_SLOW",
    message: (a) =>
      `The cluster took too long to note the deployment of ${fn(a).toLowerCase()}; it may go on all the same.`,
    remedy: "Look at its state before you push again.",
  },
  {
    says: /No image field in function config/i,
    code: "GC_CLUSTER_NO_IMAGE",
    message: (a) => `${fn(a)} was never built, so it can't be started again without a build.`,
    remedy: "Push it.",
  },
  {
    says: /Unsupported desired state/i,
    code: "GC_CLUSTER_STATE",
    message: () => "A function can be asked to be ready or scaled to zero, nothing else.",
    remedy: "Ask for one of these.",
  },
  {
    says: /Invocation URL is required/i,
    code: "GC_CLUSTER_NO_ADDRESS",
    message: (a) => `${fn(a)} has no address: it is being built, has failed, or is switched off.`,
    remedy: "Look at its state and its log.",
  },
  {
    says: /Invalid function url (\S+)/i,
    code: "GC_CLUSTER_NO_ADDRESS",
    message: (a, m) => `${m[1] ?? "The address"} is no address of ${fn(a).toLowerCase()}.`,
    remedy: "Take one of those that its status lists.",
  },
  {
    says: /Invalid invoke timeout/i,
    code: "GC_CLUSTER_TIMEOUT_FORM",
    message: () => "The timeout of the call could not be read; the function was called all the same.",
    remedy: "Write it as a Go duration such as 30s.",
  },
  {
    says: /connection refused/i,
    code: "GC_CLUSTER_DEAD",
    message: (a) =>
      `${fn(a)} does not answer at its address: its process is gone, though its state may not say so yet.`,
    remedy: "Look at its log, and deploy it again.",
  },
  {
    says: /deadline exceeded|Client\.Timeout/i,
    code: "GC_CLUSTER_TIMEOUT",
    message: (a) => `${fn(a)} did not answer in time.`,
    remedy: "Give the call a longer timeout, or find out which step takes so long.",
  },
  {
    says: /Can't encode item/i,
    code: "GC_CLUSTER_NODE_BODY",
    message: (a) => `${fn(a)} ended: Nuclio's nodejs runtime takes no body of more than about 48 KiB.`,
    remedy: "Deploy it again; send smaller events, or set native: false so that it runs in Python.",
  },
  {
    says: /replica does not belong/i,
    code: "GC_CLUSTER_REPLICA",
    message: (a) => `That replica of ${fn(a).toLowerCase()} is gone.`,
    remedy: "Ask for the replicas again: each deployment and each scaling makes new ones.",
  },
  {
    status: 404,
    says: /Function not found/i,
    code: "GC_CLUSTER_NOT_FOUND",
    message: (a) => `There is no function "${a.name ?? ""}" in the cluster.`,
    remedy: "See which there are with graphcell list.",
  },
  {
    status: 404,
    says: /page not found/i,
    code: "GC_CLUSTER_NOT_NUCLIO",
    message: (a) =>
      `What answers at the address of connection "${a.connection}" does not know this request: it is no Nuclio dashboard, an old one, or one below another path.`,
    remedy: "Check the address; behind an ingress it may need a path prefix.",
  },
  {
    status: 501,
    says: /Unsupported method/i,
    code: "GC_CLUSTER_UNSUPPORTED",
    message: () =>
      "This cluster's platform has no such thing: API gateways, scaling and ingresses are for Kubernetes.",
    remedy: "Leave it out of graphcell.deploy.yaml for this cluster.",
  },
  {
    status: 400,
    says: /invalid character|cannot unmarshal|unexpected end of JSON/i,
    code: "GC_CLUSTER_BAD_REQUEST",
    message: () => "The dashboard could not read what was sent.",
    remedy: "Check the free-form parts of graphcell.deploy.yaml against Nuclio's reference.",
  },
];

const LOGIN = "Check the connection's authentication, and that its secret is set and has not expired.";

/** What an answer with a status of 400 or more means. `text` is the dashboard's own text, empty where it gave none. */
export function refusal(status: number, text: string, asked: Asked): ClusterError {
  const raw = cleanLog(text);
  for (const row of ROWS) {
    if (row.status !== undefined && row.status !== status) continue;
    const match = row.says.exec(raw);
    if (match) return new ClusterError(row.code, row.message(asked, match), row.remedy, status, raw);
  }
  const { message, remedy, code } = byStatus(status, raw, asked);
  return new ClusterError(code, message, remedy, status, raw);
}

function byStatus(
  status: number,
  raw: string,
  asked: Asked,
): { readonly code: string; readonly message: string; readonly remedy: string } {
  const said = raw === "" ? "" : `: ${raw.split("\n")[0] ?? ""}`;
  const connection = `connection "${asked.connection}"`;
  switch (status) {
    case 401:
      return {
        code: "GC_CLUSTER_AUTH",
        message: `The cluster of ${connection} refused who you are${said}.`,
        remedy: LOGIN,
      };
    case 403:
      return {
        code: "GC_CLUSTER_FORBIDDEN",
        message: `You may not ${asked.action} in the cluster of ${connection}${said}.`,
        remedy: "Ask its administrator, or take another project or connection.",
      };
    case 404:
      return {
        code: "GC_CLUSTER_NOT_FOUND",
        message: `The cluster of ${connection} has nothing there: could not ${asked.action}${said}.`,
        remedy: "Check the name and the project.",
      };
    case 405:
      return {
        code: "GC_CLUSTER_UNSUPPORTED",
        message: `The dashboard does not take this request: could not ${asked.action}.`,
        remedy: "Its version may differ; graphcell list shows it.",
      };
    case 413:
      return {
        code: "GC_CLUSTER_TOO_LARGE",
        message: `What was sent is too large for the cluster of ${connection}.`,
        remedy: "Make the source smaller, or have the ingress in front of it take larger bodies.",
      };
    case 429:
    case 502:
    case 503:
    case 504:
      return {
        code: "GC_CLUSTER_UNAVAILABLE",
        message: `The dashboard of ${connection} is not available at the moment (HTTP ${status})${said}.`,
        remedy: "Try again in a while; it may be starting.",
      };
    default:
      return {
        code: status >= 500 ? "GC_CLUSTER_SERVER" : "GC_CLUSTER_REFUSED",
        message: `The cluster could not ${asked.action} (HTTP ${status})${said}.`,
        remedy: raw === "" ? "It gave no reason; its own log may have one." : "See what it said.",
      };
  }
}

/** An answer that is a page for a browser, where JSON was asked for: nearly always a login. */
export function htmlAnswer(status: number, text: string, asked: Asked): ClusterError {
  const title = /<title[^>]*>([^<]{1,80})/i.exec(text)?.[1]?.trim() ?? "";
  const login = /log ?in|sign ?in|password|auth/i.test(text.slice(0, 20_000));
  const page = title === "" ? "a web page" : `the page "${title}"`;
  return new ClusterError(
    login ? "GC_CLUSTER_LOGIN" : "GC_CLUSTER_NOT_NUCLIO",
    login
      ? `Connection "${asked.connection}" leads to ${page}, a login: the cluster does not know you.`
      : `At the address of connection "${asked.connection}" is ${page}, not a Nuclio dashboard's API.`,
    login ? LOGIN : "Check the address and its path.",
    status,
  );
}

export function redirectAnswer(status: number, to: string, asked: Asked): ClusterError {
  const where = to.replace(/[?#].*$/, "");
  return new ClusterError(
    "GC_CLUSTER_LOGIN",
    `Connection "${asked.connection}" sends on to ${where === "" ? "another page" : where}, most likely a login.`,
    LOGIN,
    status,
  );
}

/** No answer at all. */
export function unreachable(error: TransportError, asked: Asked): ClusterError {
  const cluster = `the dashboard of connection "${asked.connection}"`;
  const rows: Readonly<Record<TransportError["kind"], readonly [string, string, string]>> = {
    refused: [
      "GC_CLUSTER_UNREACHABLE",
      `Nothing listens at the address of ${cluster}.`,
      "Check host and port, and that the dashboard runs.",
    ],
    "unknown-host": [
      "GC_CLUSTER_UNREACHABLE",
      `The host of ${cluster} is not known here.`,
      "Check its name; a VPN may be needed.",
    ],
    timeout: [
      "GC_CLUSTER_TIMEOUT",
      `There was no answer in time from ${cluster}.`,
      "Try again; a firewall or VPN may be in the way.",
    ],
    tls: [
      "GC_CLUSTER_TLS",
      `There is no secure connection to ${cluster}: ${error.message}.`,
      "Name the file of its certificate authority as ca in the connection; check your clock if the certificate is said not to be valid yet or any more.",
    ],
    cut: ["GC_CLUSTER_CUT", `The answer of ${cluster} ended in its middle.`, "Try again."],
    lost: ["GC_CLUSTER_LOST", `The connection to ${cluster} broke before it answered.`, "Try again."],
    proxy: [
      "GC_CLUSTER_PROXY",
      `The proxy in front of ${cluster} refused: ${error.message}.`,
      "Check the connection's proxy.",
    ],
    cancelled: ["GC_CANCELLED", `Cancelled: could not ${asked.action}.`, ""],
    other: [
      "GC_CLUSTER_UNREACHABLE",
      `There is no connection to ${cluster}: ${error.message}.`,
      "Check the address.",
    ],
  };
  const [code, message, remedy] = rows[error.kind];
  return new ClusterError(code, message, remedy, 0, "", error.kind);
}
