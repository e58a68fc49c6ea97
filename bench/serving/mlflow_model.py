"""Saves the model as an MLflow pyfunc. MLflow's server takes JSON, with PNG files in base64. Argument: the folder to save to."""

import base64
import sys

import mlflow
import numpy as np

from classifier import Classifier, decode


class Model(mlflow.pyfunc.PythonModel):
    def load_context(self, context):
        self.classifier = Classifier()

    def predict(self, context, model_input: list[str]) -> list[list[float]]:
        return self.classifier.classify(np.stack([decode(base64.b64decode(text)) for text in model_input])).tolist()


if __name__ == "__main__":
    mlflow.pyfunc.save_model(sys.argv[1], python_model=Model(), pip_requirements=[])
