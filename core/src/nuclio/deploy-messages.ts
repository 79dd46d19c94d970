/** What a deploy session and a view of it say to each other when a process stands between them; all is plain JSON. */
import type { DeployIntent, DeployState } from "./deploy-state";

/** From the session's process: all that the view shows. */
export interface DeployHostMessage {
  readonly type: "deployment";
  readonly state: DeployState;
  /** Saved events of the graph. */
  readonly events: readonly { readonly id: string; readonly name: string }[];
}

/** From the view. */
export type DeployViewMessage =
  | { readonly type: "ready" }
  | { readonly type: "intent"; readonly intent: DeployIntent }
  | { readonly type: "reveal"; readonly cellId: string; readonly line: number };

type Fields = Readonly<Record<string, unknown>>;

/** The message, decoded once where it comes in; null for what is none. */
export function decodeDeployMessage(data: unknown): DeployViewMessage | null {
  if (!isFields(data)) return null;
  switch (data.type) {
    case "ready":
      return { type: "ready" };
    case "reveal":
      return typeof data.cellId === "string" && typeof data.line === "number"
        ? { type: "reveal", cellId: data.cellId, line: data.line }
        : null;
    case "intent": {
      const intent = decodeIntent(data.intent);
      return intent && { type: "intent", intent };
    }
    default:
      return null;
  }
}

function decodeIntent(data: unknown): DeployIntent | null {
  if (!isFields(data)) return null;
  const text = (name: string) => (typeof data[name] === "string" ? data[name] : null);
  switch (data.type) {
    case "refresh":
    case "check":
    case "create-project":
    case "cancel":
    case "list":
    case "watch":
    case "export":
      return { type: data.type };
    case "compare":
      return { type: "compare", revision: text("revision") };
    case "show-source":
      return { type: "show-source", key: text("key") };
    case "show-settings":
      return { type: "show-settings", scope: text("scope") };
    case "edit-source": {
      const key = text("key");
      return key === null ? null : { type: "edit-source", key, text: text("text") };
    }
    case "save-source": {
      const key = text("key");
      return key === null ? null : { type: "save-source", key };
    }
    case "set-setting": {
      const [field, typed] = [text("field"), text("text")];
      return field === null || typed === null ? null : { type: "set-setting", field, text: typed };
    }
    case "push":
      return { type: "push", force: data.force === true };
    case "choose-connection": {
      const connection = text("connection");
      return connection === null ? null : { type: "choose-connection", connection };
    }
    case "set-project": {
      const project = text("project");
      return project === null ? null : { type: "set-project", project };
    }
    case "invoke": {
      const event = text("event");
      return event === null ? null : { type: "invoke", event, compare: data.compare === true };
    }
    case "show-log":
    case "follow-log":
    case "redeploy": {
      const name = text("name");
      return name === null ? null : { type: data.type, name };
    }
    case "roll-back": {
      const [name, at] = [text("name"), text("at")];
      return name === null || at === null ? null : { type: "roll-back", name, at };
    }
    case "delete": {
      const [name, confirm] = [text("name"), text("confirm")];
      return name === null || confirm === null ? null : { type: "delete", name, confirm };
    }
    default:
      return null;
  }
}

function isFields(data: unknown): data is Fields {
  return typeof data === "object" && data !== null && !Array.isArray(data);
}
