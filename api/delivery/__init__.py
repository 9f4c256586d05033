"""How finished answers go out: kept as bytes, compressed, and not sent twice to who has them."""

from api.delivery.cache import ByteCache, Finished
from api.delivery.layer import Delivery
from api.delivery.shortcut import Shortcut
from api.delivery.version import Version

__all__ = ["ByteCache", "Delivery", "Finished", "Shortcut", "Version"]
