"""The objects that can be read, and where each field of theirs stands, by the names of the XML gateway and of REST."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from recon.sandbox.intacct.kinds import Field, fields_of
from recon.sandbox.intacct.rest_names import REST_FIELDS

_SIGNED = "l.tr_type * l.cents"
_SIGNED_TRX = "l.tr_type * l.trx_cents"
_LINES = (
    "intacct_line l LEFT JOIN intacct_batch b ON b.recordno = l.batchkey"
    " LEFT JOIN intacct_account a ON a.accountno = l.accountno"
    " LEFT JOIN intacct_location o ON o.locationid = l.location"
    " LEFT JOIN intacct_department d ON d.departmentid = l.department"
    " LEFT JOIN intacct_journal j ON j.symbol = b.journal"
)
_PARENTS = "LEFT JOIN intacct_location p ON p.locationid = t.parentid"
_LINE_SCOPE = "l.location IN (SELECT locationid FROM intacct_location WHERE entity = ?)"
_BATCH_SCOPE = (
    "b.recordno IN (SELECT batchkey FROM intacct_line JOIN intacct_location ON locationid = location WHERE entity = ?)"
)
_AUDIT = """
WHENCREATED moment t.whencreated
WHENMODIFIED moment t.whenmodified
CREATEDBY text t.createdby
MODIFIEDBY text t.modifiedby
MEGAENTITYKEY text NULL
MEGAENTITYID text NULL
MEGAENTITYNAME text NULL
RECORD_URL text NULL
"""


@dataclass(frozen=True)
class Thing:
    """One object: its names, the tables behind it, its fields by both names, and what an entity may see of it."""

    xml: str
    rest: str
    source: str
    key: str  # SQL of the record number
    name: str  # the field of the XML gateway that people know a record by
    fields: Mapping[str, Field]
    rest_fields: Mapping[str, Field] = field(default_factory=dict)
    scope: str = ""  # condition with one mark for the entity; empty: the same for all
    private: str = ""  # SQL of the entity that owns the record
    modified: str = ""  # SQL of the moment of the last change


_GLDETAIL = f"""
RECORDNO key l.recordno
BATCHKEY key l.batchkey
BATCH_DATE day b.batch_date
BATCH_TITLE text b.batch_title
BATCH_NO whole b.batchno
SYMBOL text b.journal
JOURNAL.SYMBOL text b.journal
BOOKID text b.bookid
CHILDENTITY text o.entity
MODIFIED moment b.modified
REFERENCENO text b.referenceno
ADJ text b.adj
MODULEKEY text b.module
OWNERSHIPKEY text NULL
LINE_NO whole l.line_no
ENTRY_DATE day l.entry_date
TR_TYPE whole l.tr_type
DOCUMENT text l.document
ACCOUNTNO text l.accountno
ACCOUNTTITLE text a.title
STATISTICAL text a.statistical
DEPARTMENTID text l.department
DEPARTMENTTITLE text d.title
LOCATIONID text l.location
LOCATIONNAME text o.name
CURRENCY text l.currency
BASECURR text coalesce(o.currency,l.currency)
DESCRIPTION text l.description
DEBITAMOUNT money iif(l.tr_type=1,l.cents,0)
CREDITAMOUNT money iif(l.tr_type=1,0,l.cents)
AMOUNT money {_SIGNED}
TRX_DEBITAMOUNT money iif(l.tr_type=1,l.trx_cents,0)
TRX_CREDITAMOUNT money iif(l.tr_type=1,0,l.trx_cents)
TRX_AMOUNT money {_SIGNED_TRX}
CLASSID text l.classid
CUSTOMERID text l.customerid
VENDORID text l.vendorid
EMPLOYEEID text l.employeeid
PROJECTID text l.projectid
ITEMID text l.itemid
DOCNUMBER text NULL
ENTRY_STATE text b.state
ENTRYDESCRIPTION text l.description
PRDESCRIPTION text NULL
RECORDID text NULL
RECORDTYPE text NULL
TOTALDUE money NULL
TOTALENTERED money NULL
TOTALPAID money NULL
WHENCREATED moment l.whencreated
WHENDUE day NULL
WHENMODIFIED moment l.whenmodified
WHENPAID day NULL
"""
_GLENTRY = """
RECORDNO key l.recordno
BATCHNO key l.batchkey
USERNO text b.createdby
LINE_NO whole l.line_no
TR_TYPE whole l.tr_type
ENTRY_DATE day l.entry_date
AMOUNT money l.cents
TRX_AMOUNT money l.trx_cents
BATCH_NUMBER whole b.batchno
BATCH_DATE day b.batch_date
BATCHTITLE text b.batch_title
ACCOUNTKEY key a.recordno
ACCOUNTNO text l.accountno
ACCOUNTTITLE text a.title
STATISTICAL text a.statistical
DEPARTMENT text l.department
DEPARTMENTTITLE text d.title
LOCATION text l.location
LOCATIONNAME text o.name
DOCUMENT text l.document
DESCRIPTION text l.description
CURRENCY text l.currency
BASECURR text coalesce(o.currency,l.currency)
EXCH_RATE_DATE day b.batch_date
EXCH_RATE_TYPE_ID text NULL
EXCHANGE_RATE text coalesce(l.exchange_rate,'1')
CUSTOMERID text l.customerid
VENDORID text l.vendorid
EMPLOYEEID text l.employeeid
PROJECTID text l.projectid
ITEMID text l.itemid
CLASSID text l.classid
STATE text b.state
GLBATCH.STATE text b.state
GLBATCH.JOURNAL text b.journal
GLBATCH.REFERENCENO text b.referenceno
WHENCREATED moment l.whencreated
WHENMODIFIED moment l.whenmodified
"""
_GLBATCH = """
RECORDNO key b.recordno
BATCHNO whole b.batchno
BATCH_TITLE text b.batch_title
BALANCE money NULL
JOURNAL text b.journal
JOURNAL.SYMBOL text b.journal
JOURNALKEY key j.recordno
JOURNAL_BILLABLE text NULL
ADJ text b.adj
BATCH_DATE day b.batch_date
REVERSEDATE day b.reversedate
MODULE text b.module
CHILDENTITY text NULL
USERKEY text b.createdby
REFERENCENO text b.referenceno
REVERSED day NULL
REVERSEDKEY key b.reversedkey
REVERSEDFROM day b.reversedfrom
TEMPLATEKEY text NULL
PRBATCHKEY text NULL
PRBATCHRECTYPE text NULL
MODIFIED moment b.modified
MODIFIEDBYID text b.modifiedby
SCHOPKEY text NULL
BASELOCATION text NULL
BASELOCATION_NO text b.baselocation_no
BASELOCATION_NAME text NULL
USERINFO.LOGINID text b.createdby
LOCATIONKEY text NULL
SUPDOCID text b.supdocid
HISTORY_COMMENT text b.history_comment
TRANSACTIONSOURCE text b.transactionsource
TAXIMPLICATIONS text NULL
TAXSOLUTIONID text NULL
VATVENDORID text NULL
VATCUSTOMERID text NULL
VATCONTACTID text NULL
WHENCREATED moment b.whencreated
WHENMODIFIED moment b.whenmodified
CREATEDBY text b.createdby
MODIFIEDBY text b.modifiedby
STATE text b.state
MEGAENTITYKEY text NULL
MEGAENTITYID text NULL
MEGAENTITYNAME text NULL
RECORD_URL text NULL
"""
_REQUIRES = "DEPT LOC PROJECT CUSTOMER VENDOR EMPLOYEE ITEM CLASS"
_GLACCOUNT = (
    """
RECORDNO key t.recordno
ACCOUNTNO text t.accountno
TITLE text t.title
ACCOUNTTYPE text t.accounttype
NORMALBALANCE text t.normalbalance
CLOSINGTYPE text t.closingtype
CATEGORY text t.category
ALTERNATIVEACCOUNT text t.alternativeaccount
STATUS text t.status
TAXABLE yes_no 'false'
REQUIRETASK yes_no 'false'
REQUIRECONTRACT yes_no 'false'
REQUIREWAREHOUSE yes_no 'false'
"""
    + "".join(f"REQUIRE{word} yes_no coalesce(t.require{word.lower()},'false')\n" for word in _REQUIRES.split())
    + _AUDIT.strip()
)
_LOCATION = f"""
RECORDNO key t.recordno
LOCATIONID text t.locationid
NAME text t.name
PARENTID text t.parentid
PARENTKEY key p.recordno
ENTITY text t.entity
STATUS text t.status
CURRENCY text t.currency
SUPERVISORID text NULL
STARTDATE day NULL
ENDDATE day NULL
{_AUDIT.strip()}
"""
# From which day an entity's books are open is documented for the REST API alone: the gateway does not tell.
_ENTITY_EMPTY = (
    "REPORTPRINTAS SUPERVISORID FIRSTMONTH FIRSTMONTHTAX WEEKSTART FEDERALID CUSTOMERID CUSTOMERNAME VENDORID"
    " VENDORNAME TAXID ENABLELEGALCONTACT LEGALNAME LEGALADDRESS1 LEGALADDRESS2 LEGALCITY LEGALSTATE LEGALZIPCODE"
    " LEGALCOUNTRY OPCOUNTRY ADDRESSCOUNTRYDEFAULT HAS_IE_RELATION"
)
_DEPARTMENT = f"""
RECORDNO key t.recordno
DEPARTMENTID text t.departmentid
TITLE text t.title
PARENTKEY text NULL
PARENTID text t.parentid
SUPERVISORNAME text NULL
STATUS text t.status
CUSTTITLE text NULL
{_AUDIT.strip()}
"""
_GLJOURNAL = f"""
RECORDNO key t.recordno
SYMBOL text t.symbol
TITLE text t.title
BOOKID text t.bookid
ADJ text t.adj
STATISTICAL text t.statistical
STATUS text t.status
{_AUDIT.strip()}
"""
_REPORTINGPERIOD = f"""
RECORDNO key t.recordno
NAME text t.name
HEADER1 text t.header1
HEADER2 text t.header2
START_DATE day t.start_date
END_DATE day t.end_date
BUDGETING yes_no t.budgeting
STATUS text t.status
{_AUDIT.strip()}
"""
_CUSTOMER = f"""
RECORDNO key t.recordno
CUSTOMERID text t.customerid
NAME text t.name
ENTITY text 'C'||t.customerid
STATUS text t.status
TOTALDUE money t.totaldue
TAXID text t.taxid
CREDITLIMIT money t.creditlimit
COMMENTS text t.comments
ONETIME yes_no 'false'
ONHOLD yes_no 'false'
OBJECTRESTRICTION text 'Unrestricted'
PARENTKEY text NULL
PARENTID text NULL
PARENTNAME text NULL
CUSTREPNAME text NULL
GLGRPKEY text NULL
GLGROUP text NULL
{_AUDIT.strip()}
"""
_SODOCUMENT = f"""
RECORDNO key t.recordno
DOCNO text t.docno
DOCID text t.docid
DOCPARID text t.docparid
CUSTVENDID text t.custvendid
STATE text t.state
TOTAL money t.total
TRX_TOTAL money t.trx_total
CURRENCY text t.currency
PRRECORDKEY text t.prrecordkey
ARINVOICE.RECORDNO text t.prrecordkey
WHENPOSTED day t.whenposted
MESSAGE text t.message
{_AUDIT.strip().replace("moment t.whencreated", "day t.whencreated")}
"""


def _thing(xml: str, rest: str, source: str, name: str, fields: str, **more: str) -> Thing:
    """An object with a table of its own, or with other tables named in `more`."""
    settled = {"key": "t.recordno", "modified": "t.whenmodified"} | more
    return Thing(xml, rest, source, name=name, fields=fields_of(fields), rest_fields=REST_FIELDS[rest], **settled)


_ENTITY = _LOCATION + "".join(f"{name} text NULL\n" for name in _ENTITY_EMPTY.split())
_LINE = {"key": "l.recordno", "scope": _LINE_SCOPE, "modified": "l.whenmodified"}
_BATCHES = "intacct_batch b LEFT JOIN intacct_journal j ON j.symbol = b.journal"
_BATCH = {"key": "b.recordno", "scope": _BATCH_SCOPE, "modified": "b.whenmodified"}
_IN_ENTITY = {"scope": "t.entity = ?"}
_THINGS = (
    _thing("GLDETAIL", "general-ledger/journal-entry-line", _LINES, "RECORDNO", _GLDETAIL, **_LINE),
    _thing("GLENTRY", "general-ledger/journal-entry-line", _LINES, "RECORDNO", _GLENTRY, **_LINE),
    _thing("GLBATCH", "general-ledger/journal-entry", _BATCHES, "RECORDNO", _GLBATCH, **_BATCH),
    _thing("GLACCOUNT", "general-ledger/account", "intacct_account t", "ACCOUNTNO", _GLACCOUNT),
    _thing("GLJOURNAL", "general-ledger/journal", "intacct_journal t", "SYMBOL", _GLJOURNAL),
    _thing("REPORTINGPERIOD", "general-ledger/reporting-period", "intacct_period t", "NAME", _REPORTINGPERIOD),
    _thing(
        "LOCATION", "company-config/location", f"intacct_location t {_PARENTS}", "LOCATIONID", _LOCATION, **_IN_ENTITY
    ),
    _thing(
        "LOCATIONENTITY",
        "company-config/entity",
        f"intacct_location t JOIN intacct_location e ON e.recordno = t.recordno AND t.locationid = t.entity {_PARENTS}",
        "LOCATIONID",
        _ENTITY,
    ),
    _thing("DEPARTMENT", "company-config/department", "intacct_department t", "DEPARTMENTID", _DEPARTMENT),
    _thing(
        "CUSTOMER",
        "accounts-receivable/customer",
        "intacct_customer t",
        "CUSTOMERID",
        _CUSTOMER,
        private="t.private_to",
    ),
    _thing(
        "SODOCUMENT",
        "order-entry/document",
        "intacct_sodocument t",
        "DOCID",
        _SODOCUMENT,
        scope="t.location IN (SELECT locationid FROM intacct_location WHERE entity = ?)",
    ),
)
_ATTACHED = "intacct_attachment t LEFT JOIN intacct_folder p ON p.name = t.folder"
# The XML gateway has older functions of their own for these.
_BY_REST_ALONE = (
    _thing("SUPDOC", "company-config/attachment", _ATTACHED, "SUPDOCID", ""),
    _thing("SUPDOCFOLDER", "company-config/folder", "intacct_folder t", "NAME", ""),
)
BY_XML: Mapping[str, Thing] = {thing.xml: thing for thing in _THINGS}
BY_REST: Mapping[str, Thing] = {thing.rest: thing for thing in reversed((*_THINGS, *_BY_REST_ALONE))}
