"""Serve the tables over HTTP, by Kowalski's API: its client penquins works unchanged."""

import argparse
from pathlib import Path

from pipeline.archive.query.command_line import add_home

COMMAND = "serve"
EXAMPLES = (
    "nightmill serve --users users",
    "nightmill serve --users users --port 0 --max-time 60",
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument(
        "--users",
        type=Path,
        metavar="FILE",
        help="of `nightmill add-user`; without it the one user of the variables "
        "NIGHTMILL_SERVE_USERNAME and NIGHTMILL_SERVE_PASSWORD",
    )
    parser.add_argument("--host", default="127.0.0.1", help="default: 127.0.0.1, this machine only")
    parser.add_argument("--port", type=int, default=4000, help="default: 4000; 0: any free one")
    parser.add_argument(
        "--behind-proxy",
        action="store_true",
        help="clients come through a proxy with TLS, which says their addresses",
    )
    parser.add_argument(
        "--token-hours", type=float, default=24.0, metavar="H", help="a token's life; default: 24"
    )
    parser.add_argument(
        "--max-time", type=float, default=300.0, metavar="S", help="of a query [s]; default: 300"
    )
    parser.add_argument(
        "--rate", type=float, default=20.0, metavar="N", help="queries a second of a user"
    )
    add_home(parser)


def run(arguments: argparse.Namespace) -> None:
    """Serve until it is stopped."""
    import os  # noqa: PLC0415 - as those below, for this command alone
    from contextlib import closing, nullcontext  # noqa: PLC0415
    from functools import partial  # noqa: PLC0415
    from importlib.util import find_spec  # noqa: PLC0415

    from pipeline.services.credentials import find_credentials  # noqa: PLC0415

    if missing := [name for name in ("starlette", "uvicorn") if find_spec(name) is None]:
        raise ValueError(f"{' and '.join(missing)} missing: pip install 'nightmill[serve]'")
    from pipeline.archive.query.files import FilesHome  # noqa: PLC0415
    from pipeline.archive.serve.apart import Apart  # noqa: PLC0415
    from pipeline.archive.serve.app import Limits, application  # noqa: PLC0415
    from pipeline.archive.serve.log import log_to_stderr  # noqa: PLC0415
    from pipeline.archive.serve.run import listen  # noqa: PLC0415
    from pipeline.archive.serve.run import run as serve  # noqa: PLC0415
    from pipeline.archive.serve.users import SERVICE, Users  # noqa: PLC0415
    from pipeline.plan.homes import open_home  # noqa: PLC0415
    from pipeline.plan.named_maps import area_of_event  # noqa: PLC0415

    numbers = (arguments.token_hours, arguments.max_time, arguments.rate)
    if not all(0 < number < float("inf") for number in numbers):
        raise ValueError("--token-hours, --max-time and --rate are more than 0")
    limits = Limits(arguments.max_time, 3600 * arguments.token_hours, arguments.rate)
    file = arguments.users.absolute() if arguments.users else None
    users = Users(file, find_credentials(SERVICE))
    here = Path()
    files = [path.absolute() for path in arguments.configfile]
    with open_home(arguments.directory, arguments.mongodb, files):
        pass  # what is wrong is told by the folder's name
    os.chdir(arguments.directory)  # no answer can tell where it is
    log_to_stderr()
    area_of = partial(area_of_event, directory=here, files=files)
    with (
        open_home(here, arguments.mongodb, files) as home,
        listen(arguments.host, arguments.port, arguments.behind_proxy) as listening,
        # a MongoDB keeps the time and the memory of queries itself
        closing(Apart(home, area_of)) if isinstance(home, FilesHome) else nullcontext() as apart,
    ):
        host, port = listening.getsockname()[:2]
        shown = f"[{host}]" if ":" in host else host
        print(f"Serving {arguments.directory} at http://{shown}:{port}", flush=True)
        app = application(home, users, limits, area_of, apart)
        serve(app, listening, arguments.behind_proxy)
