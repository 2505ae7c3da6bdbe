"""Calls SAE and STS through the official SDKs: one JSON request a line in, one JSON answer a line out.

A request names the endpoint, an operation, its query, and a credential as the SDK's own configuration:
    {"endpoint": "http://127.0.0.1:4321", "operation": "ListApplications", "query": {"PageSize": 200},
     "credential": {"type": "access_key", "access_key_id": "id", "access_key_secret": "secret"}}
"signature": "v2" asks for STS's older signature.
An answer is what a user of the SDK sees: {"body": {...}} or {"error": {...}}.
"""

import json
import os
import sys

import certifi

# The SDK has no setting for the authority to trust; every part of it asks certifi.
if "SIMULATOR_CA" in os.environ:
    certifi.where = lambda: os.environ["SIMULATOR_CA"]

from alibabacloud_credentials.client import Client as CredentialClient
from alibabacloud_credentials.models import Config as CredentialConfig
from alibabacloud_sae20190506 import models
from alibabacloud_sae20190506.client import Client
from alibabacloud_sts20150401 import models as sts_models
from alibabacloud_sts20150401.client import Client as StsClient
from alibabacloud_tea_openapi.models import Config

OPERATIONS = {
    "DescribeApplicationInstances": (
        Client.describe_application_instances,
        models.DescribeApplicationInstancesRequest,
    ),
    "DescribeApplicationGroups": (
        Client.describe_application_groups,
        models.DescribeApplicationGroupsRequest,
    ),
    "DescribeApplicationStatus": (
        Client.describe_application_status,
        models.DescribeApplicationStatusRequest,
    ),
    "ListApplications": (Client.list_applications, models.ListApplicationsRequest),
    "GetAvailabilityMetric": (Client.get_availability_metric, models.GetAvailabilityMetricRequest),
    "ListChangeOrders": (Client.list_change_orders, models.ListChangeOrdersRequest),
    "DescribeChangeOrder": (Client.describe_change_order, models.DescribeChangeOrderRequest),
    "ListAppEvents": (Client.list_app_events, models.ListAppEventsRequest),
    "AssumeRole": (StsClient.assume_role, sts_models.AssumeRoleRequest),
    "GetCallerIdentity": (lambda client, _: client.get_caller_identity(), sts_models.AssumeRoleRequest),
}
STS = ("AssumeRole", "GetCallerIdentity")


def client_for(request):
    protocol, host = request["endpoint"].split("://")
    credential = CredentialClient(CredentialConfig(**request["credential"]))
    config = Config(endpoint=host, protocol=protocol, credential=credential)
    config.signature_algorithm = request.get("signature")
    return StsClient(config) if request["operation"] in STS else Client(config)


def answer(request):
    call, query = OPERATIONS[request["operation"]]
    try:
        response = call(client_for(request), query().from_map(request["query"]))
        return {"body": response.body.to_map()}
    except Exception as error:  # whatever the SDK raises is what its user sees
        seen = {name: getattr(error, name, None) for name in ("code", "message", "status_code", "retry_after")}
        seen["class"] = type(error).__name__
        seen["access_denied"] = getattr(error, "access_denied_detail", None)
        return {"error": seen}


for line in sys.stdin:
    print(json.dumps(answer(json.loads(line))), flush=True)
