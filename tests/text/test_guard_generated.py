"""Generated near misses of the demo's statements and of ten languages against the guard."""

from benchmarks.guard import demo_statements, passing
from benchmarks.near_misses import UNTESTED, combined, edited


def test_fewer_than_one_generated_near_miss_in_a_thousand_passes():
    misses = [*edited(demo_statements()), *combined()]
    let_through = passing(misses)
    assert len(misses) > 5000
    assert len({miss.kind for miss in misses}) >= 10
    assert len({miss.language for miss in misses}) >= 10
    assert len(let_through) < len(misses) / 1000, let_through
    assert not [miss for miss in let_through if miss.language in UNTESTED]
