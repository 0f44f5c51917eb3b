"""Speaks to the sandbox's XML gateway in this process, as the vendor's documents say one does."""

from __future__ import annotations

import asyncio
from xml.etree.ElementTree import Element, fromstring

import httpx

from recon.sandbox import intacct_rest, intacct_xml
from recon.sandbox.app import make_app
from recon.sandbox.world import DEMO_ACCESS, World

LOGIN = (
    "<login><userid>{user_id}</userid><companyid>{company_id}</companyid><password>{user_password}</password>{more}"
    "</login>"
)
REQUEST = (
    "<request><control><senderid>{sender_id}</senderid><password>{sender_password}</password><controlid>run-1</controlid>"
    "{unique}<dtdversion>3.0</dtdversion>{options}</control><operation{transaction}>"
    "<authentication>{who}</authentication><content>{functions}</content></operation></request>"
)
ACCESS = {name.removeprefix("intacct."): value for name, value in DEMO_ACCESS.items() if name.startswith("intacct.")}


class Gateway:
    """Speaks to a sandbox in this process."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.app = make_app(world, [intacct_xml.routes, intacct_rest.routes])

    def call(self, method: str, path: str, **how: object) -> httpx.Response:
        """The answer to any request."""

        async def called() -> httpx.Response:
            async with httpx.AsyncClient(transport=httpx.ASGITransport(self.app), base_url="http://sandbox") as client:
                return await client.request(method, path, **how)

        return asyncio.run(called())

    def send(self, body: str, fault: str = "") -> Element:
        headers = {"content-type": "application/xml"} | ({"x-sandbox-fault": fault} if fault else {})
        answer = self.call("POST", intacct_xml.PATH, content=body.encode(), headers=headers)
        assert answer.status_code == 200
        assert answer.headers["content-type"].startswith("text/xml")
        return fromstring(answer.content)

    def ask(self, *calls: str, ids: tuple[str, ...] = (), fault: str = "", **how: str) -> Element:
        named = ids or tuple(f"fn-{number}" for number in range(len(calls)))
        functions = "".join(
            f'<function controlid="{name}">{call}</function>' for name, call in zip(named, calls, strict=True)
        )
        who = how.pop("who", LOGIN.format(**ACCESS, more=how.pop("more", "")))
        facts = {"unique": "<uniqueid>false</uniqueid>", "options": "", "transaction": "", **ACCESS, **how}
        return self.send(REQUEST.format(who=who, functions=functions, **facts), fault)

    def result(self, call: str, **how: str) -> Element:
        found = self.ask(call, **how).find("operation/result")
        assert found is not None
        return found

    def rows(self, call: str, **how: str) -> list[dict[str, str]]:
        result = self.result(call, **how)
        assert result.findtext("status") == "success", texts(result)
        return [{field.tag: field.text or "" for field in row} for row in result.findall("data/*")]


def texts(result: Element) -> list[str]:
    return [error.findtext("description2", "") for error in result.iter("error")]


def query(thing: str, *fields: str, rest: str = "") -> str:
    chosen = "".join(f"<field>{field}</field>" for field in fields)
    return f"<query><select>{chosen}</select><object>{thing}</object>{rest}</query>"


def line(account: str, side: int, amount: str, location: str = "100", more: str = "") -> str:
    return (
        f"<GLENTRY><ACCOUNTNO>{account}</ACCOUNTNO><TR_TYPE>{side}</TR_TYPE><TRX_AMOUNT>{amount}</TRX_AMOUNT>"
        f"<LOCATION>{location}</LOCATION>{more}</GLENTRY>"
    )


RENT = line("6800", 1, "10.50") + line("1010", -1, "10.50")


def entry(lines: str = RENT, *, journal: str = "GJ", day: str = "09/30/2026", more: str = "") -> str:
    return (
        f"<create><GLBATCH><JOURNAL>{journal}</JOURNAL><BATCH_DATE>{day}</BATCH_DATE><BATCH_TITLE>Rent</BATCH_TITLE>"
        f"{more}<ENTRIES>{lines}</ENTRIES></GLBATCH></create>"
    )
