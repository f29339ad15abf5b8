"""One file per aggregate. Tables and columns are named as in the guide."""

from finetuning.models.deduplication_model import (
    AutoMergeProof,
    Backend,
    DeduplicationModel,
    ModelEvent,
    ModelStatus,
)
from finetuning.models.hosted_job import HostedJob
from finetuning.models.prediction import ModelPrediction, PredictionOrigin
from finetuning.models.retraining_run import RetrainingOutcome, RetrainingRun
from finetuning.models.threshold_change import ThresholdChange
from finetuning.models.training_data import (
    PAIRS_PER_DECISION,
    StatementSplit,
    TrainingFile,
    TrainingPair,
)
from finetuning.models.trust import TrustBasis
