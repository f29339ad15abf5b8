"""Requests made up from the schema, right and wrong ones: no 500, nothing that it does not say.

API_EXAMPLES sets how many for each operation. A hundred take 190 s of one core in all.
"""

import os
import traceback

import pytest
import schemathesis
from django.contrib.auth.models import User
from django.core import signals
from django.core.handlers.wsgi import WSGIHandler
from django.db import close_old_connections, transaction
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode
from schemathesis.config import SchemathesisConfig

from insights.models import ApiToken
from insights.models.api_access import Scope
from tests.conftest import unit_vector

EXAMPLES = int(os.environ.get("API_EXAMPLES", "100"))
SETTINGS = settings(
    max_examples=EXAMPLES,
    derandomize=True,
    deadline=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)
# 422: what the schema cannot say, like a file that is broken or a member of another cluster.
ACCEPTED = ["2xx", "401", "403", "404", "409", "422", "429"]


@pytest.fixture
def _connection_stays_open():
    """The test's transaction lives in it; Django's own test client does the same."""
    signals.request_started.disconnect(close_old_connections)
    signals.request_finished.disconnect(close_old_connections)
    yield
    signals.request_started.connect(close_old_connections)
    signals.request_finished.connect(close_old_connections)


@pytest.fixture
def described(world, make_insight, make_cluster, settings, _connection_stays_open):
    settings.MIDDLEWARE = [name for name in settings.MIDDLEWARE if "gzip" not in name]
    settings.API_REQUESTS_PER_MINUTE = dict.fromkeys(Scope.values, 10**9)
    settings.API_WORK_PER_MINUTE = 10**9
    for number in range(10):  # that clustering anew finds, too
        one, other = f"Claim {number} about rotas.", f"Another claim {number} about rotas."
        near = unit_vector(other, near=unit_vector(one), cosine=0.9)
        make_cluster([make_insight(one), make_insight(other, near)])
    another = User.objects.create_superuser("bea")
    _, key = ApiToken.make(user=another, scopes=["admin"])
    config = SchemathesisConfig.from_dict(
        {
            "seed": 1,
            # The links of the schema say what follows; guessed ones lead to ids of something else.
            "phases": {"stateful": {"inference": {"algorithms": []}}},
            "generation": {"with-security-parameters": False},  # the header below is the real one
            "operations": [
                {  # a part without a byte is no file to Django
                    "include-path": "/api/v1/sources",
                    "checks": {
                        "positive_data_acceptance": {"expected-statuses": [*ACCEPTED, "400"]}
                    },
                }
            ],
            "checks": {"positive_data_acceptance": {"expected-statuses": ACCEPTED}},
        }
    )
    schema = schemathesis.openapi.from_wsgi(
        "/api/schema", WSGIHandler(), config=config, headers={"Authorization": f"Token {key}"}
    )

    @schema.auth()
    class _Token:
        def get(self, case, context):
            return f"Token {key}"

        def set(self, case, data, context):
            case.headers["Authorization"] = data

    return schema


@pytest.mark.slow
@pytest.mark.parametrize("mode", list(GenerationMode))
def test_no_request_leads_out_of_the_schema(mode, described):
    failures = []
    for result in described.get_all_operations():
        operation = result.ok()
        strategy = operation.as_strategy(generation_mode=mode)

        @SETTINGS
        @given(case=strategy)
        def probe(case):
            case.call_and_validate()

        try:
            probe()
        except Unsatisfiable:
            assert mode == GenerationMode.NEGATIVE  # nothing can be wrong without parameters
        except BaseExceptionGroup as group:
            failures.append("".join(traceback.format_exception_only(group)) + str(group))
    assert not failures, "\n\n".join(failures)


@pytest.mark.slow
def test_no_chain_of_requests_leads_out_of_the_schema(described):
    class FromTheSameState(described.as_state_machine()):
        """Else what an earlier chain has used up, like the queue, makes a later one another."""

        def setup(self):
            super().setup()
            self.before = transaction.savepoint()

        def teardown(self):
            transaction.savepoint_rollback(self.before)
            super().teardown()

    FromTheSameState.run(settings=settings(SETTINGS, stateful_step_count=20))
