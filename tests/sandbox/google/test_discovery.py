"""Every method that is played exists at Google, takes these parameters, and may answer so."""

from __future__ import annotations

import pytest

from apigeectl.sandbox.google.wire import COMMON_QUERY

pytest.importorskip(
    "googleapiclient", reason="google-api-python-client, with its discovery documents, is absent"
)
pytest.importorskip("jsonschema")

from apigeectl.sandbox.google import ADMIN, CONNECT_PROPERTY
from tests.sandbox.google.conftest import caller_of
from tests.sandbox.google.discovery import check_body, check_path, document, method

ORG = "/v1/organizations/hybrid-demo"
PROJECT = "/v1/projects/hybrid-demo"
SERVICE = f"{PROJECT}/services/apigeeconnect.googleapis.com"
ACCOUNT = f"{PROJECT}/serviceAccounts/apigee-mart@hybrid-demo.iam.gserviceaccount.com"
DEVELOPER = f"{ORG}/developers/developer@example.com"
POLICY = {"policy": {"bindings": [{"role": "roles/x", "members": ["user:a@example.com"]}]}}

METHODS = [
    ("apigee.v1", "organizations.list", "/v1/organizations", None),
    ("apigee.v1", "organizations.get", ORG, None),
    (
        "apigee.v1",
        "organizations.update",
        ORG,
        {"properties": {"property": [{"name": "a", "value": "b"}, {}]}},
    ),
    ("apigee.v1", "organizations.getProjectMapping", f"{ORG}:getProjectMapping", None),
    ("apigee.v1", "organizations.environments.get", f"{ORG}/environments/test", None),
    ("apigee.v1", "organizations.envgroups.list", f"{ORG}/envgroups", None),
    ("apigee.v1", "organizations.envgroups.get", f"{ORG}/envgroups/test-group", None),
    (
        "apigee.v1",
        "organizations.envgroups.attachments.list",
        f"{ORG}/envgroups/test-group/attachments",
        None,
    ),
    ("serviceusage.v1", "services.list", f"{PROJECT}/services", None),
    ("serviceusage.v1", "services.get", SERVICE, None),
    ("serviceusage.v1", "services.batchGet", f"{PROJECT}/services:batchGet?names=x/{SERVICE[4:]}", None),
    ("serviceusage.v1", "services.enable", f"{SERVICE}:enable", {}),
    (
        "serviceusage.v1",
        "services.batchEnable",
        f"{PROJECT}/services:batchEnable",
        {"serviceIds": ["a.googleapis.com"]},
    ),
    ("cloudresourcemanager.v1", "projects.get", PROJECT, None),
    ("cloudresourcemanager.v1", "projects.getIamPolicy", f"{PROJECT}:getIamPolicy", {"options": {}}),
    ("cloudresourcemanager.v1", "projects.setIamPolicy", f"{PROJECT}:setIamPolicy", POLICY),
    (
        "cloudresourcemanager.v1",
        "projects.testIamPermissions",
        f"{PROJECT}:testIamPermissions",
        {"permissions": ["a.b.c"]},
    ),
    ("cloudresourcemanager.v3", "projects.get", "/v3/projects/hybrid-demo", None),
    ("cloudresourcemanager.v3", "projects.getIamPolicy", "/v3/projects/hybrid-demo:getIamPolicy", {}),
    ("cloudresourcemanager.v3", "projects.setIamPolicy", "/v3/projects/hybrid-demo:setIamPolicy", POLICY),
    ("serviceusage.v1", "services.disable", f"{SERVICE}:disable", {"checkIfServiceHasUsage": "SKIP"}),
    ("apigee.v1", "organizations.getSyncAuthorization", f"{ORG}:getSyncAuthorization", {}),
    (
        "apigee.v1",
        "organizations.setSyncAuthorization",
        f"{ORG}:setSyncAuthorization",
        {"identities": ["serviceAccount:a@b.iam.gserviceaccount.com"], "etag": ""},
    ),
    ("apigee.v1", "organizations.environments.getIamPolicy", f"{ORG}/environments/test:getIamPolicy", None),
    ("apigee.v1", "organizations.environments.setIamPolicy", f"{ORG}/environments/test:setIamPolicy", POLICY),
    (
        "apigee.v1",
        "organizations.environments.testIamPermissions",
        f"{ORG}/environments/test:testIamPermissions",
        {"permissions": ["apigee.environments.get"]},
    ),
    ("apigee.v1", "organizations.developers.list", f"{ORG}/developers?expand=true", None),
    ("apigee.v1", "organizations.developers.get", DEVELOPER, None),
    (
        "apigee.v1",
        "organizations.developers.create",
        f"{ORG}/developers",
        {"email": "a@example.com", "firstName": "A", "lastName": "B", "userName": "ab"},
    ),
    ("apigee.v1", "organizations.developers.apps.list", f"{DEVELOPER}/apps?expand=true", None),
    ("apigee.v1", "organizations.developers.apps.get", f"{DEVELOPER}/apps/demo-app", None),
    ("apigee.v1", "organizations.developers.apps.create", f"{DEVELOPER}/apps", {"name": "new-app"}),
    ("apigee.v1", "organizations.apps.list", f"{ORG}/apps?expand=true", None),
    ("apigee.v1", "organizations.apiproducts.list", f"{ORG}/apiproducts", None),
    ("apigee.v1", "organizations.apiproducts.create", f"{ORG}/apiproducts", {"name": "gold"}),
    ("iam.v1", "projects.serviceAccounts.create", f"{PROJECT}/serviceAccounts", {"accountId": "new-one"}),
    ("iam.v1", "projects.serviceAccounts.keys.list", f"{ACCOUNT}/keys?keyTypes=USER_MANAGED", None),
    ("iam.v1", "projects.serviceAccounts.keys.get", f"{ACCOUNT}/keys/apigeectl-sandbox-apigee-mart", None),
    (
        "iam.v1",
        "projects.serviceAccounts.keys.create",
        f"{ACCOUNT}/keys",
        {"keyAlgorithm": "KEY_ALG_RSA_2048"},
    ),
    ("iam.v1", "projects.serviceAccounts.delete", ACCOUNT, None),
    ("iam.v1", "projects.serviceAccounts.keys.delete", f"{ACCOUNT}/keys/apigeectl-sandbox-apigee-mart", None),
    ("iam.v1", "projects.serviceAccounts.disable", f"{ACCOUNT}:disable", {}),
    (
        "iamcredentials.v1",
        "projects.serviceAccounts.generateAccessToken",
        f"{ACCOUNT}:generateAccessToken",
        {"scope": ["https://www.googleapis.com/auth/cloud-platform"]},
    ),
    ("iam.v1", "projects.serviceAccounts.list", f"{PROJECT}/serviceAccounts", None),
    ("iam.v1", "projects.serviceAccounts.get", ACCOUNT, None),
]


@pytest.mark.parametrize(
    ("api", "name", "path", "body"), METHODS, ids=[f"{api}-{name}" for api, name, *_ in METHODS]
)
def test_a_method_speaks_as_its_discovery_document(start, runtime, api, name, path, body):
    runtime.connected = ["something"]
    admin = caller_of(start(properties=[(CONNECT_PROPERTY, "true")]), ADMIN)
    found = document(*api.split("."))
    rule = method(found, name)
    check_path(rule, path.partition("?")[0])
    if body is not None:
        check_body(found, rule["request"]["$ref"], body)

    answer = admin.send(rule["httpMethod"], path, body)

    assert answer.status == 200
    check_body(found, rule["response"]["$ref"], answer.body)


def test_an_operation_that_is_under_way_fits_its_schema(admin):
    api = document("serviceusage", "v1")
    name = admin.post(f"{PROJECT}/services/dns.googleapis.com:enable", {}).body["name"]

    answer = admin.get(f"/v1/{name}")

    check_path(method(api, "operations.get"), f"/v1/{name}")
    check_body(api, "Operation", answer.body)


def test_what_was_made_in_mart_fits_its_schemas(start, runtime):
    runtime.connected = ["something"]
    admin = caller_of(start(properties=[(CONNECT_PROPERTY, "true")]), ADMIN)
    admin.post(f"{ORG}/apiproducts", {"name": "gold"})
    app = admin.post(f"{DEVELOPER}/apps", {"name": "shop", "apiProducts": ["gold"]}).body
    api, prefix = document("apigee", "v1"), "GoogleCloudApigeeV1"

    check_body(api, f"{prefix}DeveloperApp", app)
    check_body(api, f"{prefix}App", admin.get(f"{ORG}/apps/{app['appId']}").body)
    check_body(api, f"{prefix}ListDeveloperAppsResponse", admin.get(f"{DEVELOPER}/apps").body)
    check_body(api, f"{prefix}ApiProduct", admin.get(f"{ORG}/apiproducts/gold").body)


@pytest.mark.parametrize(
    ("api", "name", "path", "body"), METHODS, ids=[f"{api}-{name}" for api, name, *_ in METHODS]
)
def test_the_parameters_that_are_taken_exist(google, api, name, path, body):
    rule = method(document(*api.split(".")), name)
    known = {key for key, each in rule.get("parameters", {}).items() if each["location"] == "query"}
    route, _ = google._find(rule["httpMethod"], path.partition("?")[0])

    assert set(route.query) <= known
    assert not set(route.query) & COMMON_QUERY


def test_googles_own_client_reads_the_organization(google):
    import json

    from google.oauth2 import service_account
    from googleapiclient.discovery import build_from_document

    from apigeectl.sandbox.keys import service_account_key

    info = json.loads(service_account_key(google.project.email(ADMIN), "hybrid-demo", google.token_uri))
    scopes = ["https://www.googleapis.com/auth/cloud-platform"]
    credentials = service_account.Credentials.from_service_account_info(info, scopes=scopes)
    client = build_from_document(
        document("apigee", "v1"), credentials=credentials, client_options={"api_endpoint": google.url}
    )
    try:
        body = client.organizations().get(name="organizations/hybrid-demo").execute()
    finally:
        client.close()

    assert body["runtimeType"] == "HYBRID"
