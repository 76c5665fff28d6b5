"""What a site can set, and where sql/ and mappings/ are.

A value comes from, strongest first: the command line, the environment (REMIT835_ and the key in capitals), the file given with
--config (YAML or TOML), the default here. An unknown key is an error that names the nearest one: a misspelt setting that is
passed over in silence is worse than none.
"""

from __future__ import annotations

import difflib
import hashlib
import json
import os
import re
import tomllib
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from pipeline import remote
from pipeline.errors import SettingsError

# What reads the files and runs the models.
ENGINES = ("duckdb", "spark")
ENVIRONMENT_PREFIX = "REMIT835_"
# A path in the settings file is taken from the folder of that file: cron and systemd start the night somewhere else.
PATHS = ("mappings", "secret_file")
# memory_limit: its units, and the least that the models run in.
MEGABYTES = {"MB": 1, "GB": 1000}
LEAST_MEGABYTES = 256
# What the environment may hold beside settings: defaults of command-line options.
ENVIRONMENT_OPTIONS = ("config", "warehouse")


class Settings(BaseModel):
    """Every setting of a run, with its default. Money in USD."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    time_zone: Annotated[
        str, Field(description="the site's time zone (IANA name): says which day is today where --as-of is not given")
    ] = "UTC"
    lookback_months: Annotated[
        int,
        Field(ge=0, le=1200, description="how far back a paid line counts as a precedent, in months before the denied service"),
    ] = 24
    minimum_balance_amount: Annotated[
        Decimal, Field(ge=0, decimal_places=2, max_digits=18, description="denied amounts below this are small balances, in USD")
    ] = Decimal("0.00")
    mail_days: Annotated[int, Field(ge=0, le=3650, description="calendar days kept free before a deadline for mail")] = 7
    default_deadline_days: Annotated[
        int, Field(gt=0, le=3650, description="limit after the denial date where no rule is known; shown as unverified")
    ] = 60
    client_labels: Annotated[
        bool | tuple[str, ...],
        Field(description="whether the labels of mappings/client_label.csv apply, such as M1 as medical necessity; or which do"),
    ] = True
    mappings: Annotated[
        Path | None,
        Field(
            description="a folder of the site's own mappings: its rows are laid over those that come along; a relative path is "
            "taken from the folder of the settings file"
        ),
    ] = None
    split_worklist_by: Annotated[
        tuple[Literal["owner", "client", "next_step", "payer_name", "family", "status"], ...],
        Field(description="columns of the worklist: each gets a folder with one CSV a value, such as one a biller"),
    ] = ()
    publish_to: Annotated[
        str | None, Field(description="a folder or address (s3://, sftp://) that gets copies of the worklist's files")
    ] = None
    extract_columns: Annotated[
        dict[str, str], Field(description="a site's names of its extracts' columns, and ours: {Acct No: patient_control_number}")
    ] = {}
    practice_name: Annotated[
        str | None, Field(description="practice's name on letters; default: the remittance's payee")
    ] = None
    practice_street: Annotated[
        str | None, Field(description="street address on letters; default: the payee's")
    ] = None
    practice_city: Annotated[str | None, Field(description="city on letters, with practice_state")] = None
    practice_state: Annotated[str | None, Field(description="state on letters")] = None
    practice_postal_code: Annotated[str | None, Field(description="ZIP code on letters")] = None
    practice_phone: Annotated[str | None, Field(description="telephone on letters")] = None
    practice_fax: Annotated[str | None, Field(description="fax on letters")] = None
    signer_name: Annotated[str | None, Field(description="who signs letters")] = None
    signer_title: Annotated[str | None, Field(description="title of who signs letters")] = None
    letter_footer: Annotated[str | None, Field(description="the practice's own line at the foot of letters")] = None
    secret_file: Annotated[
        Path | None,
        Field(
            description="the site's secret for export --deidentify and scramble; default: ~/.config/remit835/secret; a relative "
            "path is taken from the folder of the settings file"
        ),
    ] = None
    guide_seconds: Annotated[
        int, Field(gt=0, description="time limit of the implementation guide check for one file, in seconds")
    ] = 60
    guide_total_seconds: Annotated[
        int, Field(ge=0, description="time limit of all guide checks of a night, in seconds; 0 leaves them out")
    ] = 300
    log_format: Annotated[Literal["text", "json"], Field(description="lines for people, or JSON lines for machines")] = "text"
    log_level: Annotated[Literal["debug", "info", "warning", "error"], Field(description="the least that is logged")] = "info"
    memory_limit: Annotated[
        str, Field(description="memory of the SQL engine, at least 256MB; above it works on disk in the warehouse")
    ] = "2GB"
    threads: Annotated[int, Field(ge=0, description="threads of the reader and of the SQL engine; 0 takes every core")] = 0

    @field_validator("time_zone")
    @classmethod
    def _time_zone_is_known(cls, value: str) -> str:
        try:
            ZoneInfo(value)
        except (KeyError, ValueError, OSError):
            raise ValueError(f"{value} is not a time zone; give an IANA name, as America/New_York") from None
        return value

    @field_validator("memory_limit")
    @classmethod
    def _memory_is_enough(cls, value: str) -> str:
        """Below the least the engine cannot even begin; it knows no number of more than some twenty digits."""
        written = re.fullmatch(r"([0-9]{1,9})(MB|GB)", value)
        if not written or int(written[1]) * MEGABYTES[written[2]] < LEAST_MEGABYTES:
            raise ValueError(f"{value} is no size that the SQL engine can work with; give at least {LEAST_MEGABYTES}MB, as 2GB")
        return value

    @field_validator("client_labels", mode="before")
    @classmethod
    def _label_codes(cls, value: object) -> object:
        """A list in the file, or codes separated by commas in the environment: as [M1, CARC 50] or M1,CARC 50."""
        if isinstance(value, str) and value.strip().lower() not in ("true", "false", "1", "0", "yes", "no", "on", "off"):
            value = value.split(",")
        return tuple(str(code).strip() for code in value) if isinstance(value, list | tuple) else value

    @field_validator("split_worklist_by", mode="before")
    @classmethod
    def _columns(cls, value: object) -> object:
        """A list in the file, or names separated by commas in the environment: as owner,next_step."""
        return tuple(name.strip() for name in value.split(",")) if isinstance(value, str) else value

    @field_validator("extract_columns", mode="before")
    @classmethod
    def _names_of_columns(cls, value: object) -> object:
        """Keys and values in the file, or JSON in the environment: as {"Acct No": "patient_control_number"}."""
        if not isinstance(value, str):
            return value
        try:
            return json.loads(value)
        except ValueError:
            raise ValueError('as text it has to be JSON, as {"Acct No": "patient_control_number"}') from None

    @property
    def digest(self) -> str:
        """SHA-256 of everything that is set: two runs with the same digest had the same settings."""
        return hashlib.sha256(self.model_dump_json().encode()).hexdigest()

    def today(self) -> date:
        """The calendar day at the site: the as-of date where none is given."""
        return datetime.now(ZoneInfo(self.time_zone)).date()


def load(path: Path | None = None, **options: object) -> Settings:
    """The settings of the file, the environment and the command line. An option that is None was not given.
    Raises SettingsError with the key, where it stands and the fix."""
    written = {} if path is None else _read(path)
    for key in written:
        if key not in Settings.model_fields:
            raise SettingsError(f"{path}: unknown setting {key!r}{_nearest(key)}")
    given = {key: value for key, value in options.items() if value is not None}
    values = written | _environment() | given
    try:
        return Settings.model_validate(values)
    except ValidationError as error:
        raise SettingsError("\n".join(_explain(path, problem) for problem in error.errors())) from None


@dataclass(frozen=True)
class Setting:
    """One setting as it holds: its value as JSON has it, where that came from (default, the file, or the environment), and what
    the setting is for."""

    name: str
    value: Any
    origin: str
    meaning: str


def settings_of(path: Path | None = None) -> list[Setting]:
    """Every setting with its value and where that came from, in the order in which they are documented. Raises as `load`."""
    values = load(path).model_dump(mode="json")
    if values["publish_to"]:
        values["publish_to"] = remote.shown(values["publish_to"])  # an address may hold a password
    origins = dict.fromkeys({} if path is None else _read(path), f"file {path}")
    origins |= {name: f"environment {ENVIRONMENT_PREFIX}{name.upper()}" for name in _environment()}
    return [
        Setting(name, values[name], origins.get(name, "default"), field.description or "")
        for name, field in Settings.model_fields.items()
    ]


def as_text(shown: list[Setting]) -> str:
    """For a terminal: the value as the file would have it, where it came from, and below what it is for."""
    wide = max(len(one.name) for one in shown)
    return "\n".join(
        f"{one.name:<{wide}}  {json.dumps(one.value, ensure_ascii=False)}  ({one.origin})\n    {one.meaning}" for one in shown
    )


def data_folder(name: str) -> Path:
    """Where `sql` or `mappings` is: inside the installed package, else beside it in a checkout."""
    package = Path(__file__).resolve().parent
    for folder in (package / "_data" / name, package.parent / name):
        if folder.is_dir():
            return folder
    raise SettingsError(f"the folder {name}/ came neither with the installed package nor with a checkout: install remit835 again")


def _read(path: Path) -> dict[str, object]:
    try:
        text = path.read_text(encoding="utf-8")
        if path.suffix.lower() == ".toml":
            values = tomllib.loads(text)
        elif path.suffix.lower() in (".yaml", ".yml"):
            values = yaml.safe_load(text) or {}
        else:
            raise SettingsError(f"{path}: the configuration file is YAML (.yaml, .yml) or TOML (.toml)")
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"{path}: cannot be read ({type(error).__name__}): give a UTF-8 text file that exists") from None
    except yaml.YAMLError as error:
        raise SettingsError(f"{path}: is not valid YAML: {_problem(error)}") from None
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(f"{path}: is not valid TOML: {error}") from None
    if not isinstance(values, dict):
        raise SettingsError(f"{path}: has to be keys and values, as `time_zone: America/New_York`")
    return values | {name: path.parent / values[name] for name in PATHS if isinstance(values.get(name), str)}


def _problem(error: yaml.YAMLError) -> str:
    """What is wrong and where. Its own words quote the line, and with it a password of publish_to."""
    if not isinstance(error, yaml.MarkedYAMLError) or error.problem_mark is None:
        return "a character that YAML does not allow"
    return f"{error.problem}, in line {error.problem_mark.line + 1}, column {error.problem_mark.column + 1}"


def _environment() -> dict[str, str]:
    values = {}
    for name in os.environ:
        key = name.removeprefix(ENVIRONMENT_PREFIX).lower()
        if not name.startswith(ENVIRONMENT_PREFIX) or key in ENVIRONMENT_OPTIONS:
            continue
        if key not in Settings.model_fields:
            raise SettingsError(f"environment: unknown setting {name}{_nearest(key)}")
        if os.environ[name]:  # empty is how a shell or a unit takes a value back
            values[key] = os.environ[name]
    return values


def _nearest(key: str) -> str:
    near = difflib.get_close_matches(str(key), Settings.model_fields, n=1, cutoff=0.5)
    return f"; did you mean {near[0]!r}?" if near else f"; known are {', '.join(Settings.model_fields)}"


def _explain(path: Path | None, problem: dict) -> str:
    key = ".".join(str(part) for part in problem["loc"])
    description = Settings.model_fields[key].description if key in Settings.model_fields else ""
    return f"setting {key}: {problem['msg']} ({description}; from {path or 'the environment or the command line'})"
