"""Graphs behind MLRun's own routers, and one whose error is taken."""

import mlrun
from mlrun.serving import V2ModelServer


class Times(V2ModelServer):
    def load(self):
        self.factor = self.get_param("factor", 1)

    def predict(self, body):
        return [x * self.factor for x in body["inputs"]]


routed_function = mlrun.new_function("routed", kind="serving")
routed_function.set_topology("router")
routed_function.add_model("double", class_name="Times", model_path="", factor=2)
routed_function.add_model("triple", class_name="Times", model_path="", factor=3)

voted_function = mlrun.new_function("voted", kind="serving")
voted_function.set_topology("router", "mlrun.serving.routers.VotingEnsemble", vote_type="regression")
voted_function.add_model("double", class_name="Times", model_path="", factor=2)
voted_function.add_model("triple", class_name="Times", model_path="", factor=3)

# An error that a handler takes inside of the step.


def fails(event):
    raise ValueError("no")


def taken(body):
    return body


caught_function = mlrun.new_function("caught", kind="serving")
caught = caught_function.set_topology("flow", engine="sync")
caught.to(name="fails", handler="fails").error_handler(name="taken", handler="taken")
