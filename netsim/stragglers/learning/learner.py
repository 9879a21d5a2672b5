"""M models trained in turn through assignment, stragglers and decode.

Job r belongs to model r mod M and uses its weights at the start of round r. When the job is
decoded, the results that the scheme names are computed as their workers do, each a combination of
gradient sums over the partitions that the worker holds, and combined with the scheme's weights. The
full gradient is computed beside it, to measure the error: rounding for exact schemes, more for
approximate ones.
"""

from __future__ import annotations

import numpy as np

from netsim.family import Scalar
from netsim.metrics.recorder import Recorder
from netsim.rng import Streams
from netsim.stragglers.codes.scheme import Assignment, Decoding, Floats, Scheme
from netsim.stragglers.data_split import boundaries
from netsim.stragglers.learning.data_set import draw
from netsim.stragglers.learning.models import loss_and_accuracy, model_of
from netsim.stragglers.learning.schema import LearningConfig
from netsim.stragglers.rounds import Round


class Learner:
    """Follow the rounds of a run and train.

    Parameters
    ----------
    config
        The block `learning`.
    scheme
        The scheme that the rounds play.
    models
        M.
    streams
        Random streams; data and first weights depend on the replication.
    recorder
        Where table `updates` goes, if it is wanted.
    """

    def __init__(
        self,
        config: LearningConfig,
        scheme: Scheme,
        models: int,
        streams: Streams,
        recorder: Recorder,
    ) -> None:
        self._scheme = scheme
        self._rate = config.rate
        self._recorder = recorder
        self._data = draw(config, streams.generator("stragglers.data"))
        self._model = model_of(config, self._data.inputs.shape[1])
        #: Current weights of each model.
        self.weights = [
            self._model.start(streams.generator("stragglers.weights", index))
            for index in range(models)
        ]
        self._edges = boundaries(scheme.partitions(), len(self._data.labels))
        self._used: dict[int, Floats] = {}
        self._worst = 0.0

    def opened(self, r: int, assignment: Assignment) -> None:
        """Note which weights job r uses."""
        self._used[r] = self.weights[r % len(self.weights)]

    def closed(self, ended: Round) -> None:
        """Update the models whose gradients were decoded."""
        for decoding in ended.decodings:
            self._update(decoding, ended)
        # Jobs beyond their deadline will not be decoded any more.
        self._used.pop(ended.index - self._scheme.T, None)

    def partial_sums(self, job: int) -> Floats:
        """Return the job's gradient sums over all partitions, (partitions, weights)."""
        weights, data = self._used[job], self._data
        sums = [
            self._model.gradient(weights, data.inputs[first:last], data.labels[first:last])
            for first, last in zip(self._edges[:-1], self._edges[1:], strict=True)
        ]
        return np.array(sums)

    def decoded(self, decoding: Decoding) -> Floats:
        """Return the gradient sum that the master combines from the workers' results."""
        sums = self.partial_sums(decoding.job)
        combine = getattr(self._scheme, "combine_results", None)
        if combine is not None:
            gradient: Floats = combine(sums)
            return gradient
        total = np.zeros(sums.shape[1])
        for worker, kind, chunk, weight in zip(
            decoding.worker, decoding.kind, decoding.chunk, decoding.weight, strict=True
        ):
            message = self._scheme.message(int(worker), int(kind), int(chunk))
            total += weight * (message.coefficients @ sums[message.partitions])
        return total

    def _update(self, decoding: Decoding, ended: Round) -> None:
        index = decoding.job % len(self.weights)
        data = self._data
        full = self._model.gradient(self._used[decoding.job], data.inputs, data.labels)
        gradient = self.decoded(decoding)
        size = float(np.linalg.norm(full))
        error = float(np.linalg.norm(gradient - full)) / (size if size > 0 else 1.0)
        self._worst = max(self._worst, error)
        step = self._rate / len(data.labels)
        self.weights[index] = self.weights[index] - step * gradient
        if self._recorder.wants("updates"):
            self._record(decoding, ended, index, error)

    def _record(self, decoding: Decoding, ended: Round, index: int, error: float) -> None:
        loss, accuracy = self._judge(index)
        self._recorder.write_row(
            "updates",
            {
                "round": ended.index,
                "t": ended.end,
                "job": decoding.job,
                "model": index,
                "loss": loss,
                "accuracy": accuracy,
                "gradient_error": error,
            },
        )

    def _judge(self, index: int) -> tuple[float, float]:
        scores = self._model.scores(self.weights[index], self._data.inputs)
        return loss_and_accuracy(scores, self._data.labels)

    def finish(self) -> dict[str, Scalar]:
        """Return the mean loss of the models and the worst error of a gradient."""
        losses = [self._judge(index)[0] for index in range(len(self.weights))]
        return {"final_loss": float(np.mean(losses)), "gradient_error": self._worst}
