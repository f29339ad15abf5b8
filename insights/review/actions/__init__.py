"""The reviewer's mutations. The admin, the API and scripts call these, and nothing else merges."""

from insights.review.actions.automatic import MergeAutomatically
from insights.review.actions.base import ClusterAction
from insights.review.actions.change import ChangeDecision
from insights.review.actions.confirm import ConfirmMerge
from insights.review.actions.conflict import JudgeContradiction
from insights.review.actions.decide import ApproveCluster, RejectCluster, SplitCluster
from insights.review.actions.undo import UndoDecision
from insights.review.actions.unmerge import UnmergeInsight
