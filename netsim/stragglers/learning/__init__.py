"""Training on real gradients: what the codes are for, carried out in numpy.

`models` holds the learned models, `data_set` what they learn from, and `learner` follows the rounds
of a run: it computes each job's partial sums, combines what came back as the scheme decodes it, and
updates the job's model.
"""

from __future__ import annotations
