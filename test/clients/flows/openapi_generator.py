import os
import time

import ringback
from ringback import models


def client_of(key):
    configuration = ringback.Configuration(host=os.environ["RINGBACK_URL"], access_token=key)
    return ringback.ApiClient(configuration)


operator = client_of(os.environ["RINGBACK_OPERATOR_KEY"])
tenant = ringback.TenantsApi(operator).create_tenant(
    models.TenantInput(name="Acme Collections")
)
allowed = [models.FilterValue(4), models.FilterValue("4"), None]
endpoint = ringback.EndpointsApi(operator).create_endpoint(
    tenant.id,
    models.EndpointInput(
        url=os.environ["RECEIVER_URL"],
        event_types=["dialing.*"],
        filter={"data.resDial": allowed},
        description=None,
    ),
)
made = ringback.KeysApi(operator).create_key(tenant.id, models.KeyInput(name="crm"))

own = client_of(made.key)
sources = ringback.SourcesApi(own)
source = sources.create_source(tenant.id, models.SourceInput(name="pbx-1"))
endpoints = ringback.EndpointsApi(own)
page = endpoints.list_endpoints(tenant.id)
assert page.data[0].id == endpoint.id and page.next_cursor is None
started = sources.test_source(
    tenant.id, source.id, test_source_input=models.TestSourceInput(event_type="dialing.updated")
)
deliveries = ringback.DeliveriesApi(own)
for _ in range(300):
    time.sleep(0.1)
    status = [models.DeliveryStatus.DELIVERED]
    found = deliveries.list_deliveries(tenant.id, status=status, limit=10).data
    if found:
        break
assert found[0].event_id == started.event_id
delivery = deliveries.get_delivery(tenant.id, found[0].id)
assert delivery.attempts[0].status_code == 204
event = ringback.EventsApi(own).get_event(tenant.id, started.event_id)
assert len(event.deliveries) == 1
example = ringback.EventTypesApi(own).get_event_type("dialing.updated").example
webhook = models.Webhook.from_dict(example).actual_instance
assert isinstance(webhook, models.DialingUpdatedWebhook)
assert webhook.data.res_dial_name == models.ResDialName.ANSWERED

changes = models.EndpointChanges(disabled=True, description="calls")
changed = endpoints.update_endpoint(tenant.id, endpoint.id, endpoint_changes=changes)
assert changed.disabled_reason == models.DisabledReason.MANUAL
try:
    ringback.TenantsApi(operator).get_tenant("ten_00000000000000000000000000")
    raise AssertionError("a tenant that is not there was found")
except ringback.exceptions.NotFoundException as error:
    assert models.Problem.from_json(error.body).code == models.ProblemCode.NOT_FOUND
endpoints.delete_endpoint(tenant.id, endpoint.id)
