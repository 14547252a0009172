import assert from "node:assert/strict"
import { after, before, test } from "node:test"
import { makeTenant, startApi, type TestApi } from "./api.ts"

let api: TestApi
before(async () => void (api = await startApi()))
after(() => api.close())

test("a field that is missing, of another type, unknown, too long or too short says which of these it is", async () => {
  const { path } = await makeTenant(api)
  const said = async (route: string, body: object) => {
    const answer = await api.call(`POST ${path}/${route}`, { body })
    assert.equal(answer.status, 400, answer.text)
    return answer.body.errors as { path: string; message: string }[]
  }
  const at = (path: string, message: string) => [{ path, message }]
  assert.deepEqual(await said("sources", {}), at("/name", "is required"))
  assert.deepEqual(await said("sources", { name: 5 }), at("/name", "must be string"))
  assert.deepEqual(await said("sources", { name: null }), at("/name", "must be string"))
  assert.deepEqual(
    await said("sources", { name: "PBX", colour: "red" }),
    at("/colour", "is not a known field"),
  )
  const [long] = await said("sources", { name: "x".repeat(201) })
  assert.match(long!.message, /200/)
  const [short] = await said("sources", { name: "" })
  assert.match(short!.message, /1 /)
})
