"""Generated from docs/openapi.yaml by clients/generate.py. Do not edit."""
# mypy: disable-error-code="no-any-return"

from typing import Literal, NotRequired, TypedDict

from insight_dedup_client.transport import Page, Transport


class Person(TypedDict):
    id: "int"
    username: "str"
    email: "NotRequired[str]"
    role: "str"
    is_active: "NotRequired[bool]"
    is_staff: "NotRequired[bool]"
    invited: "bool"
    date_joined: "NotRequired[str]"
    last_login: "NotRequired[str | None]"


class PersonAddRequest(TypedDict):
    username: "str"
    email: "NotRequired[str]"
    role: "NotRequired[PersonRole]"


class PersonChangeRequest(TypedDict):
    role: "NotRequired[PersonRole]"
    is_active: "NotRequired[bool]"


class Invited(Person):
    invitation: "str"


PaginatedPersonList = Page[Person]


PersonRole = Literal["Viewer", "Reviewer", "Lead", "Administrator"]


class PeopleCalls(Transport):
    def list_people(
        self, *, cursor: str | None = None, page_size: int | None = None
    ) -> PaginatedPersonList:
        """List the accounts, the newest first."""
        return self.request(
            "GET", "/api/v1/people", params={"cursor": cursor, "page_size": page_size}
        )

    def add_person(self, body: PersonAddRequest) -> Invited:
        """Add a person with a role; the answer has the link that sets the password."""
        return self.request("POST", "/api/v1/people", json=body)

    def change_person(
        self,
        id: str,
        body: PersonChangeRequest | None = None,
        *,
        idempotency_key: str | None = None,
    ) -> Person:
        """Set the role, or switch the account off and on."""
        return self.request(
            "PATCH", f"/api/v1/people/{id}", headers={"Idempotency-Key": idempotency_key}, json=body
        )
