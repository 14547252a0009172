import type { World } from "./history.ts"
import { Life } from "./life.ts"
import type { Machine } from "./machine.ts"
import type { Deed } from "./plan.ts"

const BURST_MS = 7

/** Does what a plan says, and undoes it when its time is over. What cannot be done at the moment is not done. */
export class Course {
  readonly #world: World
  readonly #life: Life
  #lastsUntilMs: Record<string, number> = {}

  constructor(world: World) {
    this.#world = world
    this.#life = new Life(world.pbx)
    for (const machine of world.machines) machine.onEnd = () => world.reading.ended(machine)
  }

  do(deed: Deed): void {
    const { pbx, simulation, machines, queue } = this.#world
    this.#world.lines.push(`DEED ${JSON.stringify(deed)}`)
    const machine = machines["who" in deed ? deed.who % machines.length : 0]!
    switch (deed.do) {
      case "act":
        return this.#life.act(deed.which)
      case "burst":
        for (let count = 0; count < deed.count; count++) {
          const act = () => this.#life.act(deed.which * 31 + count * 7_919)
          simulation.schedule(count * BURST_MS, act)
        }
        return
      case "pbx.kill":
        if (!pbx.isUp) return
        pbx.kill(deed.isReset)
        return this.#later("pbx", deed.downMs, () => pbx.start(deed.moduleMs))
      case "pbx.stop":
        if (!pbx.isUp || pbx.isFrozen) return
        pbx.shutDown(deed.isRestart)
        return this.#later("pbx", deed.downMs, () => pbx.start(deed.moduleMs))
      case "pbx.die-in-list":
        pbx.diesAfterRows = deed.rows
        pbx.onDeath = () => {
          pbx.diesAfterRows = undefined
          pbx.kill(false)
          this.#later("pbx", deed.downMs, () => pbx.start(deed.moduleMs))
        }
        return
      case "pbx.freeze":
        pbx.freeze()
        return this.#later("pbx.freeze", deed.ms, () => pbx.thaw())
      case "pbx.unload":
        pbx.unload()
        return this.#later("pbx.unload", deed.ms, () => pbx.load())
      case "cut":
        return machine.cut()
      case "kill":
        machine.kill()
        return this.#later(machine.name, deed.downMs, () => machine.start())
      case "stop":
        machine.stop()
        return this.#startAgain(machine, deed.downMs)
      case "freeze":
        machine.freeze()
        return this.#later(`${machine.name} frozen`, deed.ms, () => machine.thaw())
      case "check":
        return machine.check()
      case "fill-disk":
        this.#fill(machine)
        return this.#later(`${machine.name} full`, deed.ms, () => this.#empty(machine))
      case "queue.away":
        queue.isAway = true
        return this.#later("queue", deed.ms, () => (queue.isAway = false))
    }
  }

  /** From here on all is well. */
  mendAll(): void {
    const { pbx, machines, queue } = this.#world
    this.#world.lines.push("DEED all is mended")
    pbx.diesAfterRows = undefined
    pbx.thaw()
    pbx.start(0)
    pbx.load()
    queue.isAway = false
    for (const machine of machines) {
      this.#empty(machine)
      machine.thaw()
      if (!machine.isStopping) machine.start()
    }
  }

  // A stop takes as long as it takes; a service manager starts nothing before.
  #startAgain(machine: Machine, downMs: number): void {
    this.#later(machine.name, downMs, () => {
      if (machine.isStopping) this.#startAgain(machine, 500)
      else machine.start()
    })
  }

  #fill(machine: Machine): void {
    machine.disk.isFull = true
    this.#world.reading.diskFilled(machine)
  }

  #empty(machine: Machine): void {
    if (!machine.disk.isFull) return
    machine.disk.isFull = false
    this.#world.reading.diskBack(machine)
  }

  /** A later one of the same kind takes the place of the one before. */
  #later(what: string, delayMs: number, run: () => void): void {
    const { simulation } = this.#world
    const at = simulation.now + delayMs
    this.#lastsUntilMs[what] = at
    simulation.schedule(delayMs, () => {
      if (this.#lastsUntilMs[what] === at) run()
    })
  }
}
