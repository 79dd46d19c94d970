import type { Fetch } from "@graphcell/core";

/** HTTP of remote steps, by Node. A request that takes too long fails with an error named `TimeoutError`. */
export const nodeFetch: Fetch = async ({ method, url, headers, body, timeoutMs }) => {
  const answer = await fetch(url, {
    method,
    headers: Object.fromEntries(headers),
    ...(body === null ? {} : { body }),
    ...(timeoutMs === null ? {} : { signal: AbortSignal.timeout(timeoutMs) }),
  });
  return {
    status: answer.status,
    headers: new Map(answer.headers),
    body: new Uint8Array(await answer.arrayBuffer()),
  };
};
