"""The models whose methods answer at once."""

from __future__ import annotations

from blog.columns import PostColumns, RoleColumns, UserColumns, UserRoleColumns
from records import DBModel, JoinTableDBModel, LazyAttribute


class BlogModel(DBModel):
    """What is bound to the database, for all of them."""


class User(UserColumns, BlogModel):
    posts = LazyAttribute["list[Post]"]("Post", reverse_foreign_key="user_id")
    user_roles = LazyAttribute["list[UserRole]"]("UserRole", reverse_foreign_key="user_id")


class Post(PostColumns, BlogModel):
    user = LazyAttribute["User"]("User", foreign_key="user_id")


class Role(RoleColumns, BlogModel):
    user_roles = LazyAttribute["list[UserRole]"]("UserRole", reverse_foreign_key="role_id")


class UserRole(UserRoleColumns, BlogModel, JoinTableDBModel):
    user = LazyAttribute["User"]("User", foreign_key="user_id")
    role = LazyAttribute["Role"]("Role", foreign_key="role_id")
