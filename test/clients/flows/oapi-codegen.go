package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"time"
)

func check(isGood bool, what string, answer []byte) {
	if !isGood {
		fmt.Fprintln(os.Stderr, what, string(answer))
		os.Exit(1)
	}
}

func must[T any](value T, err error) T {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	return value
}

func clientOf(key string) *ClientWithResponses {
	bearer := func(_ context.Context, request *http.Request) error {
		request.Header.Set("Authorization", "Bearer "+key)
		return nil
	}
	return must(NewClientWithResponses(os.Getenv("RINGBACK_URL"), WithRequestEditorFn(bearer)))
}

func allowed[T int | string](value T) *FilterValue {
	var filterValue FilterValue
	text := must(json.Marshal(value))
	must(0, filterValue.UnmarshalJSON(text))
	return &filterValue
}

func main() {
	ctx := context.Background()
	operator := clientOf(os.Getenv("RINGBACK_OPERATOR_KEY"))
	tenant := must(operator.CreateTenantWithResponse(ctx, nil, TenantInput{Name: "Acme Collections"}))
	check(tenant.JSON201 != nil, "tenant", tenant.Body)
	id := tenant.JSON201.Id
	receiver := os.Getenv("RECEIVER_URL")
	types := []string{"dialing.*"}
	filter := map[string][]*FilterValue{"data.resDial": {allowed(4), allowed("4"), nil}}
	endpoint := must(operator.CreateEndpointWithResponse(ctx, id, nil, EndpointInput{
		Url: &receiver, EventTypes: &types, Filter: &filter,
	}))
	check(endpoint.JSON201 != nil, "endpoint", endpoint.Body)
	key := must(operator.CreateKeyWithResponse(ctx, id, nil, KeyInput{Name: "crm"}))
	check(key.JSON201 != nil, "key", key.Body)

	own := clientOf(key.JSON201.Key)
	source := must(own.CreateSourceWithResponse(ctx, id, nil, SourceInput{Name: "pbx-1"}))
	check(source.JSON201 != nil, "source", source.Body)
	page := must(own.ListEndpointsWithResponse(ctx, id, nil))
	check(page.JSON200 != nil && page.JSON200.Data[0].Id == endpoint.JSON201.Id, "page", page.Body)
	check(page.JSON200.NextCursor == nil, "page", page.Body)
	eventType := "dialing.updated"
	started := must(own.TestSourceWithResponse(ctx, id, source.JSON201.Id, nil,
		TestSourceInput{EventType: &eventType}))
	check(started.JSON202 != nil, "test", started.Body)
	var found []Delivery
	for tries := 0; len(found) == 0 && tries < 300; tries++ {
		time.Sleep(100 * time.Millisecond)
		status := []DeliveryStatus{DeliveryStatusDelivered}
		list := must(own.ListDeliveriesWithResponse(ctx, id, &ListDeliveriesParams{Status: &status}))
		check(list.JSON200 != nil, "deliveries", list.Body)
		found = list.JSON200.Data
	}
	check(len(found) == 1 && found[0].EventId == *started.JSON202.EventId, "no delivery", nil)
	delivery := must(own.GetDeliveryWithResponse(ctx, id, found[0].Id))
	check(delivery.JSON200 != nil && *delivery.JSON200.Attempts[0].StatusCode == 204, "delivery", delivery.Body)
	event := must(own.GetEventWithResponse(ctx, id, *started.JSON202.EventId, nil))
	check(event.JSON200 != nil && len(event.JSON200.Deliveries) == 1, "event", event.Body)
	kind := must(own.GetEventTypeWithResponse(ctx, eventType))
	check(kind.JSON200 != nil, "event type", kind.Body)
	var webhook Webhook
	must(0, json.Unmarshal(must(json.Marshal(kind.JSON200.Example)), &webhook))
	dialing := must(webhook.AsDialingUpdatedWebhook())
	check(*dialing.Data.ResDialName == ResDialNameAnswered, "webhook", kind.Body)

	isDisabled, description := true, "calls"
	changed := must(own.UpdateEndpointWithResponse(ctx, id, endpoint.JSON201.Id, nil,
		EndpointChanges{Disabled: &isDisabled, Description: &description}))
	check(changed.JSON200 != nil && *changed.JSON200.DisabledReason == Manual, "change", changed.Body)
	nobody := must(operator.GetTenantWithResponse(ctx, "ten_00000000000000000000000000"))
	problem := nobody.ApplicationproblemJSON404
	check(problem != nil && problem.Code == ProblemCodeNotFound, "problem", nobody.Body)
	deleted := must(own.DeleteEndpointWithResponse(ctx, id, endpoint.JSON201.Id))
	check(deleted.StatusCode() == 204, "deletion", deleted.Body)
}
