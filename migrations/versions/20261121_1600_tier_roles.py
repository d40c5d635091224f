"""Each role belongs to a tier: where a matter goes that the tier below cannot settle."""

import sqlalchemy as sa
from alembic import op

revision = "20261121_1600"
down_revision = "20261121_1500"
branch_labels = None
depends_on = None

# A role that a city brought along stands in the community until the city says otherwise.
TIERS = {
    "compound": (
        "building_head",
        "centre_household",
        "entrance_head",
        "micro_grid_head",
        "property_steward",
        "volunteer",
    ),
    "street": ("enforcement", "legal_adviser", "police"),
    "department": ("partner_organisation",),
}


def upgrade() -> None:
    op.add_column(
        "staff_roles",
        sa.Column(
            "tier",
            sa.Text(),
            server_default="community",
            nullable=False,
            comment="from here a matter goes up to the next",
        ),
    )
    roles = sa.table("staff_roles", sa.column("code"), sa.column("tier"))
    for tier, codes in TIERS.items():
        op.execute(roles.update().where(roles.c.code.in_(codes)).values(tier=tier))
    op.create_check_constraint(
        op.f("ck_staff_roles_tier_known"),
        "staff_roles",
        "tier IN ('compound', 'community', 'street', 'department')",
    )


def downgrade() -> None:
    op.drop_column("staff_roles", "tier")
