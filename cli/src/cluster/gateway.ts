import { type DeploymentPlan, type GatewaySettings, type JsonObject, compact } from "@graphcell/core/nuclio";
import { CommandError, Exit } from "../exit";
import type { Cluster } from "./connection";

/** Makes or updates the API gateway of a graph, with a part of the calls for a canary. */
export async function setGateway(
  cluster: Cluster,
  settings: GatewaySettings,
  project: string,
  plan: DeploymentPlan,
): Promise<void> {
  const parent = plan.functions.find((fn) => fn.key === "")?.name ?? "";
  const name = settings.name ?? parent;
  const existing = await cluster.dashboard.gateways(project);
  await cluster.dashboard.setGateway(name, project, gatewaySpec(name, parent, settings), name in existing);
}

function gatewaySpec(name: string, parent: string, settings: GatewaySettings): JsonObject {
  const { canary } = settings;
  const upstream = (fn: string, percentage?: number): JsonObject =>
    compact({ kind: "nucliofunction", nucliofunction: { name: fn }, percentage });
  return compact({
    name,
    host: settings.host,
    path: settings.path,
    description: settings.description,
    authenticationMode: settings.authentication ?? "none",
    authentication: basicAuthentication(settings),
    upstreams:
      canary === undefined
        ? [upstream(parent)]
        : [upstream(parent, 100 - canary.percentage), upstream(canary.function, canary.percentage)],
  });
}

function basicAuthentication(settings: GatewaySettings): JsonObject | undefined {
  if (settings.authentication !== "basicAuth") return undefined;
  const value = (variable: string | undefined): string => {
    const found = variable === undefined ? undefined : process.env[variable];
    if (found !== undefined && found !== "") return found;
    throw new CommandError(
      Exit.usage,
      "The API gateway asks for user and password, and they are not set.",
      "Name environment variables that hold them as usernameFrom and passwordFrom in graphcell.deploy.yaml.",
    );
  };
  return { basicAuth: { username: value(settings.usernameFrom), password: value(settings.passwordFrom) } };
}
