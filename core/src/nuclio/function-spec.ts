import { type Json, type JsonObject, compact } from "./json";
import type {
  EnvironmentReference,
  EnvironmentValue,
  FunctionSettings,
  HttpSettings,
  ScaleRule,
  VolumeSetting,
} from "./deploy-settings";

/** A function as the dashboard takes it. */
export interface FunctionConfig {
  readonly metadata: FunctionMetadata;
  readonly spec: JsonObject;
}

export interface FunctionMetadata {
  readonly name: string;
  readonly namespace?: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly resourceVersion?: string;
}

/** What the settings of one function put into its spec, but for source, build commands and its graph's own. */
export function settingsSpec(settings: FunctionSettings): JsonObject {
  return compact({
    description: settings.description,
    disable: settings.disable,
    image: settings.image,
    runRegistry: settings.runRegistry,
    imagePullSecrets: settings.imagePullSecrets,
    imagePullPolicy: settings.imagePullPolicy,
    envFrom: settings.envFrom?.map(environmentSource),
    replicas: settings.replicas,
    minReplicas: settings.minReplicas,
    maxReplicas: settings.maxReplicas,
    targetCPU: settings.targetCPU,
    autoScaleMetrics: settings.scaling?.map(scaleMetric),
    customScalingMetricSpecs: settings.customScalingMetricSpecs,
    scaleToZero: settings.scaleToZero
      ? { scaleResources: settings.scaleToZero.map(scaleResource) }
      : undefined,
    resources: settings.resources as JsonObject | undefined,
    nodeName: settings.nodeName,
    nodeSelector: settings.nodeSelector,
    affinity: settings.affinity,
    tolerations: settings.tolerations,
    priorityClassName: settings.priorityClassName,
    preemptionPolicy: settings.preemptionPolicy,
    volumes: settings.volumes?.map(volumeOf),
    serviceType: settings.serviceType,
    serviceAccount: settings.serviceAccount,
    securityContext: settings.securityContext,
    deploymentStrategy: settings.deploymentStrategy,
    readinessTimeoutSeconds: settings.readinessTimeoutSeconds,
    waitReadinessTimeoutBeforeFailure: settings.waitReadinessTimeoutBeforeFailure,
    eventTimeout: settings.eventTimeout,
    loggerSinks: settings.logLevel ? [{ level: settings.logLevel }] : undefined,
    platform: settings.platform,
    devices: settings.devices,
    disableDefaultHTTPTrigger: settings.http?.disable === true ? true : undefined,
  });
}

/** `spec.build` without the source. */
export function buildSpec(settings: FunctionSettings): JsonObject {
  return compact({
    registry: settings.registry,
    image: settings.resultImage,
    noCache: settings.noCache,
    buildTimeoutSeconds: settings.buildTimeoutSeconds,
    args: settings.buildArgs,
    flags: settings.buildFlags,
  });
}

/** Triggers that the settings give, the http one among them; keys are their names, as Nuclio asks. */
export function settingsTriggers(settings: FunctionSettings): Readonly<Record<string, JsonObject>> {
  const triggers: Record<string, JsonObject> = {};
  const http = settings.http ? httpTrigger(settings.http) : null;
  if (http !== null) triggers["http"] = http;
  for (const [name, trigger] of Object.entries(settings.triggers ?? {}))
    triggers[name] = { ...trigger, name };
  return triggers;
}

function httpTrigger(http: HttpSettings): JsonObject | null {
  if (http.disable === true) return null;
  const canary: Record<string, string> =
    http.canary === undefined
      ? {}
      : {
          "nginx.ingress.kubernetes.io/canary": "true",
          "nginx.ingress.kubernetes.io/canary-weight": String(http.canary),
        };
  const seconds = http.gatewayTimeoutSeconds;
  const timeouts: Record<string, string> = {};
  if (seconds !== undefined) {
    for (const what of ["connect", "read", "send"]) {
      timeouts[`nginx.ingress.kubernetes.io/proxy-${what}-timeout`] = String(seconds);
    }
  }
  return compact({
    name: "http",
    kind: "http",
    maxWorkers: http.workers,
    workerAvailabilityTimeoutMilliseconds: http.workerTimeoutMs,
    annotations: { ...http.annotations, ...canary, ...timeouts },
    batch: http.batch,
    attributes: compact({
      ...http.attributes,
      port: http.port,
      maxRequestBodySize: http.maxRequestBodySize,
      readBufferSize: http.readBufferSize,
      cors: http.cors,
      ingresses: http.ingresses as JsonObject | undefined,
    }),
  });
}

/** `spec.env`: texts as they are, references as Kubernetes writes them. */
export function environment(values: ReadonlyMap<string, EnvironmentValue>): readonly JsonObject[] {
  return [...values].map(([name, value]) =>
    typeof value === "string" ? { name, value } : { name, valueFrom: valueSource(value) },
  );
}

function valueSource({ secret, configMap, key, field }: EnvironmentReference): JsonObject {
  if (secret !== undefined) return { secretKeyRef: { name: secret, key: key ?? "" } };
  if (configMap !== undefined) return { configMapKeyRef: { name: configMap, key: key ?? "" } };
  return { fieldRef: { fieldPath: field ?? "" } };
}

function environmentSource({ secret, configMap }: EnvironmentReference): JsonObject {
  return secret !== undefined ? { secretRef: { name: secret } } : { configMapRef: { name: configMap ?? "" } };
}

function scaleResource(rule: ScaleRule): JsonObject {
  return compact({ metricName: rule.metric, windowSize: rule.window, threshold: rule.threshold });
}

function scaleMetric(rule: ScaleRule): JsonObject {
  return {
    ...scaleResource(rule),
    ...compact({ sourceType: rule.sourceType, displayType: rule.displayType }),
  };
}

function volumeOf(setting: VolumeSetting): JsonObject {
  const { name, mountPath, readOnly, subPath } = setting;
  return {
    volume: { name, ...volumeSource(setting) },
    volumeMount: compact({ name, mountPath, readOnly, subPath }),
  };
}

function volumeSource(setting: VolumeSetting): JsonObject {
  if (setting.claim !== undefined) return { persistentVolumeClaim: { claimName: setting.claim } };
  if (setting.secret !== undefined) return { secret: { secretName: setting.secret } };
  if (setting.configMap !== undefined) return { configMap: { name: setting.configMap } };
  if (setting.hostPath !== undefined) return { hostPath: { path: setting.hostPath } };
  if (setting.volume !== undefined) return setting.volume;
  return { emptyDir: {} };
}

/** Adds `more` to a list of environment entries; an entry of the same name is replaced. */
export function withVariable(env: readonly JsonObject[], name: string, value: string): readonly JsonObject[] {
  return [...env.filter((entry) => entry["name"] !== name), { name, value }];
}

/** The plain value of an environment variable of a function; null when it has none. */
export function variableOf(spec: JsonObject, name: string): string | null {
  const env: Json | undefined = spec["env"];
  if (!Array.isArray(env)) return null;
  for (const entry of env as readonly Json[]) {
    if (typeof entry !== "object" || entry === null || Array.isArray(entry)) continue;
    const one = entry as JsonObject;
    if (one["name"] === name && typeof one["value"] === "string") return one["value"];
  }
  return null;
}
