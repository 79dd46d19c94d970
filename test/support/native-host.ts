import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { type Server, createServer } from "node:http";
import { createRequire } from "node:module";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  type FunctionPlan,
  type NativeFunction,
  NATIVE_SPEC,
  STATS_VARIABLE,
  variableOf,
} from "@graphcell/core/nuclio";
import { root } from "./python";

/** The engine as a nodejs function, as the build makes it. */
export const nativeBundle = (): { readonly code: string } => ({
  code: readFileSync(join(root, "core/dist/native-function.cjs"), "utf8"),
});

/** Loads a nodejs function as Nuclio's wrapper does, and serves it by HTTP. */
export async function serveNative(fn: FunctionPlan): Promise<{ readonly url: string; close(): void }> {
  const folder = mkdtempSync(join(tmpdir(), "graphcell-native-"));
  const module = join(folder, "main.cjs");
  writeFileSync(module, fn.source);
  for (const name of [NATIVE_SPEC, STATS_VARIABLE])
    process.env[name] = variableOf(fn.config.spec, name) ?? "";
  const loaded = createRequire(module)(module) as NativeFunction;
  rmSync(folder, { recursive: true, force: true });
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      class Response {
        constructor(
          readonly body: unknown,
          readonly headers: Readonly<Record<string, string>>,
          readonly type: string,
          readonly status: number,
        ) {}
      }
      const callback = (answer: Response): void => {
        response.writeHead(answer.status, { ...answer.headers, "content-type": answer.type });
        response.end(String(answer.body));
      };
      void loaded.handler(
        { Response, callback: callback as (answer: unknown) => void },
        {
          body: Buffer.concat(chunks),
          headers: request.headers,
          method: request.method,
          path: request.url,
        },
      );
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return { url: `http://127.0.0.1:${String(portOf(server))}`, close: () => void server.close() };
}

function portOf(server: Server): number {
  return (server.address() as AddressInfo).port;
}
