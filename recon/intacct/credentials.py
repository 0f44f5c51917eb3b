"""Who asks Intacct: the sender and user of the XML gateway, or the application of the REST API."""

from __future__ import annotations

from dataclasses import dataclass

from recon.wire import Secret


@dataclass(frozen=True)
class XmlCredentials:
    """The web-services sender and the user who signs in; an entity narrows the session to it."""

    sender_id: str
    sender_password: Secret
    company_id: str
    user_id: str
    user_password: Secret
    entity: str | None = None  # location id of the entity; None: the top level


@dataclass(frozen=True)
class RestCredentials:
    """An application that signs in by itself, on behalf of one user (OAuth2 client credentials)."""

    client_id: str
    client_secret: Secret
    username: str  # user@company
    entity: str | None = None

    @property
    def login(self) -> str:
        """The user as the token service wants him: user@company or user@company|entity."""
        return f"{self.username}|{self.entity}" if self.entity else self.username


@dataclass(frozen=True)
class CodeCredentials:
    """An application to which a person gave leave in the browser (OAuth2 authorization code)."""

    client_id: str
    client_secret: Secret
    redirect_uri: str
    entity: str | None = None
