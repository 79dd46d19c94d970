"""Two router graphs: models behind MLRun's own routers."""

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
