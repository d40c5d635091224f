"""Households are counted, residents are not listed: no column may hold what describes a person.

Chinese (characters and pinyin) and English names; a word counts where it stands as a whole part of a name.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import text

if TYPE_CHECKING:
    from sqlalchemy import Connection

FORBIDDEN = frozenset(
    {
        "resident",
        "residents",
        "tenant",
        "tenants",
        "occupant",
        "occupants",
        "owner_name",
        "householder",
        "head_of_household",
        "family_members",
        "person",
        "person_name",
        "real_name",
        "full_name",
        "first_name",
        "last_name",
        "given_name",
        "surname",
        "family_name",
        "nickname",
        "id_card",
        "id_number",
        "identity_card",
        "passport",
        "social_security",
        "citizen_id",
        "national_id",
        "gender",
        "sex",
        "birthday",
        "birth_date",
        "date_of_birth",
        "age",
        "ages",
        "ethnicity",
        "ethnic",
        "nation",
        "nationality",
        "native_place",
        "religion",
        "faith",
        "party_member",
        "party_membership",
        "political_status",
        "health",
        "disease",
        "disability",
        "illness",
        "pregnant",
        "marital_status",
        "marriage",
        "education",
        "occupation",
        "employer",
        "income",
        "poverty",
        "welfare",
        "criminal",
        "convict",
        "drug",
        "petitioner",
        "key_person",
        "key_persons",
        "mobile",
        "mobile_phone",
        "home_phone",
        "email",
        "wechat",
        "qq",
        "device_id",
        "imei",
        "fingerprint",
        "face",
        "face_id",
        "photo_of_person",
        "live_location",
        "last_position",
        "last_seen",
        "track",
        "tracks",
        "gps_trace",
        "xingming",
        "zhenshixingming",
        "shenfenzheng",
        "sfz",
        "sfzh",
        "zhengjianhao",
        "xingbie",
        "nianling",
        "chusheng",
        "shengri",
        "minzu",
        "jiguan",
        "zongjiao",
        "xinyang",
        "dangyuan",
        "zhengzhimianmao",
        "jiankang",
        "jibing",
        "canji",
        "hunyin",
        "xueli",
        "zhiye",
        "shouru",
        "pinkun",
        "dibao",
        "zhongdianrenyuan",
        "shangfang",
        "shouji",
        "shoujihao",
        "dianhua_geren",
        "weixin",
        "youxiang",
        "jumin",
        "zhuhu",
        "huzhu",
        "chengyuan",
        "weizhi_shishi",
        "guiji",
    }
)
CHINESE = re.compile(
    "姓名|身份证|证件|性别|年龄|生日|出生|民族|籍贯|宗教|党员|政治面貌|健康|疾病|残疾|婚姻|学历|职业|收入|低保|"
    "重点人员|上访|手机|微信|邮箱|居民|住户|户主|成员|轨迹|实时位置"
)


def is_forbidden(column: str) -> bool:
    """Tell whether a column's name says that it describes a person."""
    parts = column.lower().split("_")
    runs = {"_".join(parts[i:j]) for i in range(len(parts)) for j in range(i + 1, len(parts) + 1)}
    return bool(runs & FORBIDDEN) or bool(CHINESE.search(column))


@pytest.mark.parametrize(
    "column",
    ["first_name", "resident_phone", "xingming", "sfzh", "户主姓名", "is_party_member", "Age", "gps_trace"],
)
def test_the_rule_finds_such_names(column: str) -> None:
    assert is_forbidden(column)


@pytest.mark.parametrize(
    "column", ["households", "name_zh", "storeys", "message", "duty_phone", "page", "stage"]
)
def test_the_rule_lets_ordinary_names_pass(column: str) -> None:
    assert not is_forbidden(column)


def test_no_column_describes_a_person(connection: Connection) -> None:
    columns = connection.execute(
        text("SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = 'public'")
    ).all()
    assert len(columns) > 100
    assert [row for row in columns if is_forbidden(row.column_name)] == []


def test_staff_are_a_role_and_a_number(connection: Connection) -> None:
    columns = connection.execute(
        text("SELECT column_name FROM information_schema.columns WHERE table_name = 'staff'")
    ).scalars()
    assert set(columns) == {
        "id",
        "code",
        "role",
        "organisation",
        "office_id",
        "station_id",
        "duty_phone",
        "skills",
    }
