import assert from "node:assert/strict"
import { test } from "node:test"
import {
  type Auth,
  authHeaderName,
  authHeaders,
  masked,
  type OAuth,
  tokenOf,
  tokenRequest,
} from "@ringback/webhooks/endpoint-auth"

const base64 = (text: string) => Buffer.from(text).toString("base64")
const client = {
  type: "oauth2" as const,
  tokenUrl: "https://login.example/token",
  clientId: "id with:colon",
  clientSecret: "s\u00e9cret+",
}
const byCredentials: OAuth = { ...client, grant: "client_credentials" }
const byRefresh: OAuth = { ...client, grant: "refresh_token", refreshToken: "first" }

const ALL: [Auth, headers: Record<string, string>, name: string, mask: object][] = [
  [
    { type: "bearer", token: "t" },
    { authorization: "Bearer t" },
    "authorization",
    { type: "bearer", token: null },
  ],
  [
    { type: "basic", username: "u", password: "p\u00e9" },
    { authorization: `Basic ${base64("u:p\u00e9")}` },
    "authorization",
    { type: "basic", username: "u", password: null },
  ],
  [
    { type: "header", name: "X-Key", value: "v" },
    { "X-Key": "v" },
    "x-key",
    { type: "header", name: "X-Key", value: null },
  ],
  [
    byCredentials,
    { authorization: "Bearer token" },
    "authorization",
    { ...byCredentials, clientSecret: null },
  ],
  [
    byRefresh,
    { authorization: "Bearer token" },
    "authorization",
    { ...byRefresh, clientSecret: null, refreshToken: null },
  ],
]

test("each kind of auth has its header, and is shown without its secret", () => {
  for (const [auth, headers, name, mask] of ALL) {
    assert.deepEqual(authHeaders(auth, "token"), headers, auth.type)
    assert.equal(authHeaderName(auth), name)
    assert.deepEqual(masked(auth), mask)
  }
  assert.deepEqual(authHeaders(null, "token"), {})
  assert.equal(authHeaderName(null), undefined)
  assert.deepEqual(authHeaders(byRefresh, undefined), {}, "before there is a token")
})

// RFC 6749, 2.3.1 with appendix B: form-encoded, joined by a colon, in base64.
const BASIC = `Basic ${base64("id+with%3Acolon:s%C3%A9cret%2B")}`
const JSON_FORM = {
  accept: "application/json",
  "content-type": "application/x-www-form-urlencoded",
}

test("a token is asked for by its grant, the client in the header or in the form", () => {
  const formOf = (body: string) => Object.fromEntries(new URLSearchParams(body))
  const basic = tokenRequest({ ...byCredentials, scope: "a b" }, "basic", "unused")
  assert.deepEqual(basic.headers, { ...JSON_FORM, authorization: BASIC })
  assert.deepEqual(formOf(basic.body), { grant_type: "client_credentials", scope: "a b" })
  const form = tokenRequest(byRefresh, "form", undefined)
  assert.deepEqual(form.headers, JSON_FORM)
  assert.deepEqual(formOf(form.body), {
    grant_type: "refresh_token",
    refresh_token: "first",
    client_id: client.clientId,
    client_secret: client.clientSecret,
  })
  const next = tokenRequest(byRefresh, "basic", "second")
  assert.deepEqual(formOf(next.body), { grant_type: "refresh_token", refresh_token: "second" })
})

const HALF_HOUR = 1_800_000
const DAYS_30 = 30 * 24 * 3_600_000

test("a token lasts as long as its server says, within bounds, else half an hour", () => {
  const lasts = (expires_in: unknown) => {
    const token = tokenOf(200, JSON.stringify({ access_token: "a", expires_in }))
    assert.ok(!("problem" in token))
    return token.expiresInMs
  }
  const expected: [unknown, number][] = [
    [3600, 3_600_000],
    ["60", 60_000],
    [1, 1_000],
    [DAYS_30 / 1000, DAYS_30],
    [DAYS_30 / 1000 + 1, DAYS_30],
    [0, HALF_HOUR],
    [-1, HALF_HOUR],
    ["soon", HALF_HOUR],
    [null, HALF_HOUR],
    [undefined, HALF_HOUR],
    [true, HALF_HOUR],
  ]
  for (const [said, ms] of expected) assert.equal(lasts(said), ms, String(said))
  // Making a number of it would overflow the stack.
  const deep = `{"access_token":"a","expires_in":${"[".repeat(20_000)}${"]".repeat(20_000)}}`
  const token = tokenOf(200, deep)
  assert.ok(!("problem" in token))
  assert.equal(token.expiresInMs, HALF_HOUR)
})

test("a server may give the next refresh token", () => {
  const next = (refresh_token: unknown) => {
    const token = tokenOf(299, JSON.stringify({ access_token: "a", refresh_token }))
    return "problem" in token ? token.problem : [token.accessToken, token.refreshToken]
  }
  assert.deepEqual(next("r"), ["a", "r"])
  for (const none of ["", 7, null, undefined]) assert.deepEqual(next(none), ["a", undefined])
})

test("a token may have 16 KB, as an access token or a refresh token", () => {
  const given = (access: number, refresh: number) =>
    tokenOf(
      200,
      JSON.stringify({ access_token: "a".repeat(access), refresh_token: "r".repeat(refresh) }),
    )
  const most = 16 * 1024
  assert.ok("accessToken" in given(most, most))
  const problem = "the token server answered 200 with a token of more than 16 KB"
  assert.deepEqual(given(most + 1, 1), { problem })
  assert.deepEqual(given(1, most + 1), { problem })
})

test("what is no token says why, in the server's words and not at any length", () => {
  const problem = (statusCode: number, body: unknown) => {
    const text = typeof body === "string" ? body : JSON.stringify(body)
    const token = tokenOf(statusCode, text)
    return "problem" in token ? token.problem : undefined
  }
  const good = { access_token: "a" }
  for (const statusCode of [199, 300, 401, 500])
    assert.equal(problem(statusCode, good), `the token server answered ${statusCode}`)
  for (const body of [{}, { access_token: "" }, { access_token: 7 }, "", "x", "null", "7", []])
    assert.equal(problem(200, body), "the token server answered 200")
  assert.equal(
    problem(200, { error: "invalid_grant", error_description: "expired" }),
    "the token server answered 200: invalid_grant, expired",
  )
  assert.equal(
    problem(400, { error: 7, error_description: "expired" }),
    "the token server answered 400: expired",
  )
  const long = problem(400, { error: "x".repeat(300) })!
  assert.equal(long, `the token server answered 400: ${"x".repeat(200)}`)
})

test("a token that no header can hold is none", () => {
  for (const access_token of ["a b", "a\r\nb: c", "tok\u00e9n", "\ud800"])
    assert.deepEqual(tokenOf(200, JSON.stringify({ access_token })), {
      problem: "the token server answered with a token that no header can hold",
    })
})
