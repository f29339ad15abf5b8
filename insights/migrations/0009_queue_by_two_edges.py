"""The queue asks near both edges of the model's probability. A generated column is made anew."""

from django.db import migrations, models
from django.db.models import F, Q, Value
from django.db.models.functions import Abs, Cast, Floor, Least

NEAREST_EDGE = Least(Abs(F("probability") - Value(0.5)), Abs(F("probability") - Value(0.85)))
ASKED_FIRST = (
    Cast(
        Floor(
            models.Case(
                models.When(probability__isnull=False, then=1.0 - 2.0 * NEAREST_EDGE),
                default=F("mean_similarity"),
                output_field=models.FloatField(),
            )
            * 20.0
        ),
        models.IntegerField(),
    )
    * 1_000_000
    + Least(F("people_count"), 999) * 1000
    + Least(F("size"), 999)
)


class Migration(migrations.Migration):
    dependencies = [("insights", "0008_split_merges_at_once")]

    operations = [
        migrations.RemoveIndex(model_name="cluster", name="cluster_asked_first"),
        migrations.RemoveField(model_name="cluster", name="priority"),
        migrations.AddField(
            model_name="cluster",
            name="priority",
            field=models.GeneratedField(
                expression=ASKED_FIRST, output_field=models.IntegerField(), db_persist=True
            ),
        ),
        migrations.AddIndex(
            model_name="cluster",
            index=models.Index(
                fields=["-priority", "id"], condition=Q(status="open"), name="cluster_asked_first"
            ),
        ),
    ]
