"""The settings: one frozen object, built in `app` and `cli` and handed down."""

import os
from pathlib import Path
from zoneinfo import ZoneInfo

from pydantic import Field
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
    body_limit_bytes: int = 1_000_000
    access_token_minutes: int = 15
    refresh_token_days: int = 30
    token_key: str = ""
    """Signs access tokens; when empty, a key is made once and kept in the home folder."""
    presence_fresh_minutes: float = 10.0
    """A presence up to this old says where a member is; an older one gives way to the duty place."""
    worker_poll_seconds: float = 0.5

    @classmethod
    def load(cls) -> "Settings":
        """The settings of this process."""
        return cls(_env_file=default_home() / "env")

    @property
    def schema_name(self) -> str:
        """The city's schema."""
        return f"city_{self.city}"

    @property
    def zone(self) -> ZoneInfo:
        """The city's time zone."""
        return ZoneInfo(self.timezone)
