import crypto from "node:crypto"
import { createRequire } from "node:module"
import { pathToFileURL } from "node:url"
import { answer, create } from "./outputs.ts"
import { unwrap } from "./unwrap.ts"

type Inputs = Record<string, unknown>

export type Registered = {
  urn: string
  type: string
  custom: boolean
  id: string
  parent: string
  protect: boolean
  retainOnDelete: boolean
  inputs: Inputs
  outputs: Inputs
}

const STACK = "pulumi:pulumi:Stack"
const DEADLINE_MS = 900_000

// SST puts random bytes into every physical name: fixed, so that two runs record the same.
const fixNames = () => {
  const { randomBytes } = crypto
  const fixed = (size: number, ...rest: []) =>
    size === 8 && rest.length === 0 ? Buffer.alloc(8, 1) : randomBytes(size, ...rest)
  Object.assign(crypto, { randomBytes: fixed })
}

/** Runs the program under Pulumi's own unit-test mocks; returns every resource that it registered, sorted by URN. */
export const runProgram = async (options: {
  program: string
  project: string
  stack: string
  region: string
}): Promise<Registered[]> => {
  const { program, project, stack, region } = options
  const require = createRequire(program)
  const pulumi = require("@pulumi/pulumi") // the copy that the program itself imports
  const { promise: failed, reject: fail } = Promise.withResolvers<never>()

  await pulumi.runtime.setMocks(
    {
      newResource({ type, name, inputs, custom }: any) {
        const plain = unwrap(inputs) as Inputs
        return custom ? create(type, name, plain, region) : { id: "", state: plain }
      },
      call({ token, inputs }: any) {
        try {
          return answer(token, unwrap(inputs) as Inputs, region)
        } catch (error) {
          fail(error) // Pulumi drops the message of a mock's error
          throw error
        }
      },
    },
    project,
    stack,
    false,
    "organization",
  )

  const resources = record(pulumi.runtime.getMonitor())
  fixNames()
  process.on("unhandledRejection", fail).on("uncaughtException", fail)
  setTimeout(
    () => fail(new Error(`the program did not end in ${DEADLINE_MS} ms`)),
    DEADLINE_MS,
  ).unref()

  // A program has ended when its event loop is empty, as Pulumi's host decides it: callbacks of apply() still register
  // resources long after run() has returned.
  const ended = new Promise((resolve) => process.once("beforeExit", resolve))
  let isSettled = false
  const imported = async () => (await import(pathToFileURL(program).href)).default
  pulumi.runtime.runInPulumiStack(imported).then(() => (isSettled = true), fail)
  await Promise.race([failed, ended])
  if (!isSettled)
    throw new Error("the stack never resolved: a cycle, or an output that waits for ever")
  const [leaks, message] = require("@pulumi/pulumi/runtime/debuggable").leakedPromises()
  if (leaks.size > 0) throw new Error(message)
  return [...resources.values()].sort((a, b) => (a.urn < b.urn ? -1 : 1))
}

// Recorded at the monitor, where the engine would see the request: with its URN, parent and options.
const record = (monitor: any) => {
  const resources = new Map<string, Registered>()
  const newUrn = monitor.newUrn.bind(monitor)
  // The engine leaves the root stack out of URNs, the mock does not.
  monitor.newUrn = (parent: string | undefined, type: string, name: string) =>
    newUrn(parent?.includes(`::${STACK}::`) ? undefined : parent, type, name)

  const register = monitor.registerResource.bind(monitor)
  monitor.registerResource = (request: any, callback: any) =>
    register(request, (error: unknown, response: any) => {
      if (!error && request.getType() !== STACK) {
        const { __provider, ...inputs } = unwrap(request.getObject().toJavaScript()) as Inputs
        const { __provider: _, ...outputs } = unwrap(response.getObject().toJavaScript()) as Inputs
        resources.set(response.getUrn(), {
          urn: response.getUrn(),
          type: request.getType(),
          custom: request.getCustom(),
          id: response.getId(),
          parent: request.getParent(),
          protect: request.getProtect(),
          retainOnDelete: request.getRetainondelete(),
          inputs,
          outputs,
        })
      }
      callback(error, response)
    })

  const registerOutputs = monitor.registerResourceOutputs.bind(monitor)
  monitor.registerResourceOutputs = (request: any, callback: any) => {
    const resource = resources.get(request.getUrn())
    if (resource) resource.outputs = unwrap(request.getOutputs()?.toJavaScript() ?? {}) as Inputs
    return registerOutputs(request, callback)
  }
  return resources
}
