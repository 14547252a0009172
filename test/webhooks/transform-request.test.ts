import assert from "node:assert/strict"
import { test } from "node:test"
import { requestOf } from "@ringback/webhooks/transform"

// What a transform's value says of the request, without the process that evaluates it.
const target = {
  url: "https://crm.example:8443/hook?a=1",
  body: `{"type":"x"}`,
  authHeader: "x-key",
}
const of = (json: unknown, some: Partial<typeof target> = {}) =>
  requestOf(
    { result: "value", json: json === null ? null : JSON.stringify(json) },
    { ...target, ...some },
  )
const PLAIN = {
  result: "send",
  method: "POST",
  path: null,
  headers: {},
  contentType: "application/json",
}
const request = ($request: unknown) => of({ $request })
const problem = ($request: unknown) => {
  const made = request($request)
  assert.equal(made.result, "failed", JSON.stringify($request))
  const prefix = "the transform failed: "
  const reason = "reason" in made ? made.reason : ""
  assert.ok(reason.startsWith(prefix), reason)
  return reason.slice(prefix.length)
}

test("any value is a body, and nothing is no request", () => {
  for (const value of [1, "text", [1], { a: 1 }, {}, { $request: {}, more: 1 }, { a: 1, b: 2 }])
    assert.deepEqual(of(value), { ...PLAIN, body: JSON.stringify(value) })
  assert.deepEqual(of(null), { result: "unwanted" })
})

test("what could not be evaluated is late or failed, in words", () => {
  assert.deepEqual(requestOf({ result: "late" }, target), {
    result: "late",
    reason: "the transform took longer than 50 ms",
  })
  assert.deepEqual(requestOf({ result: "failed", reason: "why" }, target), {
    result: "failed",
    reason: "the transform failed: why",
  })
})

test("a $request says method, path, headers and content type; what it does not say is as without it", () => {
  assert.deepEqual(request({}), { ...PLAIN, body: target.body })
  for (const method of ["POST", "PUT", "PATCH"])
    assert.deepEqual(request({ method }), { ...PLAIN, method, body: target.body })
  for (const method of ["GET", "DELETE"]) {
    assert.deepEqual(request({ method }), { ...PLAIN, method, body: "" })
    assert.deepEqual(request({ method, body: 1 }), { ...PLAIN, method, body: "1" })
  }
  const headers = { "X-A": "1", "Content-Type": "text/plain; charset=utf-8" }
  assert.deepEqual(request({ path: "/v1/x?y=~", headers, body: "as it is" }), {
    ...PLAIN,
    path: "/v1/x?y=~",
    headers: { "X-A": "1" },
    contentType: "text/plain; charset=utf-8",
    body: "as it is",
  })
  assert.deepEqual(request({ headers, body: { a: 1 } }), {
    ...PLAIN,
    headers: { "X-A": "1" },
    contentType: "text/plain; charset=utf-8",
    body: `{"a":1}`,
  })
  assert.deepEqual(request({ body: "text" }), { ...PLAIN, body: `"text"` })
  assert.deepEqual(request({ body: null, path: null }), { ...PLAIN, body: "null" })
})

test("what a $request may not say is refused by its name", () => {
  for (const value of [1, "x", [], null]) assert.equal(problem(value), "$request must be an object")
  assert.equal(problem({ url: "x" }), "$request has no url")
  for (const method of ["HEAD", "post", 7, null])
    assert.equal(
      problem({ method }),
      "$request.method must be one of POST, PUT, PATCH, DELETE, GET",
    )
  for (const path of [
    "x",
    "",
    "//evil.example",
    "/\\evil",
    "/a b",
    "/a#b",
    "/\u00e9",
    7,
    "/a\u007f",
  ])
    assert.equal(
      problem({ path }),
      "$request.path must begin with one / and hold no spaces and no #",
    )
  for (const headers of [1, null, [], { a: 1 }])
    assert.equal(problem({ headers }), "$request.headers must be an object of texts")
  for (const name of ["x-key", "X-Key"])
    assert.equal(
      problem({ headers: { [name]: "1" } }),
      "$request.headers cannot set x-key, which the endpoint's auth sets",
    )
  assert.match(problem({ headers: { "webhook-id": "1" } }), /^\$request\.headers webhook-id: /)
  for (const type of ["text", "text/", "/plain", "text/plain;", "text/plain; x", "a b/c", ""])
    assert.equal(
      problem({ headers: { "content-type": type } }),
      "$request.headers content-type is not a media type",
      type,
    )
})

test("media types with parameters are taken, and without auth its header is free", () => {
  for (const type of ["text/xml", "a+b/c.d-e", "text/plain;a=b", "text/plain; a=b; c=d"]) {
    const made = request({ headers: { "content-type": type } })
    assert.equal(made.result === "send" && made.contentType, type)
  }
  const free = of({ $request: { headers: { "x-key": "1" } } }, { authHeader: undefined as never })
  assert.equal(free.result, "send")
})
