"""The product: its ports, thresholds, audit and schedules."""

from dedup_project.env import NOT_NEGATIVE, POSITIVE, SHARE, env, validate

# Dotted paths, so that a deployment can replace them (docs/architecture.md, "Extension points").
EMBEDDER = env.str("EMBEDDER", "insights.embedding.minilm.embedder.OnnxMiniLM")
EXTRACTOR = env.str("EXTRACTOR", "insights.ingest.extraction.RuleExtractor")
DUPLICATE_DECIDER = env.str("DUPLICATE_DECIDER", "finetuning.inference.decider.ActiveModelDecider")

# A threshold belongs to its embedding model; how this one was found: docs/decisions.md.
CANDIDATE_SIMILARITY = env.float("CANDIDATE_SIMILARITY", 0.64, validate=SHARE)
CLUSTER_MAX_SIZE = env.int("CLUSTER_MAX_SIZE", 40, validate=validate.Range(2))
# The guide's Option B: in above, out below.
CLUSTER_IN_CONFIDENCE = env.float("CLUSTER_IN_CONFIDENCE", 0.90, validate=SHARE)
CLUSTER_OUT_CONFIDENCE = env.float("CLUSTER_OUT_CONFIDENCE", 0.70, validate=SHARE)
# The guide's Option A: merged at ingestion without a person.
AUTO_MERGE_CONFIDENCE = env.float("AUTO_MERGE_CONFIDENCE", 0.90, validate=SHARE)
# Evidence that an automatic merge needs beside the threshold: "earned" (20 judged decisions for its
# kind without an error), "proven" (the target precision) or "threshold" (none).
AUTO_MERGE_PROOF = env.str(
    "AUTO_MERGE_PROOF", "earned", validate=validate.OneOf(("earned", "proven", "threshold"))
)
# Limits of automatic merging, whatever a model says: the least similarity, and the most insights a
# day merged into one.
AUTO_MERGE_LEAST_SIMILARITY = env.float("AUTO_MERGE_LEAST_SIMILARITY", 0.70, validate=SHARE)
AUTO_MERGE_DAILY_CAP = env.int("AUTO_MERGE_DAILY_CAP", 20, validate=POSITIVE)
# Target precision of automatic merges: it sets the threshold of a retrained version, and the audit
# stops merging when the measured precision is surely below it.
AUTO_MERGE_PRECISION = env.float("AUTO_MERGE_PRECISION", 0.99, validate=SHARE)
# Share of each week's automatic merges that reviewers judge blind, and the least number.
AUDIT_SHARE = env.float("AUDIT_SHARE", 0.02, validate=SHARE)
AUDIT_LEAST_A_WEEK = env.int("AUDIT_LEAST_A_WEEK", 20, validate=NOT_NEGATIVE)
# The share for a kind of merges whose precision is not proven yet.
AUDIT_SHARE_UNPROVEN = env.float("AUDIT_SHARE_UNPROVEN", 0.10, validate=SHARE)
AUDIT_EVERY_SECONDS = env.int("AUDIT_EVERY_SECONDS", 600, validate=POSITIVE)  # fill up the sample
# Share of the decided clusters that no model is trained on, to measure models with.
HELD_OUT_SHARE = env.float("HELD_OUT_SHARE", 0.2, validate=SHARE)

# Retraining on a schedule (docs/operations.md).
RETRAIN_BACKEND = env.str("RETRAIN_BACKEND", "local")
RETRAIN_MIN_NEW_DECISIONS = env.int("RETRAIN_MIN_NEW_DECISIONS", 50, validate=POSITIVE)
# 0: Mondays at 03:00 UTC. Read when schedules are seeded.
RETRAIN_EVERY_SECONDS = env.int("RETRAIN_EVERY_SECONDS", 0, validate=NOT_NEGATIVE)
# How often new insights are clustered, if there are any.
CLUSTER_EVERY_SECONDS = env.int("CLUSTER_EVERY_SECONDS", 3600, validate=POSITIVE)
RETRAIN_MIN_BALANCE = env.float("RETRAIN_MIN_BALANCE", 0.1, validate=SHARE)  # of the rarer label

# Replace e-mail addresses and telephone numbers in statements as they come in.
REDACT_CONTACTS = env.bool("REDACT_CONTACTS", False)
MAX_SOURCE_BYTES = env.int("MAX_SOURCE_BYTES", 64 * 1024 * 1024, validate=POSITIVE)
