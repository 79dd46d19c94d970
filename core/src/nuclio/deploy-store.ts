import { type Disposable, Emitter } from "../lifetime";
import { type DeployFunctionState, type DeployState, NO_DEPLOYMENT } from "./deploy-state";

/** The one state of a deployment, and who wants to know of its changes. */
export class DeployStore implements Disposable {
  private current: DeployState = NO_DEPLOYMENT;
  private readonly changes = new Emitter<DeployState>();

  get state(): DeployState {
    return this.current;
  }

  readonly onChange = (listener: (state: DeployState) => void): Disposable => this.changes.event(listener);

  set(to: Partial<DeployState>): void {
    this.current = { ...this.current, ...to };
    this.changes.fire(this.current);
  }

  /** Changes what is told of one function. */
  change(key: string, to: Partial<DeployFunctionState>): void {
    this.set({ functions: this.current.functions.map((fn) => (fn.key === key ? { ...fn, ...to } : fn)) });
  }

  dispose(): void {
    this.changes.dispose();
  }
}
