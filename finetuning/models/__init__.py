"""One file a noun. Tables and columns are named as in the user's guide."""

from finetuning.models.deduplication_model import Backend, DeduplicationModel, ModelStatus
from finetuning.models.hosted_job import HostedJob
from finetuning.models.model_evaluation import ModelEvaluation
from finetuning.models.model_event import ModelEvent
from finetuning.models.model_prediction import ModelPrediction, PredictionOrigin
from finetuning.models.retraining_run import RetrainingOutcome, RetrainingRun
from finetuning.models.statement_split import StatementSplit
from finetuning.models.threshold_change import ThresholdChange
from finetuning.models.training_file import TrainingFile
from finetuning.models.training_pair import PAIRS_PER_DECISION, TrainingPair

__all__ = [
    "PAIRS_PER_DECISION",
    "Backend",
    "DeduplicationModel",
    "HostedJob",
    "ModelEvaluation",
    "ModelEvent",
    "ModelPrediction",
    "ModelStatus",
    "PredictionOrigin",
    "RetrainingOutcome",
    "RetrainingRun",
    "StatementSplit",
    "ThresholdChange",
    "TrainingFile",
    "TrainingPair",
]
