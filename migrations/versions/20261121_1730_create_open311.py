"""Open311: services with their questions, keys of applications, what they sent."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "20261121_1730"
down_revision = "20261121_1720"
branch_labels = None
depends_on = None

HOME, OUTSIDE, LIVING = (
    ("楼内设施", "In the building"),
    ("公共空间", "Public space"),
    ("小区生活", "Living together"),
)
# category, name, what belongs to it, group, keywords, type, whether its place may be seen by everybody
SERVICES = (
    (
        "noise",
        ("噪音", "Noise"),
        ("施工、商铺、广场舞等噪音", "Noise of building sites, shops, dancing in squares"),
        LIVING,
        "noise,construction",
        "realtime",
        False,
    ),
    (
        "parking",
        ("停车", "Parking"),
        ("乱停车、占用消防通道", "Badly parked cars, blocked fire lanes"),
        OUTSIDE,
        "parking,fire lane",
        "realtime",
        True,
    ),
    (
        "leak",
        ("漏水", "Leaks"),
        ("屋顶、管道、地下室漏水", "Leaking roofs, pipes and basements"),
        HOME,
        "leak,roof,pipe",
        "realtime",
        False,
    ),
    (
        "rubbish",
        ("垃圾", "Rubbish"),
        ("垃圾满溢、杂物堆放、建筑垃圾", "Full bins, things left lying, building waste"),
        OUTSIDE,
        "rubbish,waste,bin",
        "realtime",
        True,
    ),
    (
        "lift",
        ("电梯", "Lifts"),
        (
            "电梯停运、异响、按键失灵;有人被困请拨打电梯应急电话",
            "Lifts out of order; if somebody is caught in one, call the emergency number",
        ),
        HOME,
        "lift,elevator",
        "realtime",
        False,
    ),
    (
        "heating",
        ("供暖", "Heating"),
        ("暖气不热、供暖管道漏水", "Cold radiators, leaking heating pipes"),
        HOME,
        "heating",
        "realtime",
        False,
    ),
    (
        "lighting",
        ("照明", "Lighting"),
        ("路灯、楼道灯不亮", "Street lamps and stairway lamps that are out"),
        OUTSIDE,
        "lamp,light",
        "realtime",
        True,
    ),
    (
        "road_damage",
        ("道路损坏", "Road damage"),
        ("路面坑洼、地砖或井盖松动", "Potholes, loose paving, loose covers"),
        OUTSIDE,
        "road,pothole,pavement",
        "realtime",
        True,
    ),
    (
        "dispute",
        ("纠纷", "Disputes"),
        (
            "邻里、物业费用等纠纷,只有经办人看得到",
            "Disputes among neighbours or about charges; only those who handle them see them",
        ),
        LIVING,
        "dispute,mediation",
        "blackbox",
        False,
    ),
    (
        "property_service",
        ("物业服务", "Property service"),
        ("报修、保洁、门禁等物业服务问题", "Repairs, cleaning and doors in the care of the property company"),
        LIVING,
        "property,cleaning",
        "realtime",
        False,
    ),
    (
        "water_supply",
        ("供水", "Water supply"),
        ("停水、水压不足、水质异常", "No water, low pressure, bad water"),
        HOME,
        "water,pressure",
        "realtime",
        False,
    ),
    (
        "greening",
        ("绿化", "Greenery"),
        ("修剪树枝、草坪和绿化带", "Branches, lawns and green strips"),
        OUTSIDE,
        "tree,lawn",
        "realtime",
        True,
    ),
)
QUESTIONS = {
    "lift": [
        {
            "code": "fault",
            "variable": True,
            "datatype": "singlevaluelist",
            "required": True,
            "description": {"zh": "出了什么问题?", "en": "What is wrong?"},
            "datatype_description": {"zh": "选一项", "en": "Choose one"},
            "values": [
                {"key": "stopped", "name": {"zh": "停运", "en": "It does not run"}},
                {"key": "sound", "name": {"zh": "异响或抖动", "en": "Strange sounds or shaking"}},
                {"key": "buttons", "name": {"zh": "按键或显示失灵", "en": "Buttons or display"}},
                {"key": "other", "name": {"zh": "其他", "en": "Something else"}},
            ],
        }
    ],
    "noise": [
        {
            "code": "hours",
            "variable": True,
            "datatype": "multivaluelist",
            "required": False,
            "description": {"zh": "什么时段?", "en": "At what time of day?"},
            "datatype_description": {"zh": "可选多项", "en": "Choose as many as apply"},
            "values": [
                {"key": "morning", "name": {"zh": "早晨", "en": "Morning"}},
                {"key": "day", "name": {"zh": "白天", "en": "Daytime"}},
                {"key": "evening", "name": {"zh": "傍晚", "en": "Evening"}},
                {"key": "night", "name": {"zh": "夜间", "en": "Night"}},
            ],
        }
    ],
    "lighting": [
        {
            "code": "lamp",
            "variable": True,
            "datatype": "string",
            "required": False,
            "description": {"zh": "灯杆编号", "en": "Number on the lamp post"},
            "datatype_description": {"zh": "如灯杆上有编号", "en": "If there is one"},
            "values": [],
        }
    ],
}


def upgrade() -> None:
    services = op.create_table(
        "open311_services",
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("category", sa.Text(), nullable=False),
        *(
            sa.Column(f"{word}_{language}", sa.Text(), nullable=False)
            for word in ("name", "description", "group")
            for language in ("zh", "en")
        ),
        sa.Column("keywords", sa.Text(), server_default="", nullable=False, comment="separated by commas"),
        sa.Column(
            "type",
            sa.Text(),
            server_default="realtime",
            nullable=False,
            comment="batch answers with a token; blackbox takes reports and never shows them",
        ),
        sa.Column(
            "place_public",
            sa.Boolean(),
            server_default="false",
            nullable=False,
            comment="readers without a key see the place itself, not its grid",
        ),
        sa.Column(
            "text_public",
            sa.Boolean(),
            server_default="false",
            nullable=False,
            comment="readers without a key see the description",
        ),
        sa.Column("place", sa.SmallInteger(), nullable=False, comment="in the order of lists"),
        sa.Column(
            "attributes",
            postgresql.JSONB(),
            server_default="[]",
            nullable=False,
            comment="questions asked with a report, in their order",
        ),
        sa.CheckConstraint(
            "type IN ('realtime', 'batch', 'blackbox')", name=op.f("ck_open311_services_type_known")
        ),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_open311_services")),
        sa.UniqueConstraint("category", name=op.f("uq_open311_services_category")),
    )
    op.bulk_insert(services, [_row(place, *entry) for place, entry in enumerate(SERVICES, start=1)])
    _create_keys()
    _create_requests()


def _row(place, category, name, description, group, keywords, kind, place_public):
    return {
        "code": category,
        "category": category,
        "name_zh": name[0],
        "name_en": name[1],
        "description_zh": description[0],
        "description_en": description[1],
        "group_zh": group[0],
        "group_en": group[1],
        "keywords": keywords,
        "type": kind,
        "place_public": place_public,
        "place": place,
        "attributes": QUESTIONS.get(category, []),
    }


def _create_keys() -> None:
    op.create_table(
        "open311_keys",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("application", sa.Text(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("per_hour", sa.Integer(), nullable=False, comment="reports it may send in any 60 minutes"),
        sa.Column(
            "reads_details",
            sa.Boolean(),
            server_default="false",
            nullable=False,
            comment="sees descriptions, answers and exact places of all services",
        ),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("per_hour > 0", name=op.f("ck_open311_keys_per_hour_positive")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_open311_keys")),
        sa.UniqueConstraint("digest", name=op.f("uq_open311_keys_digest")),
    )


def _create_requests() -> None:
    op.create_table(
        "open311_requests",
        sa.Column("issue_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("key_id", sa.BigInteger(), nullable=True),
        sa.Column("token", postgresql.UUID(), nullable=True, comment="of a batch service"),
        sa.Column("address", sa.Text(), server_default="", nullable=False, comment="as it was written"),
        sa.Column(
            "attributes",
            postgresql.JSONB(),
            server_default="{}",
            nullable=False,
            comment="code of the question -> answers",
        ),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["issue_id"],
            ["issues.id"],
            name=op.f("fk_open311_requests_issue_id_issues"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["key_id"], ["open311_keys.id"], name=op.f("fk_open311_requests_key_id_open311_keys")
        ),
        sa.PrimaryKeyConstraint("issue_id", name=op.f("pk_open311_requests")),
        sa.UniqueConstraint("token", name=op.f("uq_open311_requests_token")),
    )
    op.create_index("ix_open311_requests_key_id_created_at", "open311_requests", ["key_id", "created_at"])


def downgrade() -> None:
    op.drop_table("open311_requests")
    op.drop_table("open311_keys")
    op.drop_table("open311_services")
