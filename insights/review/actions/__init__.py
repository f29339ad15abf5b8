"""The reviewer's mutations. The admin, the API and scripts call these, and nothing else merges."""

from insights.review.actions.approve import ApproveCluster
from insights.review.actions.automatic import MergeAutomatically
from insights.review.actions.reject import RejectCluster
from insights.review.actions.split import SplitCluster
from insights.review.actions.undo import UndoDecision

__all__ = [
    "ApproveCluster",
    "MergeAutomatically",
    "RejectCluster",
    "SplitCluster",
    "UndoDecision",
]
