"""The permissions that pages, endpoints and services of model versions check.

They are Django's own, which come with the models. The API asks for the scope of a token beside
them.
"""

# A version, what it is measured by, and the state of its training.
VIEW_MODEL = "finetuning.view_deduplicationmodel"
# Train or replace a version. A hosted one costs money.
ADD_MODEL = "finetuning.add_deduplicationmodel"
# Activate, deactivate or roll back; set thresholds; cancel a training.
CHANGE_MODEL = "finetuning.change_deduplicationmodel"

VIEW_PREDICTION = "finetuning.view_modelprediction"
VIEW_TRAINING_FILE = "finetuning.view_trainingfile"
