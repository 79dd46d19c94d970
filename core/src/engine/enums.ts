import { PyTextEnum } from "../value/value";

/** The method that MLRun's mock server gives an event for which none was said. */
export function httpMethod(name: "GET" | "POST"): PyTextEnum {
  return new PyTextEnum("http.HTTPMethod", name, `<HTTPMethod.${name}>`);
}

/** What routers tell their models of the task that makes model endpoints. */
export function taskState(name: "succeeded" | "failed"): PyTextEnum {
  const path = "mlrun.common.schemas.background_task.BackgroundTaskState";
  return new PyTextEnum(path, name, `<BackgroundTaskState.${name}: '${name}'>`);
}
