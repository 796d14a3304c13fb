"""Pages for the owner and the operator, rendered here, behind a login."""

from vitrine.console.frame.password import Password
from vitrine.console.frame.session import cookie_key
from vitrine.console.given import Given, People
from vitrine.console.router import console_routers, templates

__all__ = ["Given", "Password", "People", "console_routers", "cookie_key", "templates"]
