import { createSession } from "@graphcell/core";
import { FakePorts } from "./session-ports";

export const STEPS = "class Add:\n    def do(self, x):\n        return x + 1\n";
export const graphCell = (chain: string) =>
  `import mlrun\nfn = mlrun.new_function("adder", kind="serving")\ngraph = fn.set_topology("flow")\ngraph${chain}\n`;
export const TWO = [STEPS, graphCell('.to("Add", "one").to("Add", "two").respond()')];
export const THREE = [STEPS, graphCell('.to("Add", "one").to("Add", "two").to("Add", "three").respond()')];
/** Needs no kernel: all steps are built in. */
export const NATIVE = [
  'import mlrun\nfn = mlrun.new_function("native", kind="serving")\ngraph = fn.set_topology("flow")\n' +
    'graph.to("storey.Rename", "rename", mapping={"a": "b"}).respond()\n',
];

export function open(sources: readonly string[], metadata?: unknown) {
  const ports = new FakePorts(sources);
  ports.metadata = metadata;
  const session = createSession(ports);
  const truth = () =>
    Object.fromEntries(
      (session.state.current?.picture.nodes ?? [])
        .filter((n) => n.kind !== "start")
        .map((n) => [n.id, n.truth]),
    );
  return { ports, session, truth };
}

export const settled = () => new Promise((done) => setTimeout(done, 0));
