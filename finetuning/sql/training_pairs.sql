-- The pairs that people decided, as the trainer reads them. finetuning.models.TrainingPair explains
-- the columns.

CREATE VIEW training_pairs AS
SELECT *, row_number() OVER (
           PARTITION BY decision_id, is_same
           ORDER BY sha256(convert_to(low || high, 'UTF8'))
       ) AS place
FROM (
    SELECT DISTINCT ON (low, high)
           insight1_id, insight2_id, is_same, similarity, decision_id, held_out, anchor_id,
           bridging, low, high
    FROM (
        SELECT label.insight1_id, label.insight2_id, label.is_same, label.decision_id,
               decision.decided_at,
               round((1 - (one.embedding <=> other.embedding))::numeric, 6)::float8 AS similarity,
               least(one.content_hash, other.content_hash) COLLATE "C" AS low,
               greatest(one.content_hash, other.content_hash) COLLATE "C" AS high,
               side1.held_out,
               side1.held_out <> side2.held_out AS bridging,
               CASE WHEN side1.place <= side2.place
                    THEN side1.anchor_id ELSE side2.anchor_id END AS anchor_id
        FROM pair_labels label
        JOIN merge_decisions decision ON decision.id = label.decision_id
        JOIN insights one ON one.id = label.insight1_id
        JOIN insights other ON other.id = label.insight2_id
        -- By LIMIT looked up one by one: a join here is planned badly without fresh statistics.
        CROSS JOIN LATERAL (
            SELECT * FROM statement_splits WHERE content_hash = one.content_hash LIMIT 1
        ) side1
        CROSS JOIN LATERAL (
            SELECT * FROM statement_splits WHERE content_hash = other.content_hash LIMIT 1
        ) side2
        WHERE one.content_hash <> other.content_hash
    ) every_label
    ORDER BY low, high, decided_at DESC, decision_id DESC
) latest;
