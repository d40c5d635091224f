"""The register of settings: complete, strict, and silent about secrets."""

import dataclasses
import multiprocessing
import stat

import pytest

from gridmap.errors import BadInput
from gridmap.settings import MASK, SETTINGS, Settings

HOME = {"GRIDMAP_HOME": "/data/gridmap"}


def test_register_and_fields_are_the_same_list():
    assert [setting.name for setting in SETTINGS] == [field.name for field in dataclasses.fields(Settings)]


def test_every_setting_has_a_fitting_name_and_both_languages():
    for setting in SETTINGS:
        assert setting.env == "DATABASE_URL" or setting.env.startswith("GRIDMAP_")
        assert setting.zh
        assert setting.en
    assert len({setting.env for setting in SETTINGS}) == len(SETTINGS)


def test_defaults_serve_this_machine_only():
    settings = Settings.from_environ(HOME)
    assert (settings.host, settings.port, settings.workers, settings.threads) == ("127.0.0.1", 8000, 2, 4)
    assert settings.database_url == ""
    assert settings.base_map_url == ""
    assert str(settings.media_folder) == "/data/gridmap/media"


def test_an_empty_variable_counts_as_not_given():
    assert Settings.from_environ({**HOME, "GRIDMAP_PORT": " "}).port == 8000


def test_home_of_an_ordinary_user_follows_xdg(monkeypatch):
    monkeypatch.setattr("os.geteuid", lambda: 1000)
    assert str(Settings.from_environ({"HOME": "/home/town"}).home) == "/home/town/.local/share/gridmap"
    given = {"HOME": "/home/town", "XDG_DATA_HOME": "/mnt/share"}
    assert str(Settings.from_environ(given).home) == "/mnt/share/gridmap"


def test_home_of_root_is_where_the_server_may_go(monkeypatch):
    monkeypatch.setattr("os.geteuid", lambda: 0)
    assert str(Settings.from_environ({"HOME": "/root"}).home) == "/var/lib/gridmap"


def test_a_relative_media_folder_starts_at_the_data_folder():
    assert (
        str(Settings.from_environ({**HOME, "GRIDMAP_MEDIA": "photos"}).media_folder) == "/data/gridmap/photos"
    )
    assert str(Settings.from_environ({**HOME, "GRIDMAP_MEDIA": "/mnt/photos"}).media_folder) == "/mnt/photos"


def test_all_faults_are_named_at_once():
    with pytest.raises(BadInput) as caught:
        Settings.from_environ(
            {**HOME, "GRIDMAP_PROT": "8001", "GRIDMAP_PORT": "99999", "GRIDMAP_SECURE_COOKIES": "perhaps"}
        )
    places = {(field.where, field.reason) for field in caught.value.fields}
    assert places == {
        ("GRIDMAP_PROT", "unknown_setting"),
        ("GRIDMAP_PORT", "setting_value"),
        ("GRIDMAP_SECURE_COOKIES", "setting_value"),
    }
    assert "1 to 65535" in caught.value.fields[1].text("en")


@pytest.mark.parametrize(
    ("env", "wrong"),
    [
        ("DATABASE_URL", "mysql://db/gridmap"),
        ("GRIDMAP_PORT", "0"),
        ("GRIDMAP_PORT", "8e3"),
        ("GRIDMAP_WORKERS", "-1"),
        ("GRIDMAP_BASE_MAP_URL", "https://tiles.example/map.png"),
        ("GRIDMAP_BASE_MAP_URL", "javascript:alert(1)//{x}{y}{z}"),
        ("GRIDMAP_LOG_LEVEL", "loud"),
        ("GRIDMAP_LANGUAGE", "fr"),
    ],
)
def test_wrong_values_are_refused(env, wrong):
    with pytest.raises(BadInput) as caught:
        Settings.from_environ({**HOME, env: wrong})
    assert [field.where for field in caught.value.fields] == [env]


@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+psycopg"])
def test_any_spelling_of_the_database_address_will_do(scheme):
    settings = Settings.from_environ({**HOME, "DATABASE_URL": f"{scheme}://town@db.example/gridmap"})
    assert settings.database_url == "postgresql+psycopg://town@db.example/gridmap"


def test_secrets_are_never_shown():
    settings = Settings.from_environ(
        {
            **HOME,
            "DATABASE_URL": "postgresql://town:pass@1?word@db.example/gridmap?password=pass2word",
            "GRIDMAP_SECRET_KEY": "pass3word",
        }
    )
    shown = {setting.name: value for setting, value in settings.list_shown()}
    assert shown["database_url"] == f"postgresql+psycopg://town:{MASK}@db.example/gridmap"
    assert shown["given_secret_key"] == MASK
    assert "word" not in " ".join(shown.values()) + repr(settings)


def test_a_wrong_secret_is_not_shown_either():
    with pytest.raises(BadInput) as caught:
        Settings.from_environ({**HOME, "DATABASE_URL": "db.example/town:pass1word"})
    assert "pass1word" not in caught.value.fields[0].text("en") + str(caught.value.details)


@pytest.mark.parametrize(
    ("environ", "language"),
    [({}, "en"), ({"LANG": "zh_CN.UTF-8"}, "zh"), ({"LANG": "zh_CN.UTF-8", "GRIDMAP_LANGUAGE": "en"}, "en")],
)
def test_the_command_line_speaks_the_language_of_the_locale(environ, language):
    assert Settings.from_environ({**HOME, **environ}).language == language


def test_the_secret_key_is_made_once_and_kept_private(tmp_path):
    settings = Settings.from_environ({"GRIDMAP_HOME": str(tmp_path / "home")})
    key = settings.secret_key
    assert len(key) >= 48
    assert settings.secret_key == key
    assert stat.S_IMODE((tmp_path / "home" / "secret_key").stat().st_mode) == 0o600
    assert [path.name for path in (tmp_path / "home").iterdir()] == ["secret_key"]


def test_processes_that_start_together_agree_on_the_secret_key(tmp_path):
    with multiprocessing.get_context("spawn").Pool(2) as pool:
        keys = pool.map(_read_key, [str(tmp_path)] * 8, chunksize=1)
    assert len(set(keys)) == 1


def _read_key(home):
    return Settings.from_environ({"GRIDMAP_HOME": home}).secret_key


def test_a_given_secret_key_is_taken_and_nothing_written(tmp_path):
    settings = Settings.from_environ({"GRIDMAP_HOME": str(tmp_path), "GRIDMAP_SECRET_KEY": "given"})
    assert settings.secret_key == "given"
    assert list(tmp_path.iterdir()) == []
