"""SmileBack, Xero and ConnectWise PSA as their documents describe them; nothing of the connections' code is here."""

import re
from base64 import b64decode
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, Final

from tests.stubs.server import Asked, Given

Row = dict[str, Any]
Clock = Callable[[], int]


def iso(at: int) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def instant(text: str) -> int:
    return int(datetime.fromisoformat(text).timestamp())


def credentials(asked: Asked) -> str:
    kind, _, value = asked.headers.get("authorization", "").partition(" ")
    return b64decode(value).decode() if kind == "Basic" else ""


class SignIn:
    """An OAuth token endpoint; each token is another, and can be ended."""

    def __init__(self, credentials: str, path: str, form: dict[str, str]) -> None:
        self.credentials, self.path, self._form = credentials, path, form
        self._issued = 0
        self.token = ""

    def answer(self, asked: Asked) -> Given | None:
        """The answer to a request for a token, a refusal of one without; None for one that may go on."""
        if asked.path == self.path:
            right = all(asked.form.get(name) == value for name, value in self._form.items())
            if credentials(asked) != self.credentials or not right or asked.method != "POST":
                return Given(400, {"error": "invalid_client"})
            self._issued += 1
            self.token = f"token-{self._issued}"
            return Given(200, {"access_token": self.token, "token_type": "Bearer", "expires_in": 1800})
        if not self.token or asked.headers.get("authorization") != f"Bearer {self.token}":
            return Given(401, {"detail": "Authentication credentials were not provided."})
        return None


class SmileBack:
    """Reviews. `modified_since` takes the moment itself along; pages are as long as is asked, at most 100."""

    SETTINGS: Final = {"client_id": "id", "username": "ada"}
    SECRETS: Final = {"client_secret": "s$cret#1", "password": "pass word"}

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.rows: dict[str, dict[str, Row]] = {"reviews": {}}
        form = {"grant_type": "password", "username": "ada", "password": "pass word", "scope": "read read_recent"}
        self.sign_in = SignIn("id:s$cret#1", "/api/token/", form)

    def put(self, stream: str, row: Row) -> None:
        self.rows[stream][str(row["id"])] = {**row, "last_modified": f"{iso(self._clock())[:-1]}.000000Z"}

    def delete(self, stream: str, row_id: str) -> None:
        """They stay in the list, with a status."""
        if row_id in self.rows[stream]:
            self.put(stream, {**self.rows[stream][row_id], "status": "deleted"})

    def __call__(self, asked: Asked) -> Given:
        refused = self.sign_in.answer(asked)
        if refused is not None:
            return refused
        if asked.path != "/api/v3/reviews/":
            return Given(404, "<h1>Not Found</h1>")
        rows = sorted(self.rows["reviews"].values(), key=lambda row: (row["last_modified"], row["id"]))
        since = asked.query.get("modified_since")
        if since:
            rows = [row for row in rows if instant(row["last_modified"]) >= instant(since)]
        if asked.query.get("include_unrated") != "true":
            rows = [row for row in rows if row.get("rating") is not None]
        size, page = min(int(asked.query.get("page_size", 20)), 100), int(asked.query.get("page", 1))
        shown = rows[(page - 1) * size : page * size]
        following = f"https://app.smileback.io/api/v3/reviews/?page={page + 1}" if len(rows) > page * size else None
        return Given(200, {"count": len(rows), "next": following, "results": shown})


class Xero:
    """Contacts and invoices, bills among them. Unknown parameters are taken no notice of."""

    SETTINGS: Final = {"client_id": "id"}
    SECRETS: Final = {"client_secret": "secret"}

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.rows: dict[str, dict[str, Row]] = {"contacts": {}, "invoices": {}}
        self.sign_in = SignIn("id:secret", "/connect/token", {"grant_type": "client_credentials"})

    def put(self, stream: str, row: Row) -> None:
        name = {"contacts": "ContactID", "invoices": "InvoiceID"}[stream]
        self.rows[stream][row[name]] = {**row, "UpdatedDateUTC": f"/Date({self._clock() * 1000}+0000)/"}

    def delete(self, stream: str, row_id: str) -> None:
        """An invoice is voided; a contact cannot be deleted."""
        if stream == "invoices" and row_id in self.rows[stream]:
            self.put(stream, {**self.rows[stream][row_id], "Status": "VOIDED"})

    def __call__(self, asked: Asked) -> Given:
        refused = self.sign_in.answer(asked)
        if refused is not None:
            return refused
        path = asked.path.removeprefix("/api.xro/2.0/")
        if path == "Organisation":
            return Given(200, {"Organisations": [{"Name": "Northwind MSP"}]})
        name = {"Contacts": "contacts", "Invoices": "invoices"}.get(path)
        if name is None:
            return Given(404, "The resource you're looking for cannot be found")
        rows = list(self.rows[name].values())
        if name == "invoices" and asked.query.get("where") == 'Type=="ACCREC"':
            rows = [row for row in rows if row["Type"] == "ACCREC"]
        if name == "contacts" and asked.query.get("includeArchived") != "true":
            rows = [row for row in rows if row["ContactStatus"] == "ACTIVE"]
        since = asked.headers.get("if-modified-since")
        if since:
            moment = datetime.strptime(since, "%a, %d %b %Y %H:%M:%S GMT").replace(tzinfo=UTC).timestamp()
            rows = [row for row in rows if int(row["UpdatedDateUTC"][6:19]) > moment * 1000]
        order = asked.query.get("order", "UpdatedDateUTC")
        rows.sort(key=lambda row: str(row[order]))
        size, page = int(asked.query.get("pageSize", 100)), int(asked.query.get("page", 1))
        shown = rows[(page - 1) * size : page * size]
        pagination = {"page": page, "pageSize": size, "itemCount": len(rows)}
        return Given(200, {"pagination": pagination, path: shown}, {"X-DayLimit-Remaining": "4987"})


_CONDITION: Final = re.compile(r"\(?lastUpdated>\[([^\]]+)\](?: or (closedFlag=false|balance>0)\))?")


class ConnectWise:
    """Companies, tickets, agreements and invoices behind forward-only paging. Null fields are absent."""

    SETTINGS: Final = {"site": "api-na.myconnectwise.net", "company_id": "northwind", "public_key": "public"}
    SECRETS: Final = {"private_key": "private"}
    PATHS: Final = {
        "company/companies": "companies",
        "service/tickets": "tickets",
        "finance/agreements": "agreements",
        "finance/invoices": "invoices",
    }

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.rows: dict[str, dict[str, Row]] = {name: {} for name in self.PATHS.values()}
        self.notes: dict[str, list[Row]] = {}

    def put(self, stream: str, row: Row) -> None:
        info = {**row.get("_info", {}), "lastUpdated": iso(self._clock())}
        told = {name: value for name, value in row.items() if value is not None}
        self.rows[stream][str(row["id"])] = {**told, "_info": info}

    def delete(self, stream: str, row_id: str) -> None:
        """They vanish; a company only gets a flag, without a new lastUpdated."""
        if stream == "companies" and row_id in self.rows[stream]:
            self.rows[stream][row_id]["deletedFlag"] = True
        else:
            self.rows[stream].pop(row_id, None)

    def __call__(self, asked: Asked) -> Given:
        if asked.path.startswith("/login/companyinfo/"):
            known = asked.path.endswith("/northwind")
            return Given(200, {"Codebase": "v2017_3/", "IsCloud": True} if known else "null")
        if credentials(asked) != "northwind+public:private":
            return Given(404, {"code": "NotFound", "message": "Resource not found"})
        if not asked.headers.get("clientid"):
            return Given(401, {"code": "Unauthorized"})
        assert "2025.16" in asked.headers["accept"]
        path = asked.path.removeprefix("/v4_6_release/apis/3.0/")
        notes = re.fullmatch(r"service/tickets/(\d+)/allNotes", path)
        if notes:
            return Given(200, self.notes.get(notes[1], []))
        return self._list(path, asked)

    def _list(self, path: str, asked: Asked) -> Given:
        lists: dict[str, list[Row]] = {
            "service/priorities": [
                {"id": 4, "name": "Priority 3 - Normal Response", "sortOrder": 6},
                {"id": 12, "name": "Priority 5 - Planning", "sortOrder": 9},
            ],
            "service/boards": [{"id": 1, "name": "Help Desk"}],
            "service/boards/1/statuses": [
                {"id": 17, "name": "New", "closedStatus": False},
                {"id": 500, "name": ">Closed", "closedStatus": True},
            ],
            "service/boards/1/types": [{"id": 8, "name": "Incident"}, {"id": 99, "name": "Alert"}],
        }
        if path in lists:
            return Given(200, lists[path])
        bare = path.removesuffix("/count")
        if bare not in self.PATHS:
            return Given(404, {"code": "NotFound"})
        rows = sorted(self.rows[self.PATHS[bare]].values(), key=lambda row: int(row["id"]))
        if bare != path:
            return Given(200, {"count": len(rows)})
        if "orderBy" in asked.query and asked.headers.get("pagination-type") == "forward-only":
            return Given(400, {"code": "InvalidObject"})
        conditions = asked.query.get("conditions")
        named = re.fullmatch(r"id in \(([0-9,]+)\)", conditions or "")
        if named:
            rows = [row for row in rows if str(row["id"]) in named[1].split(",")]
        elif conditions:
            match = _CONDITION.fullmatch(conditions)
            if match is None:
                return Given(400, {"code": "ConditionInvalid", "message": "Condition is malformed"})
            rows = [
                row
                for row in rows
                if instant(row["_info"]["lastUpdated"]) > instant(match[1])
                or (match[2] == "closedFlag=false" and not row.get("closedFlag"))
                or (match[2] == "balance>0" and row.get("balance", 0) > 0)
            ]
        rows = [row for row in rows if int(row["id"]) > int(asked.query.get("pageId", 0))]
        size = int(asked.query.get("pageSize", 25))
        assert size <= 1000
        return Given(200, rows[:size], {"Link": "<https://example.com>; rel=next"})
