"""What Portico reports without a number is read like the rest, and told as a row that cannot be used."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from recon.heartland.frames import gateway_payments
from recon.heartland.portico import Portico, PorticoSource, SecretKey, portico_sources
from recon.store import Window
from recon.store.port import rows_of
from recon.wire import Answer, Ask, Secret
from recon.wire.loop import run

DAY = Window(dt.date(2026, 9, 1), dt.date(2026, 9, 1))
SALE = (
    "<ServiceName>CreditSale</ServiceName><DeviceId>1525997</DeviceId><TxnUtcDT>2026-09-01T11:15:30</TxnUtcDT>"
    "<TxnStatus>C</TxnStatus><Amt>20.00</Amt>"
)


@dataclass
class Gateway:
    """A gateway with one report per name; fulfils Wire."""

    reports: dict[str, str]

    async def ask(self, ask: Ask) -> Answer:
        name = next(name for name in self.reports if f"<{name}>" in (ask.body or b"").decode())
        body = (
            '<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body>'
            '<PosResponse xmlns="http://Hps.Exchange.PosGateway"><Ver1.0><Header><GatewayRspCode>0</GatewayRspCode>'
            f"</Header><Transaction><{name}>{self.reports[name]}</{name}></Transaction></Ver1.0></PosResponse>"
            "</s:Body></s:Envelope>"
        )
        return Answer(200, {"content-type": "text/xml"}, body.encode(), "http://127.0.0.1")


def test_a_transaction_without_a_number_has_an_id_and_becomes_a_reject() -> None:
    rows = f"<Details><GatewayTxnId>1</GatewayTxnId>{SALE}</Details><Details>{SALE}</Details>"
    source = sources(ReportActivity=rows)["portico.activity"]

    found = run(rows_of(source, DAY))

    assert [source.row_id(row).partition(":")[0] for row in found] == ["1", "unnamed"]
    made = gateway_payments(found)
    assert (made.frame["payment_id"].to_list(), made.rejects["field"].to_list()) == (["1"], ["GatewayTxnId"])


def test_a_long_report_that_is_written_alike_is_read_as_one_with_a_nested_field_among_its_rows() -> None:
    rows = [f"<Details><GatewayTxnId>{n}</GatewayTxnId><InvoiceNbr></InvoiceNbr>{SALE}</Details>" for n in range(400)]
    nested = "<Details><GatewayTxnId>400</GatewayTxnId><Card><CardType>Visa</CardType></Card></Details>"

    alike = run(rows_of(sources(ReportActivity="".join(rows))["portico.activity"], DAY))
    mixed = run(rows_of(sources(ReportActivity="".join([*rows, nested]))["portico.activity"], DAY))

    assert alike == mixed[:400]
    assert mixed[400] == {"GatewayTxnId": "400", "Card": {"CardType": "Visa"}}
    assert (alike[7]["GatewayTxnId"], alike[7]["InvoiceNbr"], alike[7]["Amt"]) == ("7", "", "20.00")


def test_a_batch_without_a_number_hides_no_other_and_becomes_a_reject() -> None:
    batches = "<Details><BatchId>7</BatchId></Details><Details><DeviceId>1525997</DeviceId></Details>"
    inside = f"<Details><GatewayTxnId>1</GatewayTxnId>{SALE}</Details>"
    source = sources(ReportBatchHistory=batches, ReportBatchDetail=inside)["portico.batch_details"]

    made = gateway_payments(run(rows_of(source, DAY)))

    assert made.frame.select("payment_id", "batch_id").rows() == [("1", "7")]
    assert made.rejects["field"].to_list() == ["GatewayTxnId"]


def sources(**reports: str) -> dict[str, PorticoSource]:
    return portico_sources(Portico(Gateway(reports), SecretKey(Secret("skapi_x"))))
