from __future__ import annotations

from decimal import Decimal

import pytest

from pipeline import settings
from pipeline.errors import SettingsError
from tests.conftest import ROOT


def test_without_a_file_the_defaults_hold():
    assert settings.load() == settings.Settings()


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("site.yaml", "time_zone: America/New_York\nlookback_months: 12\nminimum_balance_amount: '5.00'\n"),
        ("site.toml", 'time_zone = "America/New_York"\nlookback_months = 12\nminimum_balance_amount = "5.00"\n'),
    ],
)
def test_a_file_is_read(tmp_path, name, text):
    (tmp_path / name).write_text(text)
    loaded = settings.load(tmp_path / name)
    assert (loaded.time_zone, loaded.lookback_months) == ("America/New_York", 12)
    assert loaded.minimum_balance_amount == Decimal("5.00")


def test_the_command_line_is_stronger_than_the_environment_and_that_than_the_file(tmp_path, monkeypatch):
    (tmp_path / "site.yaml").write_text("mail_days: 1\nlog_format: text\nlookback_months: 1\n")
    monkeypatch.setenv("REMIT835_MAIL_DAYS", "2")
    monkeypatch.setenv("REMIT835_LOG_FORMAT", "text")
    loaded = settings.load(tmp_path / "site.yaml", log_format="json", log_level=None)
    assert (loaded.lookback_months, loaded.mail_days, loaded.log_format, loaded.log_level) == (1, 2, "json", "info")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("lookback_month: 12\n", "did you mean 'lookback_months'"),
        ("lookback_months: twelve\n", "lookback_months"),
        ("lookback_months: -1\n", "lookback_months"),
        ("time_zone: Mars/Olympus\n", "America/New_York"),
        ("lookback_months: 1201\n", "less than or equal to 1200"),
        ("default_deadline_days: 3651\n", "less than or equal to 3650"),
        ("mail_days: 3651\n", "less than or equal to 3650"),
        ("memory_limit: a lot\n", "give at least 256MB, as 2GB"),
        ("memory_limit: 255MB\n", "give at least 256MB"),
        ("memory_limit: 0GB\n", "give at least 256MB"),
        ("memory_limit: 9999999999GB\n", "no size that the SQL engine can work with"),
        ("- a\n- list\n", "keys and values"),
        ("a: [\n", "not valid YAML"),
    ],
)
def test_what_is_wrong_is_said_with_the_fix(tmp_path, text, said):
    (tmp_path / "site.yaml").write_text(text)
    with pytest.raises(SettingsError, match=r"site\.yaml") as error:
        settings.load(tmp_path / "site.yaml")
    assert said in str(error.value)


@pytest.mark.parametrize("size", ["256MB", "1GB", "999999999GB"])
def test_a_size_of_memory_that_the_engine_can_work_with(size):
    assert settings.load(memory_limit=size).memory_limit == size


def test_an_unknown_name_in_the_environment_is_an_error(monkeypatch):
    monkeypatch.setenv("REMIT835_MAIL_DAY", "2")
    with pytest.raises(SettingsError, match="REMIT835_MAIL_DAY; did you mean 'mail_days'"):
        settings.load()


@pytest.mark.parametrize("name", ["missing.yaml", "site.ini"])
def test_a_file_that_cannot_be_read_is_an_error(tmp_path, name):
    if name == "site.ini":
        (tmp_path / name).write_text("x")
    with pytest.raises(SettingsError, match=name):
        settings.load(tmp_path / name)


def test_each_setting_says_where_it_came_from(tmp_path, monkeypatch):
    path = tmp_path / "site.yaml"
    path.write_text("mail_days: 3\nlookback_months: 12\nmappings: own\n")
    monkeypatch.setenv("REMIT835_MAIL_DAYS", "5")
    shown = {one.name: one for one in settings.settings_of(path)}
    assert list(shown) == list(settings.Settings.model_fields)
    assert (shown["mail_days"].value, shown["mail_days"].origin) == (5, "environment REMIT835_MAIL_DAYS")
    assert (shown["lookback_months"].value, shown["lookback_months"].origin) == (12, f"file {path}")
    assert (shown["mappings"].value, shown["mappings"].origin) == (str(tmp_path / "own"), f"file {path}")
    assert (shown["threads"].value, shown["threads"].origin) == (0, "default")
    assert all(one.meaning for one in shown.values())


@pytest.mark.parametrize("name", settings.PATHS)
def test_a_relative_path_is_taken_from_the_folder_of_the_file_that_holds_it(tmp_path, monkeypatch, name):
    path = tmp_path / "site" / "remit835.yaml"
    path.parent.mkdir()
    monkeypatch.chdir(tmp_path)
    path.write_text(f"{name}: own\n")
    assert getattr(settings.load(path), name) == tmp_path / "site" / "own"
    path.write_text(f"{name}: {tmp_path / 'elsewhere'}\n")
    assert getattr(settings.load(path), name) == tmp_path / "elsewhere"
    monkeypatch.setenv(f"REMIT835_{name.upper()}", "own")
    assert getattr(settings.load(path), name).absolute() == tmp_path / "own", "from the environment: from the current folder"


def test_lists_and_dictionaries_come_from_the_environment_too(tmp_path, monkeypatch):
    path = tmp_path / "site.yaml"
    path.write_text("split_worklist_by: [client]\nextract_columns: {Old: claim_number}\n")
    monkeypatch.setenv("REMIT835_SPLIT_WORKLIST_BY", "owner")
    monkeypatch.setenv("REMIT835_EXTRACT_COLUMNS", '{"Acct No": "patient_control_number"}')
    loaded = settings.load(path)
    assert (loaded.split_worklist_by, loaded.extract_columns) == (("owner",), {"Acct No": "patient_control_number"})
    monkeypatch.setenv("REMIT835_SPLIT_WORKLIST_BY", "owner, next_step")
    assert settings.load(path).split_worklist_by == ("owner", "next_step")


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("SPLIT_WORKLIST_BY", "owner,sender", "setting split_worklist_by.1: Input should be 'owner'"),
        ("EXTRACT_COLUMNS", "Acct No: patient_control_number", "setting extract_columns: .* has to be JSON"),
        ("EXTRACT_COLUMNS", "[]", "setting extract_columns: Input should be a valid dictionary"),
    ],
)
def test_a_wrong_list_or_dictionary_in_the_environment_is_named(monkeypatch, name, value, said):
    monkeypatch.setenv(f"REMIT835_{name}", value)
    with pytest.raises(SettingsError, match=said):
        settings.load()


def test_an_empty_value_in_the_environment_counts_as_not_set(tmp_path, monkeypatch):
    path = tmp_path / "site.yaml"
    path.write_text("mail_days: 3\n")
    for name in ("REMIT835_MAPPINGS", "REMIT835_MAIL_DAYS"):
        monkeypatch.setenv(name, "")
    assert (settings.load(path).mappings, settings.load(path).mail_days) == (None, 3)
    shown = {one.name: one.origin for one in settings.settings_of(path)}
    assert (shown["mappings"], shown["mail_days"]) == ("default", f"file {path}")


def test_the_password_of_an_address_is_never_shown(tmp_path):
    path = tmp_path / "site.yaml"
    path.write_text("publish_to: sftp://me:SECRET@host/worklists\n")
    shown = settings.settings_of(path)
    assert "SECRET" not in settings.as_text(shown)
    assert {one.name: one.value for one in shown}["publish_to"] == "sftp://host/worklists"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("mail_days: 3\npublish_to: sftp://me:SECRET@host/x: y\n", "mapping values are not allowed here, in line 2, column 36"),
        ("publish_to: sftp://me:SECRET\a@host\n", "a character that YAML does not allow"),
    ],
)
def test_what_is_no_yaml_is_named_by_its_place_and_not_quoted(tmp_path, text, said):
    (tmp_path / "site.yaml").write_text(text)
    with pytest.raises(SettingsError) as error:
        settings.load(tmp_path / "site.yaml")
    assert said in str(error.value)
    assert "SECRET" not in str(error.value)


def test_config_show_prints_every_setting_and_refuses_a_typo(tmp_path, remit835):
    path = tmp_path / "site.yaml"
    path.write_text("minimum_balance_amount: '5.00'\n")
    done = remit835("config", "show", "--config", path, environment={"REMIT835_LOG_LEVEL": "debug"})
    assert done.returncode == 0, done.stderr
    assert f'minimum_balance_amount  "5.00"  (file {path})' in done.stdout
    assert 'log_level               "debug"  (environment REMIT835_LOG_LEVEL)' in done.stdout
    assert all(f"{name} " in done.stdout for name in settings.Settings.model_fields)
    path.write_text("minimum_balance: '5.00'\n")
    refused = remit835("config", "show", "--config", path)
    assert (refused.returncode, "did you mean 'minimum_balance_amount'" in refused.stderr) == (10, True)


def test_the_digest_changes_with_a_setting():
    assert settings.load().digest == settings.load().digest != settings.load(log_level="debug").digest


def test_the_sample_configuration_names_every_setting_with_its_default():
    path = ROOT / "data_samples" / "remit835.yaml"
    assert settings.load(path) == settings.Settings()
    text = path.read_text(encoding="utf-8")
    for name, field in settings.Settings.model_fields.items():
        assert f"{name}:" in text, f"{name} is not in {path.name}"
        assert field.description, f"{name} has no description"


@pytest.mark.parametrize("name", ["sql", "mappings"])
def test_data_folders_are_found(name):
    assert settings.data_folder(name).is_dir()


def test_a_data_folder_that_is_not_there_is_an_error():
    with pytest.raises(SettingsError, match="install remit835 again"):
        settings.data_folder("nowhere")
