import asyncio

import pytest

from api.linked.dumps import dumps_of, parts_of


@pytest.fixture(scope="session")
def made_dumps(service):
    """The dumps of the release served, made before the first request for them: they take a while
    where many tests run at once.
    """
    dumps = dumps_of(service.settings.home)
    asyncio.run(dumps.ensure(service.release, parts_of(service.release), 180))
