"""The models whose methods are awaited."""

from __future__ import annotations

from blog.columns import PostColumns, RoleColumns, UserColumns, UserRoleColumns
from records import AsyncDBModel, AsyncJoinTableDBModel, LazyAttribute


class AsyncBlogModel(AsyncDBModel):
    """What is bound to the database, for all of them."""


class AsyncUser(UserColumns, AsyncBlogModel):
    posts = LazyAttribute["list[AsyncPost]"]("AsyncPost", reverse_foreign_key="user_id")
    user_roles = LazyAttribute["list[AsyncUserRole]"]("AsyncUserRole", reverse_foreign_key="user_id")


class AsyncPost(PostColumns, AsyncBlogModel):
    user = LazyAttribute["AsyncUser"]("AsyncUser", foreign_key="user_id")


class AsyncRole(RoleColumns, AsyncBlogModel):
    user_roles = LazyAttribute["list[AsyncUserRole]"]("AsyncUserRole", reverse_foreign_key="role_id")


class AsyncUserRole(UserRoleColumns, AsyncBlogModel, AsyncJoinTableDBModel):
    user = LazyAttribute["AsyncUser"]("AsyncUser", foreign_key="user_id")
    role = LazyAttribute["AsyncRole"]("AsyncRole", foreign_key="role_id")
