"""Why a server cannot be had."""


class ServerUnavailable(Exception):
    """A server could not be fetched or started; the message says why and what to do."""


class NotOurs(Exception):
    """The server was started by somebody else, so it is not for us to stop."""
