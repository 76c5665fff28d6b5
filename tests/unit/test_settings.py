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
        ("memory_limit: a lot\n", "memory_limit"),
        ("- a\n- list\n", "keys and values"),
        ("a: [\n", "not valid YAML"),
    ],
)
def test_what_is_wrong_is_said_with_the_fix(tmp_path, text, said):
    (tmp_path / "site.yaml").write_text(text)
    with pytest.raises(SettingsError, match=r"site\.yaml") as error:
        settings.load(tmp_path / "site.yaml")
    assert said in str(error.value)


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
