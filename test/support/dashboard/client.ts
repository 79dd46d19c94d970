import { never } from "@graphcell/core";
import {
  type Authentication,
  type Connection,
  Dashboard,
  authenticationHeaders,
} from "@graphcell/core/nuclio";
import { ClusterHttp, systemClock } from "@graphcell/kernel-bridge/node";
import { StandInDashboard, type StandInOptions } from "./index";

/** What the user of `clientOf` would say as a password; no message may repeat it. */
export const SECRET = "s3cr3t-of-the-user";

/** Waits a hundredth of the time: what is waited for are states, not seconds. */
export const quick = {
  ...systemClock,
  sleep: (ms: number, cancel = never) => systemClock.sleep(ms / 100, cancel),
};

export interface Setup extends StandInOptions {
  readonly authentication?: Authentication;
  readonly connection?: Partial<Connection>;
  readonly secret?: string;
}

/** A stand-in dashboard, and a client of it. */
export async function standInWithClient(setup: Setup = {}): Promise<{
  readonly standIn: StandInDashboard;
  readonly dashboard: Dashboard;
}> {
  const standIn = await StandInDashboard.start(setup);
  const authentication = setup.authentication ?? { kind: "none" as const };
  const connection: Connection = {
    name: "dev",
    url: standIn.url,
    namespace: "nuclio",
    authentication,
    ca: null,
    proxy: null,
    project: null,
    functionHost: null,
    metrics: null,
    ...setup.connection,
  };
  const dashboard = new Dashboard({
    connection,
    http: new ClusterHttp(connection),
    clock: quick,
    headers: () => Promise.resolve(authenticationHeaders(authentication, setup.secret ?? SECRET)),
  });
  return { standIn, dashboard };
}
