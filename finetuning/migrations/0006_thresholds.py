"""From where on clustering keeps a pair apart, by version; who moved a threshold; an index."""

import django.db.models.deletion
import django.utils.timezone
import finetuning.models.deduplication_model
import uuid
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("finetuning", "0005_receipts_and_ranges"),
        ("insights", "0011_confirmed_in_an_audit"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="ThresholdChange",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid.uuid4, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("auto_merge_before", models.FloatField()),
                ("auto_merge_after", models.FloatField()),
                ("cluster_out_before", models.FloatField()),
                ("cluster_out_after", models.FloatField()),
                ("comment", models.TextField(blank=True)),
            ],
            options={
                "db_table": "threshold_changes",
                "ordering": ["-created_at", "id"],
            },
        ),
        migrations.AddField(
            model_name="deduplicationmodel",
            name="cluster_out_confidence",
            field=models.FloatField(
                default=finetuning.models.deduplication_model.default_cluster_out_confidence,
                help_text="In clustering, a pair that is less probable than this is kept apart.",
            ),
        ),
        migrations.AddIndex(
            model_name="modelprediction",
            index=models.Index(fields=["model", "probability"], name="prediction_probability"),
        ),
        migrations.AddConstraint(
            model_name="deduplicationmodel",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("cluster_out_confidence__gte", 0), ("cluster_out_confidence__lte", 1)
                ),
                name="model_cluster_out_confidence_range",
            ),
        ),
        migrations.AddField(
            model_name="thresholdchange",
            name="active_after",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="finetuning.deduplicationmodel",
            ),
        ),
        migrations.AddField(
            model_name="thresholdchange",
            name="active_before",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="finetuning.deduplicationmodel",
            ),
        ),
        migrations.AddField(
            model_name="thresholdchange",
            name="actor",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="thresholdchange",
            name="model",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="threshold_changes",
                to="finetuning.deduplicationmodel",
            ),
        ),
        migrations.AddField(
            model_name="thresholdchange",
            name="undoes",
            field=models.OneToOneField(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="undone_by",
                to="finetuning.thresholdchange",
            ),
        ),
        migrations.AddIndex(
            model_name="thresholdchange",
            index=models.Index(fields=["-created_at", "id"], name="threshold_change_newest"),
        ),
    ]
