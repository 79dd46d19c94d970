import type { CancelToken } from "../lifetime";
import { never } from "../lifetime";
import type { Dashboard, Invocation, InvocationAnswer } from "./dashboard";
import type { DeployedFunction } from "./function-state";
import { ClusterError, type HttpPort, TransportError } from "./http";
import { unreachable } from "./refusals";

/** How a function was called: straight at an address of its own, or through the dashboard. */
export interface CalledAnswer extends InvocationAnswer {
  readonly via: string;
}

/**
 * Calls a function: straight at one of its addresses where this machine reaches one, else through the dashboard. The
 * user's credentials never go with it. Rejects with `ClusterError` where no answer of the function comes.
 */
export async function callFunction(
  dashboard: Dashboard,
  http: HttpPort,
  deployed: DeployedFunction,
  call: Invocation,
  cancel: CancelToken = never,
): Promise<CalledAnswer> {
  for (const address of addressesOf(deployed, dashboard)) {
    const answer = await tryAddress(http, address, call, cancel);
    if (answer !== null) return { ...answer, via: address };
  }
  try {
    return { ...(await dashboard.invoke(deployed.name, call, cancel)), via: "dashboard" };
  } catch (error) {
    if (error instanceof TransportError) {
      throw unreachable(error, { connection: dashboard.connection.name, action: `call "${deployed.name}"` });
    }
    throw error;
  }
}

/** Addresses of a function that may be reached from outside, with a scheme. */
export function addressesOf(deployed: DeployedFunction, dashboard: Dashboard): readonly string[] {
  const { functionHost, url } = dashboard.connection;
  const host = functionHost ?? /^\w+:\/\/(\[[^\]]+\]|[^/:]+)/.exec(url)?.[1] ?? "localhost";
  return deployed.externalUrls.map((address) => `http://${address.replace(/^0\.0\.0\.0(?=:|\/|$)/, host)}`);
}

/** The answer; null where the address can't be reached at all, so that another way may be tried. */
async function tryAddress(
  http: HttpPort,
  address: string,
  call: Invocation,
  cancel: CancelToken,
): Promise<InvocationAnswer | null> {
  const path = call.path.startsWith("/") ? call.path : `/${call.path}`;
  const { method, headers, body, timeoutMs = 60_000 } = call;
  try {
    return await http.send({
      method,
      url: address.replace(/\/+$/, "") + path,
      headers,
      body,
      timeoutMs,
      cancel,
    });
  } catch (error) {
    if (error instanceof TransportError && error.neverSent) return null;
    if (error instanceof TransportError) throw notAnswered(error, address);
    throw error;
  }
}

function notAnswered(error: TransportError, address: string): ClusterError {
  const why = error.kind === "timeout" ? "did not answer in time" : `broke off (${error.message})`;
  return new ClusterError(
    error.kind === "cancelled" ? "GC_CANCELLED" : "GC_CLUSTER_CALL",
    error.kind === "cancelled" ? "Cancelled." : `The function at ${address} ${why}.`,
    error.kind === "cancelled" ? "" : "Look at its log; it may have got the event all the same.",
    0,
    "",
    error.kind,
  );
}
