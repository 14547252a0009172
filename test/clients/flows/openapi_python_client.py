import os
import time

from ringback import AuthenticatedClient, models
from ringback.api.deliveries import get_delivery, list_deliveries
from ringback.api.endpoints import (
    create_endpoint,
    delete_endpoint,
    list_endpoints,
    update_endpoint,
)
from ringback.api.event_types import get_event_type
from ringback.api.events import get_event
from ringback.api.keys import create_key
from ringback.api.sources import create_source, test_source
from ringback.api.tenants import create_tenant, get_tenant

URL = os.environ["RINGBACK_URL"]


def good(answer):
    assert not isinstance(answer, models.Problem), answer
    return answer


operator = AuthenticatedClient(base_url=URL, token=os.environ["RINGBACK_OPERATOR_KEY"])
tenant = good(
    create_tenant.sync(client=operator, body=models.TenantInput(name="Acme Collections"))
)
filter_ = models.EndpointInputFilterType0.from_dict({"data.resDial": [4, "4", None]})
body = models.EndpointInput(
    url=os.environ["RECEIVER_URL"],
    event_types=["dialing.*"],
    filter_=filter_,
    description=None,
)
endpoint = good(create_endpoint.sync(tenant.id, client=operator, body=body))
made = good(create_key.sync(tenant.id, client=operator, body=models.KeyInput(name="crm")))

own = AuthenticatedClient(base_url=URL, token=made.key)
source = good(create_source.sync(tenant.id, client=own, body=models.SourceInput(name="pbx-1")))
page = good(list_endpoints.sync(tenant.id, client=own))
assert page.data[0].id == endpoint.id and page.next_cursor is None
body = models.TestSourceInput(event_type="dialing.updated")
started = good(test_source.sync(tenant.id, source.id, client=own, body=body))
for _ in range(300):
    time.sleep(0.1)
    status = [models.DeliveryStatus.DELIVERED]
    found = good(list_deliveries.sync(tenant.id, client=own, status=status, limit=10)).data
    if found:
        break
assert found[0].event_id == started.event_id
delivery = good(get_delivery.sync(tenant.id, found[0].id, client=own))
assert delivery.attempts[0].status_code == 204
event = good(get_event.sync(tenant.id, started.event_id, client=own))
assert len(event.deliveries) == 1
example = good(get_event_type.sync("dialing.updated", client=own)).example.to_dict()
webhook = models.DialingUpdatedWebhook.from_dict(example)
assert webhook.data.res_dial_name == models.ResDialName.ANSWERED

body = models.EndpointChanges(disabled=True, description="calls")
changed = good(update_endpoint.sync(tenant.id, endpoint.id, client=own, body=body))
assert changed.disabled_reason == models.DisabledReason.MANUAL
problem = get_tenant.sync("ten_00000000000000000000000000", client=operator)
assert problem.code == models.ProblemCode.NOT_FOUND
assert delete_endpoint.sync_detailed(tenant.id, endpoint.id, client=own).status_code == 204
