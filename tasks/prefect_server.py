"""The server of Prefect that a command brings along when none is set up."""

import signal


def start() -> None:
    """Start Prefect's embedded server if no other is set up, in a way that Ctrl-C reaches the run and not the server.

    A terminal sends Ctrl-C to every process of a command. A server that ends at once leaves the run nobody to tell that
    it was interrupted, and Prefect then asks for minutes. A signal that is blocked stays so in processes started then.
    """
    from prefect.client.orchestration import get_client

    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        with get_client(sync_client=True):
            pass
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
