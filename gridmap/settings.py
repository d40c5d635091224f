"""Every setting of GridMap, in one register.

A setting is one entry of `SETTINGS` and one field of `Settings`. An entrance builds the frozen object once,
from the environment, and passes it on; nothing below reads the environment. What a city decides (household
range, barriers, deadlines) is data in the database, not a setting.
"""

from __future__ import annotations

import os
import pwd
import re
import secrets
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gridmap.errors import BadInput, FieldError
from gridmap.i18n import LANGUAGES

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

PREFIX = "GRIDMAP_"
MASK = "********"
LOG_LEVELS = ("debug", "info", "warning", "error")
LOCAL_ZONE = "Asia/Shanghai"  # of days, rosters, and times that name no zone

Value = str | int | bool | Path


@dataclass(frozen=True)
class Setting:
    """One entry of the register.

    Attributes
    ----------
    name
        Field of `Settings`.
    env
        Name of the environment variable.
    parse
        Turns the variable's text into the value; raises ValueError with what was expected.
    default
        The value, or a function of the environment that gives it.
    zh, en
        What the setting is for.
    secret
        Whether the value is masked wherever it is shown.
    """

    name: str
    env: str
    parse: Callable[[str], Value]
    default: Value | Callable[[Mapping[str, str]], Value]
    zh: str
    en: str
    secret: bool = False


def _whole_number(low: int, high: int) -> Callable[[str], int]:
    def parse(text: str) -> int:
        if not re.fullmatch(r"\d{1,9}", text) or not low <= int(text) <= high:
            raise ValueError(f"a whole number from {low} to {high}")
        return int(text)

    return parse


def _yes_or_no(text: str) -> bool:
    words = {
        "1": True,
        "true": True,
        "yes": True,
        "on": True,
        "0": False,
        "false": False,
        "no": False,
        "off": False,
    }
    if text.lower() not in words:
        raise ValueError("yes or no")
    return words[text.lower()]


def _folder(text: str) -> Path:
    return Path(text).expanduser().absolute()


def _language(text: str) -> str:
    if text not in LANGUAGES:
        raise ValueError(" | ".join(LANGUAGES))
    return text


def _log_level(text: str) -> str:
    if text.lower() not in LOG_LEVELS:
        raise ValueError(" | ".join(LOG_LEVELS))
    return text.lower()


def _database_url(text: str) -> str:
    if not re.match(r"postgres(ql)?(\+psycopg)?://", text):
        raise ValueError("postgresql://user:password@host:5432/database")
    return re.sub(r"^postgres(ql)?(\+psycopg)?://", "postgresql+psycopg://", text)


def _tile_address(text: str) -> str:
    if not (re.match(r"https?://[^/]+/", text) and all(part in text for part in ("{z}", "{x}", "{y}"))):
        raise ValueError("https://host/path/{z}/{x}/{y}.png")
    return text


def _public_address(text: str) -> str:
    if not re.fullmatch(r"https?://[^\s/?#]+(/[^\s?#]*)?", text):
        raise ValueError("https://gridmap.example.org")
    return text.rstrip("/")


def find_language(environ: Mapping[str, str]) -> str:
    """The language to speak to the user of the command line, even before the settings are read."""
    if environ.get("GRIDMAP_LANGUAGE") in LANGUAGES:
        return environ["GRIDMAP_LANGUAGE"]
    locale = environ.get("LC_ALL") or environ.get("LC_MESSAGES") or environ.get("LANG") or ""
    return "zh" if locale.startswith("zh") else "en"


def _default_home(environ: Mapping[str, str]) -> Path:
    """Root keeps its data in /var/lib (PostgreSQL cannot live below /root), others in the XDG place."""
    if os.geteuid() == 0:
        return Path("/var/lib/gridmap")
    base = environ.get("XDG_DATA_HOME") or str(_user_folder(environ) / ".local" / "share")
    return Path(base).absolute() / "gridmap"


def _user_folder(environ: Mapping[str, str]) -> Path:
    if environ.get("HOME"):
        return Path(environ["HOME"])
    try:
        return Path(pwd.getpwuid(os.geteuid()).pw_dir)
    except KeyError:
        raise BadInput("settings", fields=[FieldError("GRIDMAP_HOME", "", "setting_no_home")]) from None


SETTINGS: tuple[Setting, ...] = (
    Setting(
        "database_url",
        "DATABASE_URL",
        _database_url,
        "",
        "另一台 PostGIS 服务器的地址(PostGIS 3.3 及以上);不填则自带私有数据库",
        "address of another PostGIS server (3.3 or newer); empty: a private one in the data folder",
        secret=True,
    ),
    Setting(
        "home",
        "GRIDMAP_HOME",
        _folder,
        _default_home,
        "数据目录:私有数据库、照片、密钥",
        "data folder: private database, photos, secret key",
    ),
    Setting(
        "media_folder",
        "GRIDMAP_MEDIA",
        lambda text: Path(text).expanduser(),
        Path("media"),
        "照片等附件的目录;相对路径从数据目录算起",
        "folder of photos and other attachments; a relative path starts at the data folder",
    ),
    Setting("host", "GRIDMAP_HOST", str, "127.0.0.1", "监听地址", "address to listen on"),
    Setting("port", "GRIDMAP_PORT", _whole_number(1, 65535), 8000, "监听端口", "port to listen on"),
    Setting("workers", "GRIDMAP_WORKERS", _whole_number(1, 64), 2, "网页进程数", "web processes"),
    Setting(
        "threads",
        "GRIDMAP_THREADS",
        _whole_number(1, 64),
        4,
        "每个网页进程的线程数",
        "threads of each web process",
    ),
    Setting(
        "private_webhooks",
        "GRIDMAP_PRIVATE_WEBHOOKS",
        _yes_or_no,
        False,
        "是否允许向内网地址推送",
        "whether webhooks may go to addresses of a private network",
    ),
    Setting(
        "given_secret_key",
        "GRIDMAP_SECRET_KEY",
        str,
        "",
        "会话签名密钥;不填则自动生成一次并存于数据目录",
        "key that signs the sessions; empty: made once and kept in the data folder",
        secret=True,
    ),
    Setting(
        "secure_cookies",
        "GRIDMAP_SECURE_COOKIES",
        _yes_or_no,
        False,
        "会话 cookie 只经 HTTPS 发送(对外提供服务时应打开)",
        "send the session cookie over HTTPS only (switch on wherever TLS stands in front)",
    ),
    Setting(
        "trusted_proxies",
        "GRIDMAP_TRUSTED_PROXIES",
        _whole_number(0, 9),
        0,
        "前面有几层反向代理;只有这些代理写的来源地址才被采信",
        "reverse proxies in front; only the addresses that these write are believed",
    ),
    Setting(
        "tile_cache_mb",
        "GRIDMAP_TILE_CACHE_MB",
        _whole_number(0, 100_000),
        256,
        "数据目录里保留的瓦片(各网页进程共用),单位 MB;0 为不保留",
        "megabytes of kept tiles in the data folder, shared by the web processes; 0 keeps none",
    ),
    Setting(
        "base_map_url",
        "GRIDMAP_BASE_MAP_URL",
        _tile_address,
        "",
        "外部底图瓦片地址(如天地图);不填则用自有建筑和道路作底图",
        "address of an external tile layer; empty: our own buildings and roads are the base map",
    ),
    Setting(
        "base_map_credit",
        "GRIDMAP_BASE_MAP_CREDIT",
        str,
        "",
        "外部底图的署名",
        "credit line of the external tile layer",
    ),
    Setting(
        "open311_contact",
        "GRIDMAP_OPEN311_CONTACT",
        str,
        "",
        "Open311 接口说明中的联系方式",
        "whom to contact, as the Open311 discovery says",
    ),
    Setting(
        "public_address",
        "GRIDMAP_PUBLIC_ADDRESS",
        _public_address,
        "",
        "居民访问本系统的网址,印在门贴上;不填则用当前访问的地址",
        "where residents reach this GridMap, printed on stickers; empty: the address it is asked at",
    ),
    Setting(
        "public_map",
        "GRIDMAP_PUBLIC_MAP",
        _yes_or_no,
        True,
        "不登录也能看的公开地图",
        "the public map, read without signing in",
    ),
    Setting(
        "station_sign_in",
        "GRIDMAP_STATION_SIGN_IN",
        _yes_or_no,
        False,
        "工作人员可自愿在服务站签到;默认关闭",
        "staff may sign in at stations, of their own free will; off by default",
    ),
    Setting(
        "language",
        "GRIDMAP_LANGUAGE",
        _language,
        find_language,
        "命令行的语言:zh 或 en;默认随系统区域设置",
        "language of the command line: zh or en; by default the one of the locale",
    ),
    Setting(
        "log_level",
        "GRIDMAP_LOG_LEVEL",
        _log_level,
        "info",
        "日志级别",
        "log level: debug, info, warning or error",
    ),
)


@dataclass(frozen=True)
class Settings:
    """The settings of one entrance; see `SETTINGS` for what each field means."""

    database_url: str = field(repr=False)
    home: Path
    media_folder: Path
    host: str
    port: int
    workers: int
    threads: int
    private_webhooks: bool
    given_secret_key: str = field(repr=False)
    secure_cookies: bool
    trusted_proxies: int
    tile_cache_mb: int
    base_map_url: str
    base_map_credit: str
    open311_contact: str
    public_address: str
    public_map: bool
    station_sign_in: bool
    language: str
    log_level: str

    @classmethod
    def from_environ(cls, environ: Mapping[str, str]) -> Settings:
        """Build the settings from environment variables; nothing is written.

        Parameters
        ----------
        environ
            Usually ``os.environ``. An empty variable counts as not given.

        Raises
        ------
        BadInput
            For an unknown ``GRIDMAP_`` name or a value that does not parse; every fault is named at once.
        """
        faults = [
            FieldError(name, "", "unknown_setting")
            for name in sorted(set(environ) - {setting.env for setting in SETTINGS})
            if name.startswith(PREFIX)
        ]
        values: dict[str, Any] = {}
        for setting in SETTINGS:
            text = environ.get(setting.env, "").strip()
            try:
                values[setting.name] = setting.parse(text) if text else _default_of(setting, environ)
            except ValueError as expected:
                shown = MASK if setting.secret else text
                faults.append(FieldError(setting.env, "", "setting_value", value=shown, hint=str(expected)))
        if faults:
            raise BadInput("settings", fields=faults)
        values["media_folder"] = values["home"] / values["media_folder"]
        return cls(**values)

    @property
    def secret_key(self) -> str:
        """The key that signs sessions: the given one, or the one kept in the data folder (made once)."""
        return self.given_secret_key or _kept_secret(self.home / "secret_key")

    def list_shown(self) -> list[tuple[Setting, str]]:
        """Every setting with its value as it may be shown: secrets and passwords are masked."""
        return [(setting, _shown(setting, getattr(self, setting.name))) for setting in SETTINGS]


def _default_of(setting: Setting, environ: Mapping[str, str]) -> Value:
    return setting.default(environ) if callable(setting.default) else setting.default


def _shown(setting: Setting, value: Value) -> str:
    if value == "":
        return ""
    if setting.name == "database_url":
        # The query may hold a password too (?password=…), so it is not shown at all.
        return re.sub(r"://([^:@/]*):.*@", rf"://\1:{MASK}@", str(value)).partition("?")[0]
    return MASK if setting.secret else str(value)


def _kept_secret(path: Path) -> str:
    """Read the secret at `path`; where none is, make it in one step: two processes agree on one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.exists():
        draft = path.with_name(f"{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
        with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="ascii") as file:
            file.write(secrets.token_urlsafe(48))
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(draft, path)
        except FileExistsError:
            pass  # another process was first; its key is the key
        finally:
            draft.unlink()
    return path.read_text(encoding="ascii").strip()
