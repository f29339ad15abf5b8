"""The product: its ports, thresholds, audit and schedules."""

from dedup_project import env

# Dotted paths, so that a deployment can put its own in their place (docs/architecture.md, "Ports").
EMBEDDER = env.text("EMBEDDER", "insights.embedding.minilm.embedder.OnnxMiniLM")
EXTRACTOR = env.text("EXTRACTOR", "insights.ingest.extraction.RuleExtractor")
DUPLICATE_DECIDER = env.text("DUPLICATE_DECIDER", "finetuning.inference.decider.ActiveModelDecider")

# A threshold belongs to its embedding model; how this one was found: docs/decisions.md.
CANDIDATE_SIMILARITY = env.share("CANDIDATE_SIMILARITY", 0.64)
CLUSTER_MAX_SIZE = env.whole("CLUSTER_MAX_SIZE", 12, least=2)
# The guide's Option B: in above, out below.
CLUSTER_IN_CONFIDENCE = env.share("CLUSTER_IN_CONFIDENCE", 0.90)
CLUSTER_OUT_CONFIDENCE = env.share("CLUSTER_OUT_CONFIDENCE", 0.70)
# The guide's Option A: merged at ingestion without a person.
AUTO_MERGE_CONFIDENCE = env.share("AUTO_MERGE_CONFIDENCE", 0.90)
# What the merges without a person should be: the threshold of a retrained version is chosen for it,
# and the audit stops them when they surely fall short of it.
AUTO_MERGE_PRECISION = env.share("AUTO_MERGE_PRECISION", 0.99)
# Of each week's merges without a person, reviewers judge this share blind, at least so many.
AUDIT_SHARE = env.share("AUDIT_SHARE", 0.02)
AUDIT_LEAST_A_WEEK = env.whole("AUDIT_LEAST_A_WEEK", 20)
# Of the clusters that people decide, a second reviewer gives a blind opinion on this share, and on
# all that somebody was unsure of. 0 turns both off.
SECOND_OPINION_SHARE = env.share("SECOND_OPINION_SHARE", 0.05)
AUDIT_EVERY_SECONDS = env.whole("AUDIT_EVERY_SECONDS", 600, least=1)  # fill the sample up
# Of the decided clusters: never trained on, so that models can be measured on them.
HELD_OUT_SHARE = env.share("HELD_OUT_SHARE", 0.2)

# Retraining on a schedule (docs/operations.md).
RETRAIN_BACKEND = env.text("RETRAIN_BACKEND", "local")
RETRAIN_MIN_NEW_DECISIONS = env.whole("RETRAIN_MIN_NEW_DECISIONS", 50, least=1)
# Instead of Mondays at 03:00 UTC; 0: then. Read when schedules are seeded.
RETRAIN_EVERY_SECONDS = env.whole("RETRAIN_EVERY_SECONDS", 0)
CLUSTER_EVERY_SECONDS = env.whole("CLUSTER_EVERY_SECONDS", 3600, least=1)  # if anything is new
RETRAIN_MIN_BALANCE = env.share("RETRAIN_MIN_BALANCE", 0.1)  # of the rarer label

MAX_SOURCE_BYTES = env.whole("MAX_SOURCE_BYTES", 64 * 1024 * 1024, least=1)
