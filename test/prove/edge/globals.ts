import fs from "node:fs"
import files from "node:fs/promises"
import { registerHooks, syncBuiltinESMExports } from "node:module"
import net from "node:net"
import timers from "node:timers/promises"
import type { Disk } from "./disk.ts"
import { currentProcess, SimProcess } from "./simulation.ts"

// The collector is run as it is, so what it imports of Node is put in another's place here: for code of a simulated
// process time, chance, disk and network are those of its host; for all other code nothing changes. The collector must be
// imported after this has run: some of it is looked at when its modules are loaded.

/** A machine with one collector on it. */
export class Host extends SimProcess {
  readonly disk: Disk
  readonly connect: (process: Host) => net.Socket
  readonly random: () => number

  constructor(
    options: Pick<Host, "simulation" | "disk" | "connect" | "random"> & { skewMs: number },
  ) {
    super(options.simulation, options.skewMs)
    this.disk = options.disk
    this.connect = options.connect
    this.random = options.random
  }
}

const here = () => currentProcess() as Host | undefined

type Timer = { cancel: () => void; ref: () => Timer; unref: () => Timer }

function makeTimer(host: Host, delayMs: number, run: () => void, isRepeated: boolean): Timer {
  const timer: Timer = { cancel: () => {}, ref: () => timer, unref: () => timer }
  const start = () => {
    timer.cancel = host.schedule(
      Math.max(1, delayMs),
      () => {
        if (isRepeated) start()
        run()
      },
      "timer",
    )
  }
  start()
  return timer
}

type Run = (...args: unknown[]) => void

function replaceTimers(): void {
  for (const name of ["setTimeout", "setInterval"] as const) {
    const real = globalThis[name]
    const replaced = (run: Run, delayMs = 1, ...args: unknown[]) => {
      const host = here()
      if (!host) return real(run, delayMs, ...args)
      return makeTimer(host, delayMs, () => run(...args), name === "setInterval")
    }
    globalThis[name] = Object.assign(replaced, real) as unknown as typeof real & typeof setTimeout
  }
  for (const name of ["clearTimeout", "clearInterval"] as const) {
    const real = globalThis[name]
    globalThis[name] = ((timer: Timer | undefined) =>
      timer && "cancel" in timer ? timer.cancel() : real(timer as never)) as typeof real
  }
  const realWait = timers.setTimeout
  const wait = (delayMs = 1, value?: unknown, options: { signal?: AbortSignal } = {}) => {
    const host = here()
    return host ? waitIn(host, delayMs, value, options.signal) : realWait(delayMs, value, options)
  }
  Object.assign(timers, { setTimeout: wait })
}

function waitIn(host: Host, delayMs: number, value: unknown, signal?: AbortSignal) {
  return new Promise((resolve, reject) => {
    const abort = () => {
      timer.cancel()
      reject(new DOMException("The operation was aborted", "AbortError"))
    }
    const timer = makeTimer(
      host,
      delayMs,
      () => {
        signal?.removeEventListener("abort", abort)
        resolve(value)
      },
      false,
    )
    if (signal?.aborted) abort()
    else signal?.addEventListener("abort", abort, { once: true })
  })
}

function replaceClock(): void {
  const { now } = Date
  Date.now = () => here()?.now() ?? now()
  const elapsed = performance.now.bind(performance)
  performance.now = () => here()?.now() ?? elapsed()
  const { random } = Math
  Math.random = () => (here()?.random ?? random)()
  const { timeout } = AbortSignal
  AbortSignal.timeout = (delayMs) => {
    const host = here()
    if (!host) return timeout(delayMs)
    const controller = new AbortController()
    host.schedule(delayMs, () => controller.abort(), "timer")
    return controller.signal
  }
}

type Functions = Record<string, (...args: never[]) => unknown>

/** Each function of a module asks the host's disk instead, where there is one. */
function replaceFunctions(module: object, ask: (host: Host) => Functions): void {
  for (const [name, real] of Object.entries(module)) {
    if (typeof real !== "function" || !/^[a-z]/.test(name)) continue
    const replaced = (...args: never[]) => {
      const host = here()
      if (!host) return (real as Functions[string])(...args)
      const simulated = ask(host)[name]
      if (!simulated) throw new Error(`the simulated disk has no ${name} yet: add it to disk.ts`)
      return simulated(...args)
    }
    Object.assign(module, { [name]: Object.assign(replaced, real) })
  }
}

function replaceStorage(): void {
  replaceFunctions(files, ({ disk }) => disk.files as unknown as Functions)
  const collectors =
    "mkdirSync renameSync accessSync chmodSync statSync rmSync openSync fchmodSync closeSync".split(
      " ",
    )
  const used = Object.fromEntries(collectors.map((name) => [name, fs[name as keyof typeof fs]]))
  replaceFunctions(used, ({ disk }) => disk.folders as unknown as Functions)
  Object.assign(fs, used)
  // Node does not hand what is changed in this module on to who has imported it.
  registerHooks({
    resolve(name, context, next) {
      const isOurs = name === "node:sqlite" && context.parentURL?.includes("/packages/collector/")
      return isOurs
        ? { url: new URL("sqlite.ts", import.meta.url).href, shortCircuit: true }
        : next(name, context)
    },
  })
}

function replaceNetwork(): void {
  const { connect } = net
  const replaced = (...args: never[]) => {
    const host = here()
    return host ? host.connect(host) : (connect as (...all: never[]) => net.Socket)(...args)
  }
  Object.assign(net, { connect: replaced })
}

replaceTimers()
replaceClock()
replaceStorage()
replaceNetwork()
syncBuiltinESMExports()
