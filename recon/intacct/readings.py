"""What is read of each Intacct object: its fields, the date that a window is about, and its key."""

from __future__ import annotations

from dataclasses import dataclass, replace

from recon.intacct import rest_ledger, xml_ledger


@dataclass(frozen=True)
class Reading:
    """One object as it is read. Wished fields are left out where a company's Intacct does not know them."""

    name: str  # of the source, behind "intacct."
    object: str
    needed: tuple[str, ...]
    wished: tuple[str, ...] = ()
    date: str | None = None  # the field that a window is about; None: all records, whatever the window
    key: str = "RECORDNO"
    definition: str | None = None  # document definition, for order entry
    location: str | None = None  # the field that must lie in the entity asked for
    places: tuple[str, ...] = ()  # the fields that tell whose books a record stands in


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


GLDETAIL = Reading(
    "gldetail",
    "GLDETAIL",
    _words(
        "RECORDNO BATCHKEY BATCH_NO LINE_NO SYMBOL BOOKID ENTRY_DATE ACCOUNTNO LOCATIONID DEPARTMENTID TR_TYPE "
        "DEBITAMOUNT CREDITAMOUNT AMOUNT ENTRY_STATE"
    ),
    _words(
        "CHILDENTITY MODULEKEY REFERENCENO DOCUMENT DOCNUMBER DESCRIPTION ENTRYDESCRIPTION "
        "STATISTICAL CURRENCY BASECURR TRX_DEBITAMOUNT TRX_CREDITAMOUNT CLASSID CUSTOMERID VENDORID "
        "PROJECTID EMPLOYEEID ITEMID WHENCREATED WHENMODIFIED MODIFIED"
    ),
    date="ENTRY_DATE",
    places=("CHILDENTITY", "LOCATIONID"),
)
GLBATCH = Reading(
    "glbatch",
    "GLBATCH",
    _words("RECORDNO BATCHNO BATCH_TITLE JOURNAL BATCH_DATE STATE REFERENCENO"),
    _words(
        "BALANCE MODULE ADJ CHILDENTITY REVERSED REVERSEDKEY REVERSEDFROM TEMPLATEKEY PRBATCHKEY BASELOCATION_NO "
        "USERINFO.LOGINID CREATEDBY MODIFIEDBY WHENCREATED WHENMODIFIED MODIFIED"
    ),
    date="BATCH_DATE",
)
GLENTRY = Reading(
    "glentry",
    "GLENTRY",
    _words("RECORDNO BATCHNO LINE_NO TR_TYPE ENTRY_DATE AMOUNT ACCOUNTNO"),
    _words(
        "TRX_AMOUNT BATCH_NUMBER BATCH_DATE BATCHTITLE STATISTICAL DEPARTMENT LOCATION DOCUMENT DESCRIPTION CURRENCY "
        "BASECURR EXCHANGE_RATE CLASSID CUSTOMERID VENDORID PROJECTID EMPLOYEEID ITEMID STATE WHENCREATED WHENMODIFIED"
    ),
    date="ENTRY_DATE",
)
GLACCOUNT = Reading(
    "glaccount",
    "GLACCOUNT",
    _words("RECORDNO ACCOUNTNO TITLE ACCOUNTTYPE NORMALBALANCE STATUS"),
    _words(
        "CLOSINGTYPE CATEGORY ALTERNATIVEACCOUNT REQUIREDEPT REQUIRELOC REQUIREPROJECT REQUIRETASK REQUIRECUSTOMER "
        "REQUIREVENDOR REQUIREEMPLOYEE REQUIREITEM REQUIRECLASS REQUIRECONTRACT REQUIREWAREHOUSE"
    ),
)
REPORTINGPERIOD = Reading(
    "reportingperiod",
    "REPORTINGPERIOD",
    _words("RECORDNO NAME START_DATE END_DATE"),
    _words("HEADER1 HEADER2 BUDGETING STATUS"),
)
LOCATION = Reading(
    "location",
    "LOCATION",
    _words("RECORDNO LOCATIONID NAME"),
    _words("PARENTID STATUS ENTITY ENTITYRECORDNO LOCATIONTYPE"),
)
DEPARTMENT = Reading("department", "DEPARTMENT", _words("RECORDNO DEPARTMENTID TITLE"), _words("PARENTID STATUS"))
CUSTOMER = Reading(
    "customer",
    "CUSTOMER",
    _words("RECORDNO CUSTOMERID NAME"),
    _words("STATUS CUSTTYPE PARENTID TERMNAME CURRENCY CREDITLIMIT ONHOLD TOTALDUE WHENCREATED WHENMODIFIED"),
)
SODOCUMENT = Reading(
    "sodocument",
    "SODOCUMENT",
    _words("RECORDNO DOCNO DOCID DOCPARID CUSTVENDID WHENCREATED STATE"),
    _words("WHENPOSTED TOTAL TRX_TOTAL CURRENCY BASECURR PRRECORDKEY WHENMODIFIED"),
    date="WHENCREATED",
    definition="Sales Invoice",
)
SALES_ORDER = replace(SODOCUMENT, name="sales_order", definition="Sales Order")
# From which day books are open is documented for the REST API alone; the gateway is asked, and may not know.
LOCATIONENTITY = Reading("locationentity", "LOCATIONENTITY", _words("RECORDNO LOCATIONID"), _words("STATUS STARTOPEN"))
XML_READINGS = (
    GLDETAIL, GLBATCH, GLENTRY, GLACCOUNT, REPORTINGPERIOD, LOCATION, DEPARTMENT, CUSTOMER, SODOCUMENT,
    SALES_ORDER,
)  # fmt: skip

_DIMENSIONS = "location department class customer vendor project employee item"
JOURNAL_ENTRY_LINE = Reading(
    "journal_entry_line",
    "general-ledger/journal-entry-line",
    _words("key entryDate txnType txnAmount baseAmount glAccount.id journalEntry.key"),
    _words(
        "id lineNumber documentId description currency.baseCurrency currency.txnCurrency currency.exchangeRate state "
        "journalEntry.id journalEntry.txnNumber journalEntry.state journalEntry.referenceNumber "
        "journalEntry.glJournal.id journalEntry.moduleName journalEntry.baseLocation.id "
        "audit.createdDateTime audit.modifiedDateTime audit.createdByUser.id audit.createdBy "
    )
    + tuple(f"dimensions.{name}.id" for name in _DIMENSIONS.split()),
    date="entryDate",
    key="key",
    location="dimensions.location.id",
    places=("dimensions.location.id", "journalEntry.baseLocation.id"),
)
JOURNAL_ENTRY = Reading(
    "journal_entry",
    "general-ledger/journal-entry",
    _words("key postingDate description state glJournal.id"),
    _words(
        "id txnNumber referenceNumber moduleName reversedFromDate reversedBy.key baseLocation.id "
        "audit.createdDateTime audit.modifiedDateTime audit.createdByUser.id audit.createdBy"
    ),
    date="postingDate",
    key="key",
    places=("baseLocation.id",),
)
JOURNAL = Reading(
    "journal", "general-ledger/journal", _words("key id name"), _words("bookType isAdjustment"), key="key"
)
ACCOUNT = Reading(
    "account",
    "general-ledger/account",
    _words("key id name accountType normalBalance status"),
    _words("closingType alternativeGLAccount disallowDirectPosting")
    + tuple(f"requireDimensions.{name}" for name in f"{_DIMENSIONS} contract warehouse task".split()),
    key="key",
)
REPORTING_PERIOD = Reading(
    "reporting_period",
    "general-ledger/reporting-period",
    _words("key id startDate endDate"),
    _words("isBudgetable status"),
    key="key",
)
REST_LOCATION = Reading(
    "rest_location", "company-config/location", _words("key id name"), _words("parent.id status entity.id"), key="key"
)
REST_ENTITY = Reading(
    "entity", "company-config/entity", _words("key id"), _words("status openBooksStartDate"), key="key"
)
REST_DEPARTMENT = Reading(
    "rest_department", "company-config/department", _words("key id name"), _words("parent.id status"), key="key"
)
REST_CUSTOMER = Reading(
    "rest_customer",
    "accounts-receivable/customer",
    _words("key id name"),
    _words("status creditLimit totalDue term.id"),
    key="key",
)
REST_READINGS = (
    JOURNAL_ENTRY_LINE, JOURNAL_ENTRY, JOURNAL, ACCOUNT, REPORTING_PERIOD, REST_LOCATION, REST_DEPARTMENT,
    REST_CUSTOMER,
)  # fmt: skip

_OF_LINES = frozenset[str]().union(*xml_ledger.IDS.values(), *rest_ledger.IDS.values())
# Ids as Intacct types them, and those that a ledger line is made of: a card number in one of these sets the row
# aside, in any other field it is masked.
ID_FIELDS = _OF_LINES.union(
    (name for name, lent in rest_ledger.FROM_ENTRY.items() if lent in _OF_LINES),
    _words(
        "BATCHNO BATCH_NUMBER LINE_NO JOURNAL BOOKID LOCATION DEPARTMENT PARENTID DOCID DOCNO CUSTVENDID REVERSEDKEY "
        "PRBATCHKEY PRRECORDKEY GLACCOUNTNO CREATEDBY USERINFO.LOGINID id parent.id entity.id reversedBy.key "
        "audit.createdByUser.id audit.createdBy"
    ),
)
