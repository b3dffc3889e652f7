"""The settings: one frozen object, built in `app` and `cli` and handed down."""

import os
import re
from pathlib import Path
from zoneinfo import ZoneInfo

from pydantic import Field, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict


def default_home() -> Path:
    """Where the service keeps what is its own: $VANGUARD_HOME, or .local in the working directory."""
    return Path(os.environ.get("VANGUARD_HOME", ".local")).absolute()


class Settings(BaseSettings):
    """Read from VANGUARD_… variables, then from the file `env` that deploy/up leaves in the home folder."""

    model_config = SettingsConfigDict(env_prefix="VANGUARD_", frozen=True, extra="ignore")

    home: Path = Field(default_factory=default_home)
    database_url: str = ""
    """postgresql://user:password@host:port/database; empty is an error with a sentence."""
    host: str = "127.0.0.1"
    port: int = 8000
    city: str = "440800"
    """Six digits; the city's tables live in the schema city_<code>."""
    timezone: str = "Asia/Shanghai"
    """Local days, weekdays and hours are this zone's."""
    pool_size: int = 16
    posting_turns: int = 2
    """How many tasks a process posts at the same time; the others wait their turn."""
    public_url: str = ""
    """Where clients reach the service, prefix and all (https://example.cn/vanguard), for the links in its answers; when
    empty, it is what the request and a trusted proxy's headers say."""
    body_limit_bytes: int = 1_000_000
    import_limit_bytes: int = 64 * 1024 * 1024
    """Of a request that brings a file to be imported; it is kept on disk meanwhile."""
    tile_cache_bytes: int = Field(default=64 * 1024 * 1024, ge=0)
    """Of map tiles that a process keeps in memory, those used last."""
    basemap: str = ""
    """Addresses of pictures to lie under the console's map (XYZ, WMTS), with {z}, {x}, {y} in Web Mercator. Several,
    with spaces between, lie on each other, the first lowest. Empty: the grids alone, and no page leaves the service."""
    basemap_attribution: str = ""
    """Whose map that is, shown on it."""
    channels: str = ""
    """The file of the channels by which people are notified; when empty, it is `channels.toml` in the home folder, and
    where there is no such file there are none."""
    access_token_minutes: int = 15
    refresh_token_days: int = 30
    token_key: str = ""
    """Signs access tokens; when empty, a key is made once and kept in the home folder."""
    checkin_days: int = Field(default=30, ge=1)
    """For so many days check-ins are kept, and not longer."""
    presence_fresh_minutes: float = 10.0
    """A presence up to this old says where a member is; an older one gives way to the duty place."""
    collect_seconds: float = Field(default=10.0, ge=0)
    """How long normal tasks are collected, so that they are matched together."""
    weekly_hours: float = Field(default=20.0, ge=0, le=168)
    """Of service in a calendar week, after which a member who has set no other limit is not asked."""
    quiet_hours: str = "22:00-07:00"
    """When a member who has set no others is made no routine offer, by local time; empty: never."""
    worker_poll_seconds: float = 0.5
    look_days: int = Field(default=180, ge=1)
    """How long it is kept who looked at a member's position."""
    audit_days: int = Field(default=1095, ge=180)
    """How long the audit is kept: three years, and half a year at least, as the Cybersecurity Law wants of network
    logs (art. 23)."""
    event_poll_seconds: float = Field(default=0.25, gt=0)
    """How often a process with somebody listening looks for new events."""
    event_days: int = Field(default=30, ge=1)
    """How long events are kept, and what people were told of them."""
    event_heartbeat_seconds: float = Field(default=15.0, gt=0)
    """How often a stream says that it lives, and its caller is looked at again."""
    event_queue: int = Field(default=1000, ge=1)
    """How many events wait for a slow listener before its stream is ended."""
    streams: int = Field(default=2500, ge=1)
    """How many streams of events a process has open at once."""
    streams_per_account: int = Field(default=10, ge=1)
    takeover_seconds: float = Field(default=10.0, ge=1)
    """The longest that something due may wait because its worker died or stopped: from it follow how often workers
    show themselves, after how long one is taken for dead, and how long a worker's transaction may be idle (see
    `service.timers.rules.pace_of`). No planning step may compute for six tenths of it."""

    @field_validator("public_url")
    @classmethod
    def is_address(cls, value: str) -> str:
        """An address with a scheme and a host, or nothing."""
        if value and not re.fullmatch(r"https?://[^/?#\s]+(/[^?#\s]*)?", value, re.ASCII):
            raise ValueError("must be an address like https://example.cn/vanguard, or empty")
        return value.rstrip("/")

    @field_validator("basemap")
    @classmethod
    def are_templates(cls, value: str) -> str:
        """Addresses with {z}, {x} and {y}, or nothing."""
        for each in value.split():
            fits = re.fullmatch(r"https?://[\w.-]+(:\d+)?/[^\s;,'\"<>\\]*", each, re.ASCII)
            if not fits or any(each.count(name) != 1 for name in ("{z}", "{x}", "{y}")):
                raise ValueError("must be addresses like https://maps.example.cn/{z}/{x}/{y}.png, or empty")
        return value

    @field_validator("quiet_hours")
    @classmethod
    def are_hours(cls, value: str) -> str:
        """Two times of the day, or nothing."""
        if value and not re.fullmatch(r"([01]\d|2[0-3]):[0-5]\d-([01]\d|2[0-3]):[0-5]\d", value, re.ASCII):
            raise ValueError("must be two times of the day like 22:00-07:00, or empty for no quiet hours")
        return value

    @classmethod
    def load(cls) -> "Settings":
        """The settings of this process."""
        return cls(_env_file=default_home() / "env")

    @property
    def channels_file(self) -> Path:
        """Where the channels are written."""
        return Path(self.channels) if self.channels else self.home / "channels.toml"

    @property
    def schema_name(self) -> str:
        """The city's schema."""
        return f"city_{self.city}"

    @property
    def quiet_minutes(self) -> tuple[int, int] | None:
        """`quiet_hours` in minutes of the day, from and to; None: no quiet hours."""
        if not self.quiet_hours:
            return None
        hours = [int(number) for number in re.findall(r"\d\d", self.quiet_hours)]
        return hours[0] * 60 + hours[1], hours[2] * 60 + hours[3]

    @property
    def zone(self) -> ZoneInfo:
        """The city's time zone."""
        return ZoneInfo(self.timezone)
