import numpy as np
from scipy.spatial import cKDTree

from elocute.finishing.lip_contacts import nearest
from elocute.finishing.lip_contacts.nearest import nearest_points


def test_nearest_points_are_those_of_a_tree(monkeypatch):
    random = np.random.default_rng(4)
    points = 0.2 + 0.02 * random.standard_normal((150, 3))
    queries = 0.2 + 0.03 * random.standard_normal((40, 7, 3))
    queries[3, 2] = points[17]  # touching
    for block in (2**21, 400):
        monkeypatch.setattr(nearest, "_BLOCK", block)
        distance, index = nearest_points(queries, points)
        theirs, which = cKDTree(points).query(queries)
        assert np.array_equal(index, which)
        assert np.allclose(distance, theirs, atol=1e-15)
    assert distance[3, 2] == 0.0
