"""A SLURM of one node with accounting, on loopback: `slurm_cluster.py start` or `stop`.

Debian's packages; nothing is started as a service. The configuration goes to /etc/slurm,
where the plugin's inner srun looks for it, and is removed again by `stop`.
"""

import os
import shutil
import socket
import sys
from pathlib import Path

from daemons import HOME, call, install, missing_for_install, running, spawn, stop, wait_until

FOLDER = HOME / "slurm"
CONF = Path("/etc/slurm")
MARK = "# Written by nightmill's tests/clusters/slurm_cluster.py\n"
PORTS = {"slurmctld": 26817, "slurmd": 26818, "slurmdbd": 26819, "mariadb": 23306}
PASSWORD = "only-on-loopback"
PROGRAMS = ("slurmctld", "slurmd", "slurmdbd", "munged", "mariadbd")
PACKAGES = ("slurmctld", "slurmd", "slurmdbd", "slurm-client", "munge", "mariadb-server")
DAEMONS = ("slurmd", "slurmctld", "slurmdbd", "mariadb", "munge")
ACCOUNT = "science"
CPUS, MEMORY_MB = 4, 12_000

SLURM_CONF = """\
{mark}ClusterName=nightmill
SlurmctldHost={host}(127.0.0.1)
SlurmctldPort={slurmctld}
SlurmdPort={slurmd}
SlurmUser=root
AuthType=auth/munge
AuthInfo=socket={folder}/munge/socket
CryptoType=crypto/munge
CommunicationParameters=block_null_hash
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd.pid
SlurmctldLogFile={folder}/slurmctld.log
SlurmdLogFile={folder}/slurmd.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SwitchType=switch/none
MpiDefault=none
ReturnToService=2
KillWait=2
MinJobAge=300
SlurmdParameters=config_overrides
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU_Memory
SchedulerParameters=sched_min_interval=0,batch_sched_delay=0
JobAcctGatherType=jobacct_gather/linux
JobAcctGatherFrequency=1
JobAcctGatherParams=OverMemoryKill
AccountingStorageType=accounting_storage/slurmdbd
AccountingStorageHost=127.0.0.1
AccountingStoragePort={slurmdbd}
AccountingStoragePass={folder}/munge/socket
AccountingStorageEnforce=associations,limits
AccountingStoreFlags=job_comment
NodeName={host} NodeAddr=127.0.0.1 CPUs={cpus} RealMemory={memory} State=UNKNOWN
PartitionName=day Nodes={host} Default=YES MaxTime=24:00:00 State=UP
"""

SLURMDBD_CONF = """\
{mark}DbdHost=localhost
DbdAddr=127.0.0.1
DbdPort={slurmdbd}
SlurmUser=root
AuthType=auth/munge
AuthInfo=socket={folder}/munge/socket
StorageType=accounting_storage/mysql
StorageHost=127.0.0.1
StoragePort={mariadb}
StorageUser=slurm
StoragePass={password}
StorageLoc=slurm_acct
PidFile={folder}/slurmdbd.pid
LogFile={folder}/slurmdbd.log
"""


def unavailable() -> str:
    """Return why SLURM cannot be started here; nothing if it can."""
    conf = CONF / "slurm.conf"
    if conf.exists() and MARK not in conf.read_text():
        return f"{conf} is of another cluster"
    return missing_for_install()


def start() -> None:
    """Start the cluster; what runs already stays."""
    install(PROGRAMS, PACKAGES)
    if not running(FOLDER / "slurmctld.pid"):
        # jobs of a cluster that was killed would keep the node for ever
        shutil.rmtree(FOLDER / "state", ignore_errors=True)
    for folder in (FOLDER, FOLDER / "state", FOLDER / "spool"):
        folder.mkdir(parents=True, exist_ok=True)
    _start_munge()
    _start_mariadb()
    _write_configuration()
    for daemon in ("slurmdbd", "slurmctld", "slurmd"):
        start_daemon(daemon)
    wait_until("the node is idle", lambda: call(["sinfo", "-h", "-o", "%T"]).strip() == "idle")


def start_daemon(name: str) -> None:
    """Start slurmdbd, slurmctld or slurmd."""
    spawn(FOLDER / f"{name}.pid", [shutil.which(name), "-D"], FOLDER / f"{name}.out")
    if name == "slurmdbd":
        wait_until("slurmdbd answers", lambda: call(["sacctmgr", "-n", "list", "cluster"]) or True)
        _add_account()
    elif name == "slurmctld":
        wait_until("slurmctld answers", lambda: call(["scontrol", "ping"]).count("UP"))


def stop_daemon(name: str) -> None:
    """Stop one of `DAEMONS`."""
    stop(FOLDER / f"{name}.pid")


def stop_all() -> None:
    """Cancel all jobs, stop the cluster, remove its configuration and database."""
    if unavailable() or not FOLDER.exists():
        return
    if running(FOLDER / "slurmctld.pid"):
        call(["scancel", "--user", "root"])
        wait_until("no job is left", lambda: not call(["squeue", "-h"]).strip(), seconds=30)
    for daemon in DAEMONS:
        stop_daemon(daemon)
    for name in ("slurm.conf", "slurmdbd.conf"):
        (CONF / name).unlink(missing_ok=True)
    shutil.rmtree(FOLDER)


def _start_munge() -> None:
    folder = FOLDER / "munge"
    folder.mkdir(exist_ok=True)
    key = folder / "key"
    if not key.exists():
        key.write_bytes(os.urandom(128))
        key.chmod(0o600)
    for path in (folder, key):
        shutil.chown(path, "munge", "munge")
    folder.chmod(0o755)
    files = {"key": "key", "socket": "socket", "pid": "pid", "log": "log", "seed": "seed"}
    options = [f"--{name}-file={folder}/{file}" for name, file in files.items() if name != "socket"]
    spawn(
        FOLDER / "munge.pid",
        ["munged", "--foreground", f"--socket={folder}/socket", *options],
        FOLDER / "munge.out",
        user="munge", group="munge", extra_groups=[],
    )  # fmt: skip
    wait_until("munged answers", lambda: call(["munge", "-n", "-S", folder / "socket"]))


def _start_mariadb() -> None:
    data, place = FOLDER / "mariadb", FOLDER / "mariadb.socket.d"
    place.mkdir(exist_ok=True)
    shutil.chown(place, "mysql", "mysql")
    if not data.exists():
        call(["mariadb-install-db", "--no-defaults", "--user=mysql", f"--datadir={data}"])
    options = {
        "datadir": data, "socket": place / "socket", "port": PORTS["mariadb"],
        "bind-address": "127.0.0.1", "user": "mysql", "innodb-buffer-pool-size": "128M",
        "innodb-lock-wait-timeout": 900, "pid-file": place / "pid",
    }  # fmt: skip
    command = ["mariadbd", "--no-defaults", *(f"--{k}={v}" for k, v in options.items())]
    spawn(FOLDER / "mariadb.pid", command, FOLDER / "mariadb.log")
    sql = f"""
        create database if not exists slurm_acct;
        create user if not exists slurm@'127.0.0.1' identified by '{PASSWORD}';
        grant all on slurm_acct.* to slurm@'127.0.0.1';
        create user if not exists slurm@localhost identified by '{PASSWORD}';
        grant all on slurm_acct.* to slurm@localhost;"""
    client = ["mariadb", "--no-defaults", f"--socket={place}/socket", "--execute", sql]
    wait_until("MariaDB answers", lambda: call(client) or True)


def _write_configuration() -> None:
    values = {
        **PORTS, "mark": MARK, "host": socket.gethostname().split(".")[0], "folder": FOLDER,
        "cpus": CPUS, "memory": MEMORY_MB, "password": PASSWORD,
    }  # fmt: skip
    CONF.mkdir(exist_ok=True)
    for name, text in (("slurm.conf", SLURM_CONF), ("slurmdbd.conf", SLURMDBD_CONF)):
        path = CONF / name
        path.write_text(text.format(**values))
        path.chmod(0o600 if "dbd" in name else 0o644)


def _add_account() -> None:
    known = call(["sacctmgr", "-n", "-P", "list", "assoc", "format=cluster,account,user"])
    for what, row in (
        (["cluster", "nightmill"], "nightmill|root|"),
        (["account", ACCOUNT, "cluster=nightmill"], f"nightmill|{ACCOUNT}|"),
        (["user", "root", f"account={ACCOUNT}", f"defaultaccount={ACCOUNT}"], f"{ACCOUNT}|root"),
    ):
        if row not in known:
            call(["sacctmgr", "--immediate", "add", *what])


if __name__ == "__main__":
    reason = unavailable()
    if reason:
        sys.exit(reason)
    {"start": start, "stop": stop_all}[sys.argv[1]]()
