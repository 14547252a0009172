/** Common transforms. A test runs each one on the catalog's examples. */
export const transformExamples = {
  slack: {
    title: "A message in Slack",
    transform: `{"text": "Call to " & data.number & ": " & data.outcome & ", " & $string(data.talkSeconds) & " s"}`,
  },
  teams: {
    title: "A card in Microsoft Teams",
    transform: `{
  "type": "message",
  "attachments": [{
    "contentType": "application/vnd.microsoft.card.adaptive",
    "content": {
      "type": "AdaptiveCard",
      "version": "1.4",
      "body": [{"type": "TextBlock", "text": data.number & ": " & data.outcome}]
    }
  }]
}`,
  },
  flat: {
    title: "Flat fields, of answered calls only",
    transform: `data.outcome = "answered" ? {
  "id": id,
  "number": data.number,
  "seconds": data.talkSeconds,
  "customer": data.contact.key,
  "campaign": data.campaign.name
} : null`,
  },
  form: {
    title: "A form instead of JSON",
    transform: `{"$request": {
  "headers": {"content-type": "application/x-www-form-urlencoded"},
  "body": "CallSid=" & $encodeUrlComponent(data.uuid) & "&To=" & $encodeUrlComponent(data.number)
}}`,
  },
} as const
