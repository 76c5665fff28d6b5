"""Inboxes and copies elsewhere, against real servers on loopback: an SFTP server (asyncssh) and an S3 stand-in (moto)."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import asyncssh
import boto3
import pytest
from moto.server import ThreadedMotoServer

from pipeline import remote
from pipeline.errors import UsageError, WarehouseError
from tests.conftest import AS_OF, INBOX

Call = Callable[..., subprocess.CompletedProcess[str]]
NIGHT = ("claims_lakeside_2026h2.837p", "history_mmh01_2026h1.835", "mmh01_20261119.835", "zipped.835")
SECRET = "not-to-be-shown"


class PasswordServer(asyncssh.SSHServer):
    """Lets in also who has the password `go@od/1`."""

    def password_auth_supported(self) -> bool:
        return True

    def validate_password(self, username: str, password: str) -> bool:
        return (username, password) == ("m@e", "go@od/1")


@pytest.fixture
def sftp(tmp_path: Path) -> Iterator[tuple[Path, int, dict[str, str]]]:
    """An SFTP server: its folder, its port, and the environment of a user that knows its key and has one of its own."""
    folder, home = tmp_path / "served", tmp_path / "home"
    folder.mkdir()
    (home / ".ssh").mkdir(parents=True)
    host_key, user_key = (asyncssh.generate_private_key("ssh-ed25519") for _ in range(2))
    user_key.write_private_key(home / ".ssh" / "id_ed25519")
    user_key.write_public_key(tmp_path / "authorized")
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()

    async def listen() -> asyncssh.SSHAcceptor:
        return await asyncssh.listen(
            "127.0.0.1",
            0,
            server_factory=PasswordServer,
            server_host_keys=[host_key],
            authorized_client_keys=str(tmp_path / "authorized"),
            sftp_factory=lambda channel: asyncssh.SFTPServer(channel, chroot=os.fsencode(folder)),
        )

    server = asyncio.run_coroutine_threadsafe(listen(), loop).result(30)
    port = server.get_port()
    public = host_key.export_public_key().decode().strip()
    (home / ".ssh" / "known_hosts").write_text(f"[127.0.0.1]:{port} {public}\n")
    yield folder, port, {"HOME": str(home)}
    loop.call_soon_threadsafe(server.close)
    asyncio.run_coroutine_threadsafe(server.wait_closed(), loop).result(30)
    loop.call_soon_threadsafe(loop.stop)
    thread.join(30)


@pytest.fixture
def s3() -> Iterator[tuple[object, dict[str, str]]]:
    """An S3 server with an empty bucket `remittances`, and the environment of its user."""
    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    address = f"http://127.0.0.1:{server.get_host_and_port()[1]}"
    user = {
        "AWS_ENDPOINT_URL": address,
        "AWS_ACCESS_KEY_ID": "key",
        "AWS_SECRET_ACCESS_KEY": SECRET,
        "AWS_DEFAULT_REGION": "us-east-1",
    }
    client = boto3.client(
        "s3", endpoint_url=address, region_name="us-east-1", aws_access_key_id="key", aws_secret_access_key=SECRET
    )
    client.create_bucket(Bucket="remittances")
    for left in client.list_objects_v2(Bucket="remittances").get("Contents", ()):  # moto keeps them as long as the process is
        client.delete_object(Bucket="remittances", Key=left["Key"])
    yield client, user
    server.stop()


def worklist_of(remit835: Call, inbox: list, warehouse: Path, environment: dict[str, str] | None = None) -> tuple[dict, bytes]:
    done = remit835(
        "run", *inbox, "--warehouse", warehouse, "--as-of", AS_OF, "--json", environment=environment
    )
    assert done.returncode == 3, done.stderr
    assert SECRET not in done.stderr + done.stdout
    return json.loads(done.stdout), (warehouse / "worklist" / "worklist.csv").read_bytes()


def test_a_night_from_sftp_and_s3_is_the_night_from_a_folder(remit835: Call, sftp, s3, tmp_path: Path):
    here = tmp_path / "here"
    folder, port, ssh_user = sftp
    client, s3_user = s3
    (folder / "outbound" / "july").mkdir(parents=True)
    here.mkdir()
    for number, name in enumerate(NIGHT):
        content = (INBOX / name).read_bytes()
        (here / name).write_bytes(content)
        if number % 2:
            client.put_object(Bucket="remittances", Key=f"night/{name}", Body=content)
        else:
            (folder / "outbound" / "july" / name).write_bytes(content)
    (folder / "outbound" / "unfinished.835.part").write_bytes(b"ISA*")
    inbox = [f"sftp://me@127.0.0.1:{port}/outbound", "s3://remittances/night"]
    environment = {**ssh_user, **s3_user, "REMIT835_PUBLISH_TO": f"sftp://me@127.0.0.1:{port}/copies"}
    said, elsewhere = worklist_of(remit835, inbox, tmp_path / "elsewhere", environment)
    assert said["files"] == {"accepted": 3, "left alone": 1, "quarantined": 1}
    assert elsewhere == worklist_of(remit835, [here], tmp_path / "warehouse")[1]
    assert (folder / "copies" / "worklist" / "worklist.csv").read_bytes() == elsewhere
    assert [path.name for path in folder.rglob(".*")] == []
    assert not (tmp_path / "elsewhere" / ".staging").exists()

    again = {**environment, "REMIT835_PUBLISH_TO": "s3://remittances/copies"}
    said, elsewhere = worklist_of(remit835, inbox, tmp_path / "elsewhere", again)
    assert said["files"] == {"known already": 4, "left alone": 1}
    assert client.get_object(Bucket="remittances", Key="copies/worklist/worklist.csv")["Body"].read() == elsewhere


def test_an_unknown_host_is_not_trusted(remit835: Call, sftp, tmp_path: Path):
    _, port, user = sftp
    (Path(user["HOME"]) / ".ssh" / "known_hosts").write_text("")
    place = f"sftp://me:{SECRET}@127.0.0.1:{port}/outbound"
    done = remit835("run", place, "--warehouse", tmp_path / "warehouse", environment=user)
    assert done.returncode == 2
    assert "known_hosts" in done.stderr
    assert SECRET not in done.stderr + done.stdout


@pytest.mark.parametrize("place", ["s3://remittances/nothing", "s3://no-such-bucket/night", "nonsense://"])
def test_a_place_that_is_not_there_is_said(place: str, s3, monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    for name, value in s3[1].items():
        monkeypatch.setenv(name, value)
    with pytest.raises(UsageError, match=place):
        remote.fetch([place], tmp_path / "fetched")


def test_a_warehouse_is_no_address(remit835: Call):
    done = remit835("run", INBOX, "--warehouse", "s3://remittances/warehouse")
    assert done.returncode == 2
    assert "rename" in done.stderr and "publish_to" in done.stderr
    assert not Path("s3:").exists()


@pytest.fixture
def s3_here(s3, monkeypatch: pytest.MonkeyPatch) -> object:
    """The S3 server for this process."""
    for name, value in s3[1].items():
        monkeypatch.setenv(name, value)
    return s3[0]


def published(place: str, folder: Path) -> str:
    """What is said of copies that cannot be published."""
    file = folder / "warehouse" / "worklist" / "worklist.csv"
    file.parent.mkdir(parents=True)
    file.write_text("work_id\n")
    with pytest.raises(WarehouseError, match="the warehouse itself is whole") as said:
        remote.publish([file], folder / "warehouse", place)
    return str(said.value)


def test_no_bucket_is_made_for_copies(s3_here, tmp_path: Path):
    said = published("s3://remitances/copies", tmp_path)
    assert said.startswith("s3://remitances/copies: ") and "Make the bucket" in said
    assert [bucket["Name"] for bucket in s3_here.list_buckets()["Buckets"]] == ["remittances"]


def test_a_folder_that_cannot_be_made_for_copies_is_said(tmp_path: Path):
    (tmp_path / "file").write_text("")
    assert str(tmp_path / "file" / "copies") in published(str(tmp_path / "file" / "copies"), tmp_path)


def test_a_server_for_copies_that_lets_nobody_in_is_said(sftp, monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    monkeypatch.setenv("HOME", str(tmp_path))
    said = published(f"sftp://me:{SECRET}@127.0.0.1:{sftp[1]}/copies", tmp_path)
    assert "known_hosts" in said and SECRET not in said


def fetched_from(s3_here, keys: dict[str, bytes], folder: Path, place: str = "s3://remittances/in") -> dict[str, bytes]:
    """The files that are landed where a bucket holds the objects `keys`."""
    for key, content in keys.items():
        s3_here.put_object(Bucket="remittances", Key=key, Body=content)
    fetched = remote.fetch([place], folder / "fetched")
    assert fetched.failed == []
    found = [path for one in fetched.folders for path in one.rglob("*") if path.is_file()]
    assert len({path.name for path in found}) == len(found)
    return {path.name: path.read_bytes() for path in found}


@pytest.mark.parametrize("place", ["s3://remittances/in", "s3://remittances/in/", "s3://remittances"])
@pytest.mark.parametrize("marker", ["in/", "in/2026/", "in/2026"])
def test_what_stands_for_a_folder_is_no_file(marker: str, place: str, s3_here, tmp_path: Path):
    assert fetched_from(s3_here, {marker: b"", "in/2026/a.835": b"ISA*"}, tmp_path, place) == {"a.835": b"ISA*"}


def test_an_inbox_with_nothing_but_its_marker_is_empty(s3_here, tmp_path: Path):
    assert fetched_from(s3_here, {"in/": b""}, tmp_path) == {}


def test_an_empty_file_is_no_marker(s3_here, tmp_path: Path):
    assert fetched_from(s3_here, {"in/empty.835": b""}, tmp_path) == {"empty.835": b""}


def test_a_file_whose_name_is_also_a_folder_is_read(s3_here, tmp_path: Path):
    keys = {"in/a": b"one", "in/a/b": b"two", "in/a/b/c.835": b"three"}
    assert fetched_from(s3_here, keys, tmp_path) == {"a": b"one", "b": b"two", "c.835": b"three"}


def test_two_of_one_name_that_cannot_be_fetched_are_two(remit835: Call, sftp, tmp_path: Path):
    folder, port, user = sftp
    for name in ("june", "july"):
        (folder / "outbound" / name).mkdir(parents=True)
        (folder / "outbound" / name / "a.835").symlink_to("nowhere")
    (folder / "outbound" / NIGHT[2]).write_bytes((INBOX / NIGHT[2]).read_bytes())
    said, _ = worklist_of(remit835, [f"sftp://me@127.0.0.1:{port}/outbound"], tmp_path / "warehouse", user)
    assert said["files"] == {"accepted": 1, "to be tried again": 2}
    assert [held["file_name"] for held in said["quarantine"]] == ["a.835", "a.835"]


@pytest.mark.parametrize(
    ("place", "said"),
    [
        ("sftp://host/in@2026/x?y", "sftp://host/in@2026/x?y"),
        ("sftp://me@host/in@2026", "sftp://host/in@2026"),
        ("sftp://me:pa/ss@host/out", "sftp://host/out"),
        ("sftp://me:p@s/s@host/out", "sftp://host/out"),
        ("sftp://me:p?s/s@host/out?", "sftp://host/out?"),
        ("sftp://me@site:1/s@host:22/out", "sftp://host:22/out"),
        ("s3://bucket/a?b@c:d", "s3://bucket/a?b@c:d"),
        ("https://me:pass@host/out?sig=s", "https://host/out"),
        ("HTTPS://host:80/out?to=a@b&sig=s", "HTTPS://..."),
        ("https://me:p?ss@host/out", "https://..."),
        ("abfs://folder@account.example/out?sig=s", "abfs://account.example/out"),
    ],
)
def test_no_part_of_a_password_is_shown(place: str, said: str):
    assert remote.shown(place) == said


def test_an_sftp_password_may_be_percent_encoded(sftp, monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    folder, port, user = sftp
    monkeypatch.setenv("HOME", user["HOME"])
    (Path(user["HOME"]) / ".ssh" / "id_ed25519").unlink()
    (folder / "a.835").write_bytes(b"ISA*")
    fetched = remote.fetch([f"sftp://m%40e:go%40od%2F1@127.0.0.1:{port}/a.835"], tmp_path / "fetched")
    assert [path.name for path in fetched.folders[0].iterdir()] == ["a.835"]


def test_an_sftp_password_with_a_slash_is_said_and_not_shown(tmp_path: Path):
    with pytest.raises(UsageError, match="%2F for /") as said:
        remote.fetch(["sftp://me:go/od@127.0.0.1/out"], tmp_path / "fetched")
    assert str(said.value).startswith("sftp://127.0.0.1/out: ")


@pytest.mark.parametrize("name", ["what?", "number#1", "what?#", "50%25"])
def test_an_sftp_path_is_taken_as_it_is(name: str, sftp, monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    folder, port, user = sftp
    monkeypatch.setenv("HOME", user["HOME"])
    (folder / name).mkdir()
    (folder / name / "a.835").write_bytes(b"ISA*")
    fetched = remote.fetch([f"sftp://me@127.0.0.1:{port}/{name}/"], tmp_path / "fetched")
    assert [path.read_bytes() for path in fetched.folders[0].iterdir()] == [b"ISA*"]
