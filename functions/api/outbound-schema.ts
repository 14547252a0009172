import {
  ConnectorChanges,
  ConnectorSettings,
  kinds,
  settingsSchemas,
} from "@ringback/connectors/kinds"
import { ClientAuth, RefreshAuth, TokenAuth } from "@ringback/connectors/settings"
import { MAX_TRANSFORM_BYTES } from "@ringback/webhooks/transform"
import * as v from "valibot"

const credential = v.pipe(v.string(), v.minLength(1), v.maxLength(4_096))

const TokenUrl = v.pipe(
  v.string(),
  v.maxLength(2_048),
  v.description("The URL that tokens are fetched from: https, no private address"),
  v.metadata({ format: "uri" }),
)
const scope = v.exactOptional(v.pipe(v.string(), v.minLength(1), v.maxLength(1_000)))
const oauth = { type: v.literal("oauth2"), tokenUrl: TokenUrl, clientId: credential, scope }

const BearerAuth = v.strictObject({ type: v.literal("bearer"), token: credential })
const BasicAuth = v.strictObject({
  type: v.literal("basic"),
  username: v.pipe(v.string(), v.maxLength(1_000), v.regex(/^[^:]*$/, "must not have a colon")),
  password: credential,
})
const HeaderAuth = v.strictObject({
  type: v.literal("header"),
  name: v.pipe(v.string(), v.maxLength(128)),
  value: credential,
})
const ClientCredentialsAuth = v.strictObject({
  ...oauth,
  grant: v.literal("client_credentials"),
  clientSecret: credential,
})
const RefreshTokenAuth = v.strictObject({
  ...oauth,
  grant: v.literal("refresh_token"),
  clientSecret: credential,
  refreshToken: credential,
})

export const AuthInput = v.variant("type", [
  BearerAuth,
  BasicAuth,
  HeaderAuth,
  v.variant("grant", [ClientCredentialsAuth, RefreshTokenAuth]),
])

// Always null. Code generators cannot make a type of null alone.
const hidden = v.pipe(v.nullable(v.string()), v.description("Never shown again: null"))

export const AuthAnswer = v.object({
  type: v.picklist(["bearer", "basic", "header", "oauth2"]),
  token: v.exactOptional(hidden),
  username: v.exactOptional(v.string()),
  password: v.exactOptional(hidden),
  name: v.exactOptional(v.string()),
  value: v.exactOptional(hidden),
  grant: v.exactOptional(v.picklist(["client_credentials", "refresh_token"])),
  tokenUrl: v.exactOptional(v.string()),
  clientId: v.exactOptional(v.string()),
  clientSecret: v.exactOptional(hidden),
  refreshToken: v.exactOptional(hidden),
  scope: v.exactOptional(v.string()),
})

const shownText = v.exactOptional(v.nullable(v.string()))

export const ConnectorAnswer = v.pipe(
  v.object({
    kind: v.picklist(kinds),
    auth: AuthAnswer,
    match: shownText,
    country: shownText,
    create: shownText,
    several: shownText,
    map: shownText,
    dispositions: v.exactOptional(v.record(v.string(), v.string())),
    live: v.exactOptional(v.boolean()),
    instanceUrl: shownText,
    companyDomain: shownText,
    dataCenter: shownText,
    callIdField: shownText,
    timeZone: shownText,
  }),
  v.description("The settings that apply to its kind"),
)

/**
 * The credentials and settings of each kind of endpoint and connector, by their names in the
 * document.
 */
export const outboundSchemas = {
  BearerAuth,
  BasicAuth,
  HeaderAuth,
  ClientCredentialsAuth,
  RefreshTokenAuth,
  ConnectorToken: TokenAuth,
  ConnectorRefreshToken: RefreshAuth,
  ConnectorClientCredentials: ClientAuth,
  HubspotConnector: settingsSchemas.given.hubspot,
  SalesforceConnector: settingsSchemas.given.salesforce,
  PipedriveConnector: settingsSchemas.given.pipedrive,
  ZohoConnector: settingsSchemas.given.zoho,
  HubspotConnectorChanges: settingsSchemas.changed.hubspot,
  SalesforceConnectorChanges: settingsSchemas.changed.salesforce,
  PipedriveConnectorChanges: settingsSchemas.changed.pipedrive,
  ZohoConnectorChanges: settingsSchemas.changed.zoho,
}

const byteLength = (text: string) => Buffer.byteLength(text)

export const Transform = v.pipe(
  v.string(),
  v.minLength(1),
  v.check(
    (text) => byteLength(text) <= MAX_TRANSFORM_BYTES,
    `must have at most ${MAX_TRANSFORM_BYTES / 1024} KB`,
  ),
  v.description(
    'A JSONata expression over the webhook. Its value is sent instead of the webhook. `{"$request": {"method", "path", "headers", "body"}}` sets those parts of the request too. null: the event is not sent. Keys of scope read see it: a credential belongs in `auth` or `headers`',
  ),
  v.examples(['{"text": data.name & " is now " & data.statusName}']),
)

/** The settings for sending to an endpoint, as they are created. */
export const outboundInput = {
  transform: v.optional(v.nullable(Transform), null),
  auth: v.pipe(
    v.optional(v.nullable(AuthInput), null),
    v.description("How requests authenticate. Stored encrypted, never shown again"),
  ),
  connector: v.exactOptional(
    v.pipe(
      ConnectorSettings,
      v.description("Instead of `url`: calls are logged in this CRM, on their contacts"),
    ),
  ),
}

/** The same settings, as they are changed. */
export const outboundChanges = {
  transform: v.nullable(Transform),
  auth: v.nullable(AuthInput),
  connector: v.pipe(
    ConnectorChanges,
    v.description("Replaces all settings of the connector. If `auth` is omitted, it is kept"),
  ),
}

/** The same settings, as they are shown. */
export const outboundAnswer = {
  transform: v.nullable(v.string()),
  auth: v.nullable(AuthAnswer),
  connector: v.nullable(ConnectorAnswer),
}
