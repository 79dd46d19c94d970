/** Cells that a notebook without a graph can start from: a step, a graph, and events for it. */
export const EXAMPLE_CELLS: readonly string[] = [
  `import mlrun


class Scale:
    def __init__(self, factor=2):
        self.factor = factor

    def do(self, x):
        return x * self.factor`,
  `fn = mlrun.new_function("example", kind="serving")
graph = fn.set_topology("flow")
graph.to("Scale", name="scale", factor=10).respond()`,
  `%%simulate example
4`,
];
