import type { Json, JsonObject } from "./json";

/** Name of the file beside the notebook. */
export const SETTINGS_FILE = "graphcell.deploy.yaml";

/** Kinds of triggers that Nuclio has. There is none for redis. */
export const TRIGGER_KINDS = [
  "http",
  "kafka-cluster",
  "kafka",
  "v3ioStream",
  "cron",
  "rabbit-mq",
  "rabbitMq",
  "nats",
  "mqtt",
  "iotCoreMqtt",
  "kinesis",
  "eventhub",
  "pubsub",
] as const;

/** A value of the environment: a text, or where in the cluster it is to be found. The secret's value is never here. */
export type EnvironmentValue = string | EnvironmentReference;

export interface EnvironmentReference {
  /** Name of a Kubernetes secret or config map, and the key in it. */
  readonly secret?: string;
  readonly configMap?: string;
  readonly key?: string;
  /** A field of the pod, for example `metadata.name`. */
  readonly field?: string;
}

/** Amounts as Kubernetes writes them: `cpu: 500m`, `memory: 1Gi`. */
export interface ResourceSettings {
  readonly requests?: JsonObject;
  readonly limits?: JsonObject;
}

export interface ScaleRule {
  readonly metric: string;
  readonly threshold: number;
  readonly window?: string;
  readonly sourceType?: string;
  readonly displayType?: string;
}

export interface VolumeSetting {
  readonly name: string;
  readonly mountPath: string;
  readonly readOnly?: boolean;
  readonly subPath?: string;
  /** One of these says what it is; `volume` is Kubernetes' own form of any other kind. */
  readonly claim?: string;
  readonly secret?: string;
  readonly configMap?: string;
  readonly hostPath?: string;
  readonly emptyDir?: boolean;
  readonly volume?: JsonObject;
}

export interface IngressSetting {
  readonly host?: string;
  readonly hostTemplate?: string;
  readonly paths?: readonly string[];
  readonly pathType?: string;
  readonly secretName?: string;
}

export interface HttpSettings {
  readonly workers?: number;
  /** How long a call waits for a free worker, in milliseconds. */
  readonly workerTimeoutMs?: number;
  /** Seconds until an nginx ingress gives a call up. */
  readonly gatewayTimeoutSeconds?: number;
  readonly port?: number;
  readonly maxRequestBodySize?: number;
  readonly readBufferSize?: number;
  readonly cors?: JsonObject;
  readonly ingresses?: Readonly<Record<string, IngressSetting>>;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly canary?: number;
  /** No http trigger at all: a function that only reads a stream. */
  readonly disable?: boolean;
  readonly batch?: JsonObject;
  readonly attributes?: JsonObject;
}

/** What may be set for one function. Absent means: the cluster's own default. */
export interface FunctionSettings {
  readonly name?: string;
  readonly description?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly runtime?: string;
  /** A Python file, beside the settings file, that is this function's code as a whole. */
  readonly source?: string;
  readonly baseImage?: string;
  /** Run this image and build none. */
  readonly image?: string;
  readonly resultImage?: string;
  readonly registry?: string;
  readonly runRegistry?: string;
  readonly imagePullSecrets?: string;
  readonly imagePullPolicy?: string;
  readonly requirements?: readonly string[];
  readonly commands?: readonly string[];
  readonly noCache?: boolean;
  readonly buildTimeoutSeconds?: number;
  readonly buildArgs?: Readonly<Record<string, string>>;
  readonly buildFlags?: readonly string[];
  readonly env?: Readonly<Record<string, EnvironmentValue>>;
  readonly envFrom?: readonly EnvironmentReference[];
  readonly replicas?: number;
  readonly minReplicas?: number;
  readonly maxReplicas?: number;
  readonly targetCPU?: number;
  readonly scaling?: readonly ScaleRule[];
  readonly customScalingMetricSpecs?: readonly Json[];
  readonly scaleToZero?: readonly ScaleRule[];
  readonly resources?: ResourceSettings;
  readonly nodeName?: string;
  readonly nodeSelector?: Readonly<Record<string, string>>;
  readonly affinity?: JsonObject;
  readonly tolerations?: readonly Json[];
  readonly priorityClassName?: string;
  readonly preemptionPolicy?: string;
  readonly volumes?: readonly VolumeSetting[];
  readonly serviceType?: string;
  readonly serviceAccount?: string;
  readonly securityContext?: JsonObject;
  readonly deploymentStrategy?: JsonObject;
  readonly readinessTimeoutSeconds?: number;
  readonly waitReadinessTimeoutBeforeFailure?: boolean;
  readonly eventTimeout?: string;
  readonly logLevel?: string;
  readonly disable?: boolean;
  /** Count calls and times of the steps, for who may read the function's configuration; true when absent. */
  readonly stats?: boolean;
  readonly http?: HttpSettings;
  readonly triggers?: Readonly<Record<string, JsonObject>>;
  readonly platform?: JsonObject;
  readonly devices?: readonly string[];
}

/** Where a queue of the graph is in the cluster: overrides what the graph says. */
export interface QueueSettings {
  /** `kafka://broker:9092/topic`, `v3io:///container/path`, `http://...`, `function://NAME`. */
  readonly path?: string;
  readonly brokers?: readonly string[];
  readonly group?: string;
  /** The child makes the Kafka topic with so many partitions when it is missing. */
  readonly partitions?: number;
  readonly replicationFactor?: number;
  readonly shards?: number;
  readonly workers?: number;
  readonly acknowledge?: string;
  /** Window acknowledgement: the newest so many events are not committed, and repeat after a crash. */
  readonly ackWindow?: number;
  readonly attributes?: JsonObject;
}

export interface GatewaySettings {
  readonly name?: string;
  readonly host?: string;
  readonly path?: string;
  readonly description?: string;
  readonly authentication?: string;
  /** For basic authentication: the names of environment variables that hold user and password. */
  readonly usernameFrom?: string;
  readonly passwordFrom?: string;
  /** A second function that gets so many percent of the calls. */
  readonly canary?: { readonly function: string; readonly percentage: number };
}

/** `graphcell.deploy.yaml`: how the graph of a notebook is deployed. */
export interface DeploySettings {
  /** Name of one of the user's connections. */
  readonly connection?: string;
  readonly project?: string;
  readonly namespace?: string;
  /** Which graph, where the notebook builds several. */
  readonly graph?: string;
  /** Version of mlrun that the function runs. */
  readonly mlrun?: string;
  /** Address of an MLRun API server that the function may use; without one routers do without it. */
  readonly mlrunApi?: string;
  readonly native?: boolean;
  readonly errorStream?: string;
  /** Storey's source: `max_events_before_commit`, `max_time_before_commit`, ... */
  readonly sourceArgs?: JsonObject;
  readonly parameters?: JsonObject;
  /** For every function; its own settings go before. */
  readonly defaults?: FunctionSettings;
  /** By function: the graph's own name for the parent, the child's name for a child. */
  readonly functions?: Readonly<Record<string, FunctionSettings>>;
  readonly queues?: Readonly<Record<string, QueueSettings>>;
  readonly gateway?: GatewaySettings;
}
