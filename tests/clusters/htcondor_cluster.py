"""A personal HTCondor pool on loopback: `htcondor_cluster.py start` or `stop`.

Debian 12 has no HTCondor, so Debian 13 is unpacked into a folder and HTCondor installed in
there; the system itself is not changed. The pool and those who submit to it run as an
ordinary user inside of it, as root's jobs are refused. `stop` keeps the folder, 400 MB, for
the next start; `purge` removes it.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from daemons import HOME, call, install, missing_for_install, running, spawn, stop, wait_until

SYSTEM = HOME / "trixie"
FOLDER = Path("/var/lib/nightmill-pool")
"""Inside of `SYSTEM`."""
HERE = SYSTEM / FOLDER.relative_to("/")
MASTER = HERE / "master.pid"
ROOT = Path(__file__).parents[2]
MIRROR = "http://deb.debian.org/debian"
USER = 61_843
"""No account of the machine has this number."""
NAME = "nightmill"
PACKAGES = (
    "condor",
    # What Python, built on Debian 12, is linked with.
    "libssl3", "libffi8", "libsqlite3-0", "libbz2-1.0", "liblzma5", "zlib1g", "libreadline8",
    "libncursesw6", "libgomp1",
)  # fmt: skip
CPUS, MEMORY_MB = 4, 12_000

CONFIG = f"""\
CONDOR_HOST = 127.0.0.1
COLLECTOR_HOST = 127.0.0.1:29618
DAEMON_LIST = MASTER COLLECTOR NEGOTIATOR SCHEDD STARTD
USE_SHARED_PORT = False
NETWORK_INTERFACE = 127.0.0.1
BIND_ALL_INTERFACES = False
NO_DNS = True
DEFAULT_DOMAIN_NAME = nightmill
UID_DOMAIN = nightmill
FILESYSTEM_DOMAIN = nightmill
TRUST_DOMAIN = nightmill
RELEASE_DIR = /usr
LIBEXEC = /usr/libexec/condor
SHARE = /usr/share/condor
LOCAL_DIR = {FOLDER}
RUN = {FOLDER}/run
LOG = {FOLDER}/log
SPOOL = {FOLDER}/spool
EXECUTE = {FOLDER}/execute
LOCK = {FOLDER}/lock
CREDD_HOST =
SEC_DEFAULT_AUTHENTICATION = REQUIRED
SEC_DEFAULT_AUTHENTICATION_METHODS = IDTOKENS
SEC_CLIENT_AUTHENTICATION_METHODS = IDTOKENS
SEC_DEFAULT_ENCRYPTION = OPTIONAL
SEC_DEFAULT_INTEGRITY = OPTIONAL
SEC_PASSWORD_DIRECTORY = {FOLDER}/keys
SEC_TOKEN_POOL_SIGNING_KEY_FILE = {FOLDER}/keys/POOL
SEC_TOKEN_SYSTEM_DIRECTORY = {FOLDER}/tokens
SEC_TOKEN_DIRECTORY = {FOLDER}/tokens
ALLOW_READ = *
ALLOW_WRITE = *
ALLOW_DAEMON = *
ALLOW_NEGOTIATOR = *
ALLOW_ADMINISTRATOR = *
NUM_CPUS = {CPUS}
MEMORY = {MEMORY_MB}
NUM_SLOTS = 1
NUM_SLOTS_TYPE_1 = 1
SLOT_TYPE_1 = 100%
SLOT_TYPE_1_PARTITIONABLE = True
START = True
SUSPEND = False
PREEMPT = False
KILL = False
use POLICY : HOLD_IF_MEMORY_EXCEEDED
STARTER_UPDATE_INTERVAL = 1
STARTER_INITIAL_UPDATE_INTERVAL = 1
POLLING_INTERVAL = 1
PID_SNAPSHOT_INTERVAL = 1
NEGOTIATOR_INTERVAL = 2
NEGOTIATOR_MIN_INTERVAL = 1
NEGOTIATOR_CYCLE_DELAY = 1
SCHEDD_INTERVAL = 2
SCHEDD_MIN_INTERVAL = 1
UPDATE_INTERVAL = 2
CLAIM_WORKLIFE = 0
PERIODIC_EXPR_INTERVAL = 2
# [s] that a new scheduler tries to reconnect to a job: one that ends just then is run again
JOB_DEFAULT_LEASE_DURATION = 60
USER_JOB_WRAPPER = {FOLDER}/job_wrapper.sh
"""


# HTCondor looks at a job's memory every few seconds: one that asks for far too little, as
# test_clusters.py has it, would end before it is looked at, or be looked at when it uses little.
# So such a job holds 300 MB at its end, in `tail`, whose only line nobody reads.
WRAPPER = """\
#!/bin/sh
"$@"
status=$?
grep -q '^RequestMemory = 100$' "$_CONDOR_JOB_AD" && head -c 300M /dev/zero | tail | sleep 20
exit $status
"""


def unavailable() -> str:
    """Return why HTCondor cannot be started here; nothing if it can."""
    return missing_for_install()


def start() -> None:
    """Start the pool; what runs already stays."""
    if not (SYSTEM / ".complete").exists():
        _unpack()
    _mount()
    _write_configuration()
    start_master()


def start_master() -> None:
    """Start HTCondor's master, which starts the others, and wait until a slot can be used."""
    spawn(MASTER, inside(["condor_master", "-f"]), HERE / "master.out")
    wait_until("the pool has a slot", lambda: "slot1" in run(["condor_status", "-af", "Name"]))
    wait_until("the queue answers", lambda: run(["condor_q", "-totals"]))


def stop_all() -> None:
    """Remove all jobs, stop the pool, take its folders away."""
    if running(MASTER):
        subprocess.run(inside(["condor_rm", "-all"]), capture_output=True, check=False)
    stop(MASTER)
    _unmount()
    shutil.rmtree(HERE, ignore_errors=True)


def purge() -> None:
    """Stop the pool, and remove Debian 13 as well."""
    stop_all()
    if not _mounts():
        shutil.rmtree(SYSTEM, ignore_errors=True)


def inside(command: Sequence[str | Path], directory: Path | None = None) -> list[str]:
    """Return how a command is run as the pool's user inside of Debian 13."""
    variables = {
        "CONDOR_CONFIG": FOLDER / "condor_config", "HOME": FOLDER, "USER": NAME,
        "LANG": "C.UTF-8", "PATH": f"{Path(sys.prefix) / 'bin'}:/usr/sbin:/usr/bin:/sbin:/bin",
        **{k: v for k, v in os.environ.items() if k in ("PYTHONPATH", "CI")},
    }  # fmt: skip
    change = ["--chdir", str(directory)] if directory else []
    return [
        "chroot", f"--userspec={USER}:{USER}", str(SYSTEM), "/usr/bin/env", "--ignore-environment",
        *change, *(f"{name}={value}" for name, value in variables.items()), *map(str, command),
    ]  # fmt: skip


def run(command: Sequence[str | Path]) -> str:
    """Run a command inside, and return what it says."""
    return call(inside(command))


def _unpack() -> None:
    install(["debootstrap"], ["debootstrap"])
    shutil.rmtree(SYSTEM, ignore_errors=True)
    SYSTEM.parent.mkdir(parents=True, exist_ok=True)
    call(["debootstrap", "--variant=minbase", "trixie", SYSTEM, MIRROR])
    # How this machine reaches the mirror holds inside as well.
    shutil.copy("/etc/resolv.conf", SYSTEM / "etc")
    shutil.copytree("/etc/apt/apt.conf.d", SYSTEM / "etc/apt/apt.conf.d", dirs_exist_ok=True)
    policy = SYSTEM / "usr/sbin/policy-rc.d"
    policy.write_text("#!/bin/sh\nexit 101\n")  # no service starts by itself
    policy.chmod(0o755)
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    apt = ["chroot", SYSTEM, "apt-get", "--quiet"]
    call([*apt, "update"], env=environment)
    call([*apt, "install", "--yes", "--no-install-recommends", *PACKAGES], env=environment)
    (SYSTEM / ".complete").touch()


def _mount() -> None:
    """Show the system, Python, the checkout and the tests' folders inside."""
    system = ("/proc", "/sys", "/dev", "/tmp")
    places = {Path(place) for place in (*system, sys.base_prefix, sys.prefix, ROOT)}
    mounted = _mounts()
    for place in sorted(places):
        target = SYSTEM / place.relative_to("/")
        if any(parent in places for parent in place.parents) or target in mounted:
            continue
        target.mkdir(parents=True, exist_ok=True)
        call(["mount", "--bind", place, target])
        for parent in target.parents:
            if parent == SYSTEM:
                break
            parent.chmod(parent.stat().st_mode | 0o755)


def _unmount() -> None:
    """Take the mounts away, the last one first: one may lie upon another."""
    for place in reversed(_mounts()):
        # what is left of a failed test may still be busy there
        call(["umount", "--lazy", place])


def _mounts() -> list[Path]:
    lines = Path("/proc/self/mounts").read_text().splitlines()
    return [Path(p) for line in lines if (p := line.split()[1]).startswith(f"{SYSTEM}/")]


def _write_configuration() -> None:
    folders = [
        HERE,
        *(HERE / n for n in ("run", "log", "spool", "execute", "lock", "keys", "tokens")),
    ]
    for folder in folders:
        folder.mkdir(parents=True, exist_ok=True)
        shutil.chown(folder, USER, USER)
    for secret in ("keys", "tokens"):
        (HERE / secret).chmod(0o700)
    (HERE / "condor_config").write_text(CONFIG)
    wrapper = HERE / "job_wrapper.sh"
    wrapper.write_text(WRAPPER)
    wrapper.chmod(0o755)
    for file, line in (
        ("passwd", f"{NAME}:x:{USER}:{USER}::{FOLDER}:/bin/sh\n"),
        ("group", f"{NAME}:x:{USER}:\n"),
    ):
        path = SYSTEM / "etc" / file
        if f"\n{NAME}:" not in path.read_text():
            path.write_text(path.read_text() + line)
    key = HERE / "keys/POOL"
    if not key.exists():
        key.touch(mode=0o600)
        key.write_bytes(os.urandom(64).replace(b"\0", b"1"))
        shutil.chown(key, USER, USER)
    token = HERE / "tokens/pool"
    if not token.exists():
        text = run(["condor_token_create", "-identity", f"{NAME}@nightmill", "-key", "POOL"])
        token.touch(mode=0o600)
        token.write_text(text)
        shutil.chown(token, USER, USER)


if __name__ == "__main__":
    reason = unavailable()
    if reason:
        sys.exit(reason)
    {"start": start, "stop": stop_all, "purge": purge}[sys.argv[1]]()
