import java.net.URI;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.openapitools.client.ApiClient;
import org.openapitools.client.ApiException;
import org.openapitools.client.api.*;
import org.openapitools.client.model.*;

public class Flow {
  static ApiClient clientOf(String key) {
    ApiClient client = new ApiClient();
    client.updateBaseUri(System.getenv("RINGBACK_URL"));
    client.setRequestInterceptor(request -> request.header("Authorization", "Bearer " + key));
    return client;
  }

  static void check(boolean isGood, Object answer) {
    if (!isGood) throw new AssertionError(answer);
  }

  public static void main(String[] args) throws Exception {
    ApiClient operator = clientOf(System.getenv("RINGBACK_OPERATOR_KEY"));
    Tenant tenant =
        new TenantsApi(operator).createTenant(new TenantInput().name("Acme Collections"), null);
    String id = tenant.getId();
    EndpointInput input =
        new EndpointInput()
            .url(URI.create(System.getenv("RECEIVER_URL")))
            .eventTypes(List.of("dialing.*"))
            .filter(Map.of("data.resDial", Arrays.asList(allowed("4"), allowed("\"4\""), null)))
            .description(null);
    EndpointWithSecret endpoint = new EndpointsApi(operator).createEndpoint(id, input, null);
    CreatedKey made = new KeysApi(operator).createKey(id, new KeyInput().name("crm"), null);

    ApiClient own = clientOf(made.getKey());
    SourcesApi sources = new SourcesApi(own);
    SourceWithToken source = sources.createSource(id, new SourceInput().name("pbx-1"), null);
    EndpointsApi endpoints = new EndpointsApi(own);
    EndpointPage page = endpoints.listEndpoints(id, null, null);
    check(page.getData().get(0).getId().equals(endpoint.getId()), page);
    check(page.getNextCursor() == null, page);
    TestSourceInput example = new TestSourceInput().eventType("dialing.updated");
    TestSourceResult started = sources.testSource(id, source.getId(), null, example);
    DeliveriesApi deliveries = new DeliveriesApi(own);
    List<Delivery> found = List.of();
    for (int tries = 0; found.isEmpty() && tries < 300; tries++) {
      Thread.sleep(100);
      List<DeliveryStatus> status = List.of(DeliveryStatus.DELIVERED);
      found = deliveries.listDeliveries(id, 10, null, null, status, null, null, null).getData();
    }
    check(found.get(0).getEventId().equals(started.getEventId()), found);
    DeliveryWithAttempts delivery = deliveries.getDelivery(id, found.get(0).getId());
    check(delivery.getAttempts().get(0).getStatusCode() == 204, delivery);
    EventWithDeliveries event = new EventsApi(own).getEvent(id, started.getEventId(), null, null);
    check(event.getDeliveries().size() == 1, event);
    EventType type = new EventTypesApi(own).getEventType("dialing.updated");
    String text = own.getObjectMapper().writeValueAsString(type.getExample());
    Webhook webhook = own.getObjectMapper().readValue(text, Webhook.class);
    DialingUpdatedWebhook dialing = (DialingUpdatedWebhook) webhook.getActualInstance();
    check(dialing.getData().getResDialName() == ResDialName.ANSWERED, dialing);

    EndpointChanges changes = new EndpointChanges().disabled(true).description("calls");
    Endpoint changed = endpoints.updateEndpoint(id, endpoint.getId(), null, changes);
    check(changed.getDisabledReason() == DisabledReason.MANUAL, changed);
    try {
      new TenantsApi(operator).getTenant("ten_00000000000000000000000000");
      check(false, "a tenant that is not there was found");
    } catch (ApiException error) {
      Problem problem = own.getObjectMapper().readValue(error.getResponseBody(), Problem.class);
      check(problem.getCode() == ProblemCode.NOT_FOUND, problem);
    }
    endpoints.deleteEndpoint(id, endpoint.getId());
  }

  static FilterValue allowed(String json) throws Exception {
    return new ApiClient().getObjectMapper().readValue(json, FilterValue.class);
  }
}
