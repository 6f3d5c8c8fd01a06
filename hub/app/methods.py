"""The table of all JSON-RPC methods that this hub serves."""

from hub.conversations.account_methods import ACCOUNT_METHODS
from hub.conversations.control_methods import CONTROL_METHODS
from hub.conversations.hub_methods import HUB_METHODS
from hub.conversations.lease_methods import LEASE_METHODS
from hub.conversations.method import Method
from hub.conversations.search_methods import SEARCH_METHODS
from hub.conversations.series_methods import SERIES_METHODS
from hub.conversations.session_methods import SESSION_METHODS
from hub.conversations.stream_methods import STREAM_METHODS

METHODS: dict[str, Method] = {
    **HUB_METHODS,
    **STREAM_METHODS,
    **SERIES_METHODS,
    **SEARCH_METHODS,
    **CONTROL_METHODS,
    **SESSION_METHODS,
    **ACCOUNT_METHODS,
    **LEASE_METHODS,
}
