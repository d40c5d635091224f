"""Photos of issues: drawn anew when they come in, so that nothing but the picture is kept."""

from sqlalchemy import CheckConstraint, ForeignKey, LargeBinary, Text
from sqlalchemy.orm import Mapped, mapped_column

from gridmap.models.base import Base, CreatedAt, Id


class IssuePhoto(Base):
    """A JPEG without metadata."""

    __tablename__ = "issue_photos"
    __table_args__ = (CheckConstraint("least(width, height) > 0", name="has_extent"),)

    id: Mapped[Id]
    issue_id: Mapped[int] = mapped_column(ForeignKey("issues.id", ondelete="CASCADE"), index=True)
    content: Mapped[bytes] = mapped_column(LargeBinary, deferred=True)
    width: Mapped[int] = mapped_column(comment="pixels")
    height: Mapped[int] = mapped_column(comment="pixels")
    public_code: Mapped[str | None] = mapped_column(
        Text, unique=True, comment="of its address while everybody may see it"
    )
    created_at: Mapped[CreatedAt]
